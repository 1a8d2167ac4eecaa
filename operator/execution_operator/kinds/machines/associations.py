"""Lets projects use one machine, and use it no longer; decides nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from execution_operator.kinds.machines.seen import Associate, Association, Dissociate, Refusal
from execution_operator.kinds.problems import problem_of
from execution_operator.remote.errors import Forbidden, NotFound, Rejected

if TYPE_CHECKING:
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.memories import Memories
    from execution_operator.kinds.machines.seen import MachineObject
    from execution_operator.kinds.machines.traits import Traits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.remote.testhub.machines import Machines


class Associations:
    """What is asked of the server about the projects of a machine."""

    def __init__(
        self, *, ports: Ports, memories: Memories, periods: Periods, traits: Traits
    ) -> None:
        self._fence = ports.fence
        self._clock = ports.clock
        self._memories = memories
        self._periods = periods
        self._traits = traits

    async def associate(
        self, action: Associate, wanted: MachineObject, connection: Connection
    ) -> None:
        """Let a project use it; what is refused is remembered and keeps nothing else waiting."""
        machines, project = self._machines(connection), action.project_id
        refusals = dict(self._memories.of(wanted).refusals)
        refusals.pop(project, None)
        try:
            await machines.associate(project, action.machine_id, before_bytes=self._fence.check)
        except (Forbidden, NotFound, Rejected) as error:
            until = self._now() + self._periods.secret
            refusals[project] = Refusal(problem_of(error), until)
            self._memories.keep(wanted, refusals=refusals)
            return
        self._memories.keep(wanted, refusals=refusals)
        again = self._memories.of(wanted).reassociations.again(self._now(), self._periods.fight)
        known = [one.id for one in wanted.status.projects]
        first = project in known and project not in self._memories.of(wanted).associations
        self._associated(wanted, project, there=True)
        if not first:
            self._memories.keep(wanted, reassociations=again)
        connection.lists.of_project(machines.word, machines, project).hurry(action.machine_id)

    async def dissociate(
        self, action: Dissociate, wanted: MachineObject, connection: Connection
    ) -> None:
        """Let a project use it no longer."""
        machines, project = self._machines(connection), action.project_id
        with contextlib.suppress(NotFound):  # it is not associated, or the project is gone
            await machines.dissociate(project, action.machine_id, before_bytes=self._fence.check)
        self._associated(wanted, project, there=False)

    def _associated(self, wanted: MachineObject, project: str, *, there: bool) -> None:
        known = self._memories.of(wanted).associations
        changed = {**known, project: Association(there=there, since=self._now())}
        self._memories.keep(wanted, associations=changed)

    def _machines(self, connection: Connection) -> Machines[Any]:
        return self._traits.machines(connection.hub)

    def _now(self) -> float:
        return self._clock.now().monotonic
