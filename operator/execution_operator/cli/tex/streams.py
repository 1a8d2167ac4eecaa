"""The runs of a namespace as they are and as they change, through whatever ends a watch."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from execution_operator.cli.tex.mistakes import Expired, Trouble, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from execution_operator.cli.tex.cluster import Change, Cluster, Page

_LEAST_PAUSE: Final = 1.0
_MOST_PAUSE: Final = 15.0
# An API server that was just started knows no roles for a moment, and refuses everybody.
_REFUSED_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Scope:
    """Which runs: of one namespace or, for an empty one, of all; one by name, or by labels."""

    namespace: str
    name: str = ""
    selector: str = ""


async def stream(
    cluster: Cluster, scope: Scope, noticed: Callable[[str], None], *, version: str = ""
) -> AsyncGenerator[Page | Change]:
    """A page of all that is there, then each change; another page where changes were missed.

    With a `version` the first page is left out: the caller has seen it.

    It never ends by itself. An API server that goes away is waited for, and told once by
    `noticed`; only when it was never there it is an error.

    Raises:
        Trouble: the caller may not look (any more); Unavailable before the first page.
    """
    begun, granted = bool(version), False
    pause = _Pause()
    while True:
        try:
            if not version:
                page = await cluster.page(scope.namespace, name=scope.name, selector=scope.selector)
                version, begun = page.version, True
                yield page
            since = _now()
            watch = cluster.watch(
                scope.namespace, version, name=scope.name, selector=scope.selector
            )
            async with contextlib.aclosing(watch) as changes:
                async for change in changes:
                    version, granted = change.version or version, True
                    pause.reset()
                    yield change
            # A proxy may end every watch at once: that must not become a loop of requests.
            if _now() - since < _LEAST_PAUSE:
                await asyncio.sleep(_LEAST_PAUSE)
        except Expired:
            version = ""
            await asyncio.sleep(pause.next())
        except Trouble as trouble:
            is_outage = isinstance(trouble, Unavailable) or (granted and not pause.is_long)
            if not begun or not is_outage:
                raise
            if pause.is_new:
                noticed(f"{trouble}; trying on")
            await asyncio.sleep(pause.next())


class _Pause:
    """How long to wait before the next try: longer each time, and never all at once."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._since = 0.0

    @property
    def is_new(self) -> bool:
        return not self._seconds

    @property
    def is_long(self) -> bool:
        return not self.is_new and _now() - self._since > _REFUSED_SECONDS

    def reset(self) -> None:
        self._seconds = 0.0

    def next(self) -> float:
        self._since = _now() if self.is_new else self._since
        self._seconds = min(max(_LEAST_PAUSE, 2 * self._seconds), _MOST_PAUSE)
        return self._seconds * random.uniform(0.5, 1.0)  # noqa: S311 - spreads requests, no secret


def _now() -> float:
    return asyncio.get_running_loop().time()
