"""Sees a run change until it is over; it prints nothing."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from execution_operator.cli.tex.cluster import RUNS, Page
from execution_operator.cli.tex.mistakes import Deleted, NotThere
from execution_operator.cli.tex.outcome import Outcome, outcome_of
from execution_operator.cli.tex.streams import Scope, stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from execution_operator.cli.tex.cluster import Change, Cluster
    from execution_operator.cli.tex.objects import Found


class Watcher(Protocol):
    """Who is told how a run goes on."""

    def saw(self, found: Found) -> None:
        """The run is like this now."""

    def noticed(self, text: str) -> None:
        """Something else that people should know, such as an outage."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over, as it was last seen."""

    found: Found
    outcome: Outcome


async def follow(
    cluster: Cluster,
    scope: Scope,
    watcher: Watcher,
    *,
    is_over: Callable[[Found], Outcome | None] | None = None,
) -> Ended:
    """Wait until the run of that name is over, however long that takes.

    Raises:
        NotThere: it is not there.
        Deleted: it is not there any more.
        Trouble: the caller may not look, or the API server could not be asked even once.
    """
    judge = is_over or (lambda found: outcome_of(found.run))
    async with contextlib.aclosing(states(cluster, scope, watcher.noticed)) as seen:
        async for found in seen:
            watcher.saw(found)
            outcome = judge(found)
            if outcome is not None:
                return Ended(found, outcome)
    raise AssertionError  # a stream never ends by itself


async def states(
    cluster: Cluster, scope: Scope, noticed: Callable[[str], None]
) -> AsyncGenerator[Found]:
    """Each state of a run from now on; raises as `follow`."""
    last: Found | None = None
    async with contextlib.aclosing(stream(cluster, scope, noticed)) as news:
        async for one in news:
            found = _found_in(one)
            if last is None and found is None:
                raise NotThere(RUNS, scope.name, scope.namespace)
            if last is not None and (_is_gone(one) or not _is_same(found, last)):
                if found is not None and _is_same(found, last):
                    yield found  # what it was when it was deleted may be its end
                raise _deleted(scope.name)
            if found is not None:
                last = found
                yield found


def _found_in(one: Page | Change) -> Found | None:
    if isinstance(one, Page):
        return one.items[0] if one.items else None
    return one.found


def _is_gone(one: Page | Change) -> bool:
    return not one.items if isinstance(one, Page) else one.gone


def _is_same(found: Found | None, last: Found) -> bool:
    """Whether it is that very run, and not another one of its name; a bookmark says nothing."""
    return found is None or found.run.metadata.uid == last.run.metadata.uid


def _deleted(name: str) -> Deleted:
    return Deleted(f'testexecution "{name}" was deleted before it was over')
