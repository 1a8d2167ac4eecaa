"""Lets projects use one machine, and use it no longer; when, and which, others decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog

from execution_operator.kinds.machines.absence import is_gone
from execution_operator.kinds.machines.actions import Associate
from execution_operator.kinds.machines.claims import clings
from execution_operator.kinds.machines.seen import Association, Refusal
from execution_operator.kinds.machines.streak import Streak
from execution_operator.kinds.problems import problem_of
from execution_operator.kinds.wording import in_the_same_words
from execution_operator.remote.errors import (
    Closed,
    Forbidden,
    NotFound,
    ProtocolError,
    Rejected,
    RemoteError,
    Unreachable,
)

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.actions import Change, Dissociate
    from execution_operator.kinds.machines.memories import Memories
    from execution_operator.kinds.machines.seen import Seen
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.remote.testhub.machines import Machines

_log = structlog.stdlib.get_logger(__name__)

_REFUSED: Final = (Forbidden, NotFound, Rejected)
"""The server understood, and surely did nothing."""
_OF_ONE: Final = (*_REFUSED, Unreachable, ProtocolError)
"""What one project may answer while the others work: it is no reason to let them wait."""
_DOUBLINGS: Final = 8


class Associations:
    """What is asked of the server about the projects of a machine."""

    def __init__(
        self, *, ports: Ports, memories: Memories, periods: Periods, traits: AnyTraits
    ) -> None:
        self._fence = ports.fence
        self._clock = ports.clock
        self._memories = memories
        self._periods = periods
        self._traits = traits

    async def associate(
        self, action: Associate, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> None:
        """Let a project use it, and read whether it may.

        What fails is remembered and keeps nothing else waiting. What the server accepted and
        does not show is no association: the next list decides whether it is tried again.
        """
        machines, project = self._machines(connection), action.project_id
        try:
            await self._sent(action, wanted, seen, machines)
        except _OF_ONE as error:
            if isinstance(error, Closed):
                raise
            self._answered(action, wanted, error)
            self._traits.list_of_project(connection, project).hurry(action.machine_id)
            return
        self._answered(action, wanted, None)
        known = [one.id for one in wanted.status.projects]
        first = project in known and project not in self._memories.of(wanted).associations
        shown = await self._is_shown(machines, project, action.machine_id)
        if shown is False or not first:
            self._told_again(wanted, project)
        self._associated(wanted, project, there=shown or None, in_vain=shown is False)
        self._traits.list_of_project(connection, project).hurry(action.machine_id)

    async def _sent(
        self, action: Associate, wanted: MachineObject, seen: Seen, machines: Machines[Any]
    ) -> None:
        """Send it; what may come of it is remembered before, and told apart by the answer.

        After a sure refusal nothing of ours is there, unless an earlier request may still be
        carried out.
        """
        project, before = action.project_id, self._memories.of(wanted).settles
        self._settles(wanted, project, self._now() + seen.settling)
        try:
            await machines.associate(project, action.machine_id, before_bytes=self._fence.check)
        except _REFUSED:
            unsettled = project in seen.unsettled
            kept = before if unsettled else {**before, project: None}
            self._memories.keep(wanted, settles=kept)
            raise
        except RemoteError:
            self._settles(wanted, project, self._now() + seen.settling)
            raise
        self._settles(wanted, project, self._now())

    async def dissociate(
        self, action: Dissociate, wanted: MachineObject, connection: Connection
    ) -> None:
        """Let a project use it no longer, and read whether it still may.

        What fails is remembered and keeps nothing else waiting.
        """
        try:
            await self._dissociate(action, wanted, connection)
        except _OF_ONE as error:
            if isinstance(error, Closed):
                raise
            self._answered(action, wanted, error)
            return
        self._answered(action, wanted, None)

    async def _dissociate(
        self, action: Dissociate, wanted: MachineObject, connection: Connection
    ) -> None:
        """The same, or the server's refusal.

        A list says it where that cannot be read. Nor is a read that denies it enough to forget
        what is ours: where a new list still has it, the list is right.
        """
        machines, project = self._machines(connection), action.project_id
        shown = await self._is_shown(machines, project, action.machine_id)
        if shown:
            self._settles(wanted, project, self._now())  # what was asked for was carried out
        if shown is False and not await self._is_listed(action, connection):
            self._associated(wanted, project, there=False)  # somebody else was faster
            return
        try:
            await machines.dissociate(project, action.machine_id, before_bytes=self._fence.check)
        except (NotFound, Rejected) as error:  # it is not associated, or the project is gone
            if not is_gone(error):
                raise
        left = await self._is_shown(machines, project, action.machine_id) if shown else None
        if left is None:
            left = await self._is_listed(action, connection)
        if left:
            anew = not clings(self._memories.of(wanted), project)
            self._told_again(wanted, project, anew=anew)
        self._associated(wanted, project, there=left, in_vain=left)

    async def _is_shown(
        self, machines: Machines[Any], project: str, machine_id: str
    ) -> bool | None:
        """Whether the project has it; None where that cannot be read, and lists have to say it."""
        try:
            found = await machines.get_of_project(project, machine_id)
        except RemoteError as error:
            if is_gone(error):
                return False
            _log.debug("cannot read the association", project=project, answer=str(error))
            return None
        return True if found.id == machine_id else None

    async def _is_listed(self, action: Dissociate, connection: Connection) -> bool:
        """Whether a list of the project that is asked for now has it; if not, lists prove that.

        Who may see neither the machine there nor the list has to believe what was answered.
        """
        shared, now = self._traits.list_of_project(connection, action.project_id), self._now()
        try:
            if action.machine_id in (await shared.newer_than(now)).items:
                return True
            return action.machine_id in (await shared.proven(now)).items
        except (Forbidden, NotFound):
            return False

    def _answered(self, change: Change, wanted: MachineObject, error: RemoteError | None) -> None:
        """Remember that it was refused, or not any more."""
        refusals = dict(self._memories.of(wanted).refusals)
        before = refusals.pop(change, None)
        if error is not None:
            refusals[change] = self._refusal(change, wanted, error, before)
        self._memories.keep(wanted, refusals=refusals)

    def _refusal(
        self, change: Change, wanted: MachineObject, error: RemoteError, before: Refusal | None
    ) -> Refusal:
        """When to try again: ever more rarely where each attempt costs a claim in the status."""
        tries, wait = 0, self._periods.secret
        problem = in_the_same_words(problem_of(error), before.problem if before else None)
        if isinstance(change, Associate) and isinstance(error, _REFUSED):
            tries = 1 + (before.tries if before is not None else 0)
            longest = max(wait, self._periods.fight)
            wait = min(wait * 2.0 ** min(tries - 1, _DOUBLINGS), longest)
        until = self._now() + max(wait, problem.retry_after or 0.0)
        return Refusal(problem, until, tries=tries, asked_for=wanted.metadata.asked_for)

    def _settles(self, wanted: MachineObject, project: str, at: float) -> None:
        known = self._memories.of(wanted).settles
        self._memories.keep(wanted, settles={**known, project: at})

    def _associated(
        self, wanted: MachineObject, project: str, *, there: bool | None, in_vain: bool = False
    ) -> None:
        known = self._memories.of(wanted).associations
        if in_vain:
            _log.warning("accepted in vain", project=project)
        one = Association(there=there, since=self._now(), in_vain=in_vain)
        self._memories.keep(wanted, associations={**known, project: one})

    def _told_again(self, wanted: MachineObject, project: str, *, anew: bool = False) -> None:
        known = self._memories.of(wanted).reassociations
        before = Streak() if anew else known.get(project, Streak())
        again = before.again(self._now(), self._periods.fight)
        self._memories.keep(wanted, reassociations={**known, project: again})

    def _machines(self, connection: Connection) -> Machines[Any]:
        return self._traits.machines(connection.hub)

    def _now(self) -> float:
        return self._clock.now().monotonic
