"""Names that were looked up at one server, kept for a while; knows not what the names are of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.remote.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Place = tuple[str | None, ...]

KEPT_SECONDS: Final = 300.0
_SHARE_OF_TIME: Final = 20
"""A name is asked for again after so many times as long as a failure took, as lists are."""

_LONGEST_AFTER_ERROR: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: str | Problem
    until: float


class Lookups:
    """Ids by name; whoever asks for the same name at the same time shares one request.

    An id is kept for five minutes. That there is none is kept for `missing_seconds`, so that a
    thousand objects that wait for one name ask no more often than one of them would. A failure is
    kept for longer the longer it took, up to a minute: a server that hangs is not kept busy.
    """

    def __init__(self, monotonic: Callable[[], float], *, missing_seconds: float) -> None:
        self._monotonic = monotonic
        self._missing_seconds = missing_seconds
        self._kept: dict[Place, _Kept] = {}
        self._locks: dict[Place, asyncio.Lock] = {}

    async def find(
        self, place: Place, ask: Callable[[], Awaitable[str | Problem]]
    ) -> str | Problem:
        """The id of what is named there, or why there is none; `ask` may raise RemoteError."""
        kept = self._fresh(place)
        if kept is not None:
            return kept
        async with self._locks.setdefault(place, asyncio.Lock()):
            kept = self._fresh(place)
            return kept if kept is not None else await self._asked(place, ask)

    def forget(self, place: Place) -> None:
        """Ask anew next time."""
        self._kept.pop(place, None)

    def _fresh(self, place: Place) -> str | Problem | None:
        kept = self._kept.get(place)
        return kept.answer if kept is not None and self._monotonic() < kept.until else None

    async def _asked(
        self, place: Place, ask: Callable[[], Awaitable[str | Problem]]
    ) -> str | Problem:
        try:
            answer = await ask()
            seconds = KEPT_SECONDS if isinstance(answer, str) else self._missing_seconds
        except RemoteError as error:
            answer, seconds = problem_of(error), self._failed_seconds(error)
        now = self._monotonic()
        self._kept = {known: one for known, one in self._kept.items() if now < one.until}
        self._locks = {
            known: lock
            for known, lock in self._locks.items()
            if lock.locked() or known in self._kept
        }
        self._kept[place] = _Kept(answer, now + seconds)
        return answer

    def _failed_seconds(self, error: RemoteError) -> float:
        kind = min(_SHARE_OF_TIME * error.server_seconds, _LONGEST_AFTER_ERROR)
        return max(self._missing_seconds, kind, error.retry_after or 0.0)
