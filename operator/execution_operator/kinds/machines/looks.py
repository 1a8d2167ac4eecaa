"""Asks how a server reaches a machine, and whether it has such machines at all; changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from execution_operator.kinds.machines.actions import Check, Exchange, Look, LookUp
from execution_operator.kinds.machines.seen import Denials, Link
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.remote.errors import NotFound, RemoteError
from execution_operator.remote.testhub.levels import UserLevel

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.memories import Memories
    from execution_operator.kinds.machines.seen import Seen
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Clock

_log = structlog.stdlib.get_logger(__name__)

_DENIALS: Final = 3


class Looks:
    """What is asked of the server about the sort of machine and the way to one."""

    def __init__(
        self, *, clock: Clock, memories: Memories, periods: Periods, traits: AnyTraits
    ) -> None:
        self._clock = clock
        self._memories = memories
        self._periods = periods
        self._traits = traits

    async def look(
        self, action: Look, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> None:
        """Ask for the connection; that this fails says nothing of it: the lists tell outages."""
        link = self._memories.of(wanted).link
        said = link.said if link is not None else None
        try:
            said = await self._traits.look(
                connection, action.level, action.machine_id, hidden=seen.hidden
            )
        except NotFound:
            said = None
        except RemoteError as error:
            _log.debug("cannot read the connection", cause=str(error))
        self._memories.keep(wanted, link=Link(self._now(), said))

    async def denied(
        self,
        action: Exchange | Check,
        wanted: MachineObject,
        error: NotFound,
        connection: Connection,
    ) -> Problem:
        """A 404: believe that there are no such machines only when all levels deny them for long.

        A team space that the token may not see answers the same. It is the care that is taken
        before a run is called lost: three times, over two minutes, by the API itself.
        """
        told = self._traits.unsupported
        if told is None or not isinstance(action, LookUp):
            return problem_of(error)
        if isinstance(action.level, UserLevel):
            return self._counted(wanted, error, told)
        try:
            await self._traits.machines(connection.hub).list(UserLevel())
        except NotFound:
            return self._counted(wanted, error, told)
        except RemoteError as other:
            return problem_of(other)
        self._memories.keep(wanted, denials=None)
        return problem_of(error)

    def _counted(self, wanted: MachineObject, error: NotFound, told: Problem) -> Problem:
        now, before = self._now(), self._memories.of(wanted).denials
        denials = Denials(before.since, before.count + 1) if before else Denials(now, 1)
        self._memories.keep(wanted, denials=denials)
        if denials.count >= _DENIALS and now - denials.since >= self._periods.lost:
            return told
        return replace(problem_of(error), needs_person=False)

    def _now(self) -> float:
        return self._clock.now().monotonic
