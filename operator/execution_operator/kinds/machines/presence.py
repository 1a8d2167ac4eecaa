"""Reads a machine by its id: whether it is the one that is meant; takes off what must not stay.

What is done about what it finds is decided elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog

from execution_operator.api.machine import Origin
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.absence import is_gone
from execution_operator.kinds.problems import Problem
from execution_operator.reconcile.status import one_line
from execution_operator.remote.errors import NotFound, Rejected, RemoteError

if TYPE_CHECKING:
    from collections.abc import Collection

    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.actions import Confirm, Create, Remove
    from execution_operator.kinds.machines.memories import Memories
    from execution_operator.kinds.machines.tell import Teller
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_wire import Machine
    from execution_operator.remote.testhub.machines import Machines

_log = structlog.stdlib.get_logger(__name__)

_MOST_NAME: Final = 253


class Presence:
    """What is asked of the server about one id."""

    def __init__(
        self,
        *,
        ports: Ports,
        memories: Memories,
        periods: Periods,
        traits: AnyTraits,
        teller: Teller,
    ) -> None:
        self._fence = ports.fence
        self._clock = ports.clock
        self._memories = memories
        self._periods = periods
        self._traits = traits
        self._teller = teller

    async def created(
        self,
        action: Create,
        wanted: MachineObject,
        machine: Machine,
        *,
        connection: Connection,
        before: Collection[str] | None,
    ) -> Problem | None:
        """Read what a create was answered with; off it goes where the server calls it otherwise.

        It could never be found again by its name, and each next look would create one more. It is
        surely ours, as its id is from the answer, unless it is one of those `before`, or nobody
        knows what was there (None). A read that fails, or finds nothing, decides nothing yet.
        """
        machines = self._machines(connection)
        try:
            last = await machines.get(action.level, machine.id)
        except RemoteError:
            ours = before is not None and machine.id not in before
            self._memories.keep(wanted, unread=machine.id if ours else None)
            return None
        if last.id != machine.id or self._traits.is_it(wanted, last):
            return None
        if before is None or last.id in before:
            was = "was" if before is not None else "may have been"
            end = f"so {last.id}, which {was} there before, is left alone"
            return self._forgotten(wanted, last, end)
        self._memories.keep(wanted, machine=last, read_at=self._now(), stray=last)
        return await self._taken_off(action, wanted, last, machines)

    async def confirm(
        self, action: Confirm, wanted: MachineObject, connection: Connection
    ) -> Problem | None:
        """Read it: whether it is there, and still the one that is meant."""
        machines = self._machines(connection)
        machine = await _read(action, machines)
        if machine is not None:
            self._first_read(wanted, machine)
        deleting = wanted.metadata.is_deleted
        if machine is not None and self._traits.is_it(wanted, machine):
            self._memories.keep(wanted, machine=machine, read_at=self._now(), is_confirmed=deleting)
            return None
        if machine is not None and not deleting and self._is_stray(wanted, machine):
            return await self._taken_off(action, wanted, machine, machines)
        is_ours = wanted.status.origin is Origin.CREATED
        if machine is not None and (deleting or is_ours):
            self._teller.left_behind(wanted, _renamed(machine))
        if not deleting:
            self._teller.vanished(wanted, action.machine_id)
        self._memories.gone(wanted, action.machine_id)
        if is_ours:
            creates = self._memories.of(wanted).creates.vanished(self._now(), self._periods.fight)
            self._memories.keep(wanted, creates=creates)
        return None

    async def remove(self, action: Remove, wanted: MachineObject, connection: Connection) -> None:
        """Take it off, if that id still means this machine."""
        machines = self._machines(connection)
        last = await _read(action, machines)
        if last is not None:
            self._first_read(wanted, last)
        if last is not None and (self._traits.is_it(wanted, last) or self._is_stray(wanted, last)):
            if await self._deleted(action.level, action.machine_id, machines):
                self._teller.removed(wanted, action.machine_id)
        elif last is not None:
            self._teller.left_behind(wanted, _renamed(last))
        self._memories.keep(wanted, is_removed=True)
        self._traits.list_of(connection, action.level).removed(action.machine_id)

    async def _taken_off(
        self,
        action: Create | Confirm,
        wanted: MachineObject,
        last: Machine,
        machines: Machines[Any],
    ) -> Problem:
        """Take off what we created and the server calls otherwise; what is to be told."""
        try:
            await self._deleted(action.level, last.id, machines)
        except RemoteError as error:
            end = f"and does not let it be taken off again: {error}"
            return self._misnamed(wanted, last, end)
        return self._forgotten(wanted, last, "so it was taken off again")

    async def _deleted(self, level: Level, machine_id: str, machines: Machines[Any]) -> bool:
        """Take it off; False when it is not there any more."""
        try:
            await machines.delete(level, machine_id, before_bytes=self._fence.check)
        except (NotFound, Rejected) as error:
            if not is_gone(error):
                raise
            return False
        return True

    def _forgotten(self, wanted: MachineObject, last: Machine, end: str) -> Problem:
        """Nothing there is ours; what is to be told."""
        self._memories.gone(wanted, last.id)
        return self._misnamed(wanted, last, end)

    def _misnamed(self, wanted: MachineObject, last: Machine, end: str) -> Problem:
        """That the server keeps another name than the one that was sent."""
        name, thing = self._traits.name_of(wanted), self._traits.thing
        text = f'the server keeps the {thing} that was created as "{name}" {_under(last)}, {end}'
        if last.host_name:
            text += ": create a new object with that hostName, and delete this one"
        _log.warning("kept under another name", machine=last.id)
        return Problem(reason=Reason.CONFLICT, message=text, needs_person=True)

    def _first_read(self, wanted: MachineObject, found: Machine) -> None:
        """What nobody has read since we created it is ours under whatever name it has now."""
        if found.id == self._memories.of(wanted).unread:
            stray = None if self._traits.is_it(wanted, found) else found
            self._memories.keep(wanted, unread=None, stray=stray)

    def _is_stray(self, wanted: MachineObject, found: Machine) -> bool:
        """Whether that is still what we created and the server called so from the beginning."""
        stray = self._memories.of(wanted).stray
        return stray is not None and _names(stray) == _names(found)

    def _machines(self, connection: Connection) -> Machines[Any]:
        return self._traits.machines(connection.hub)

    def _now(self) -> float:
        return self._clock.now().monotonic


async def _read(action: Confirm | Remove, machines: Machines[Any]) -> Machine | None:
    """It as it is now; None when the server has it no more."""
    try:
        found: Machine = await machines.get(action.level, action.machine_id)
    except (NotFound, Rejected) as error:
        if not is_gone(error):
            raise
        return None
    return found


def _names(found: Machine) -> tuple[str | None, ...]:
    return (found.id, found.host_name, found.ip_address)


def _under(found: Machine) -> str:
    if not found.host_name:
        return "without a host name"
    return f'under the name "{one_line(found.host_name, _MOST_NAME)}"'


def _renamed(found: Machine) -> str:
    return f"the server has it {_under(found)} now"
