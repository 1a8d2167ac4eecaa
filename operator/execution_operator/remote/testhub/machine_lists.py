"""The shared lists of one server's machines, of each sort one a level and one a project.

Knows neither Kubernetes nor kinds: followers are a wake-up call each.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from execution_operator.remote.shared_list import SharedList
from execution_operator.remote.testhub.levels import SpaceLevel, UserLevel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable
    from random import Random

    from execution_operator.remote.shared_list import Pacing
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machines import Machines
    from execution_operator.remote.whole_list import WholeList

    Place = tuple[str, object]


@dataclass(slots=True, kw_only=True)
class MachineLists:
    """Opens each list when it is first wanted; closed with the connection."""

    pacing: Pacing
    monotonic: Callable[[], float]
    random: Random
    wake_all: Callable[[Iterable[Callable[[], None]]], None]
    _open: dict[Place, SharedList[Any]] = field(default_factory=dict)
    _is_closed: bool = False

    def of_level(self, machines: Machines[Any], level: Level) -> SharedList[Any]:
        """What a level has of that sort."""
        return self._list((machines.word, level), partial(machines.list, level))

    def of_project(self, machines: Machines[Any], project_id: str) -> SharedList[Any]:
        """What is associated with a project, whoever associated it."""
        ask = partial(machines.list_of_project, project_id)
        return self._list((machines.word, project_id), ask)

    def ages(self) -> Iterable[tuple[str, float | None]]:
        """The sort of place and the age of each list, in seconds; None while there is none."""
        return [(_scope(where), one.age) for (_, where), one in self._open.items()]

    def unfollow(self, who: str, *, keep: Collection[SharedList[Any]] = ()) -> None:
        """That follower wants to know only of those lists any more."""
        for one in self._open.values():
            if one not in keep:
                one.unfollow(who)
        self._forget_idle()

    async def close(self) -> None:
        """Ask no more, nor for what somebody opens who still holds this."""
        self._is_closed = True
        await asyncio.gather(*(one.close() for one in self._open.values()))

    def _list(self, place: Place, ask: Callable[[], Awaitable[WholeList[Any]]]) -> SharedList[Any]:
        if place not in self._open:
            self._forget_idle()
            one = SharedList(
                ask=ask,
                pacing=self.pacing,
                monotonic=self.monotonic,
                random=self.random,
                wake_all=self.wake_all,
            )
            self._open[place] = one
            if self._is_closed:
                one.stop()
        return self._open[place]

    def _forget_idle(self) -> None:
        """Forget what nobody follows; a list that was only asked for is shared for a while."""
        oldest = self.monotonic() - self.pacing.quiet
        for place, one in tuple(self._open.items()):
            if one.is_idle and (one.listing is None or one.listing.began < oldest):
                del self._open[place]


def _scope(where: object) -> str:
    match where:
        case UserLevel():
            return "user"
        case SpaceLevel():
            return "space"
        case _:
            return "association"
