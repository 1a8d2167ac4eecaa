"""Does what was decided about a machine: writes in the cluster here, exchanges by `Exchanger`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from execution_operator.api.machine import MachineObject, Origin
from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.kinds.holding import hold_server
from execution_operator.kinds.machines.actions import (
    Action,
    Associate,
    Change,
    Check,
    Confirm,
    Create,
    Dissociate,
    Look,
    LookUp,
    Release,
    Remove,
    Update,
    Withdraw,
    WriteIntent,
)
from execution_operator.kinds.machines.connected import connection_of
from execution_operator.kinds.machines.seen import Certainty, Seen
from execution_operator.kinds.machines.standing import looked_up
from execution_operator.kinds.served import server_key
from execution_operator.reconcile.kind import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.kinds.connections import Connections
    from execution_operator.kinds.machines.digest import MachineDigest
    from execution_operator.kinds.machines.exchange import Exchanger
    from execution_operator.kinds.machines.identity import Intent
    from execution_operator.kinds.machines.memories import Memories
    from execution_operator.kinds.machines.observe import Observer
    from execution_operator.kinds.machines.rivals import Rivals
    from execution_operator.kinds.machines.seen import Found, Memory
    from execution_operator.kinds.machines.tell import Teller
    from execution_operator.kinds.ports import Ports


class Actor:
    """Carries out the actions of machines."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        ports: Ports,
        connections: Connections,
        memories: Memories,
        observer: Observer,
        rivals: Rivals,
        exchanger: Exchanger,
        teller: Teller,
        digest: Callable[[MachineObject], MachineDigest],
    ) -> None:
        self._objects = ports.objects
        self._fence = ports.fence
        self._connections = connections
        self._memories = memories
        self._observer = observer
        self._rivals = rivals
        self._exchanger = exchanger
        self._teller = teller
        self._digest = digest

    async def act(
        self, action: Action, wanted: MachineObject, seen: Seen
    ) -> Step[MachineObject, Seen]:
        """Do it; what is known afterwards."""
        match action:
            case WriteIntent():
                return await self._write_intent(action, wanted, seen)
            case Withdraw():
                return await self._withdraw(wanted, seen)
            case Release():
                return await self._release(action, wanted, seen)
            case (
                LookUp()
                | Create()
                | Confirm()
                | Look()
                | Update()
                | Associate()
                | Dissociate()
                | Remove()
            ):
                memory = await self._exchanger.exchange(action, wanted, seen)
        changes = seen.changes + isinstance(action, Change)
        return Step(wanted, self._again(wanted, replace(seen, memory=memory, changes=changes)))

    async def _write_intent(
        self, action: WriteIntent, wanted: MachineObject, seen: Seen
    ) -> Step[MachineObject, Seen]:
        if action.intent.origin is Origin.CREATED:
            memory = await self._exchanger.exchange(Check(), wanted, seen)
            if memory.has_failed:
                return Step(wanted, replace(seen, memory=memory))
        self._fence.check()
        await hold_server(self._objects, server_key(wanted))
        intent = replace(action.intent, writer=self._fence.writer)
        mine = _with_the_find(self._digest(wanted), action.intent, looked_up(seen))
        async with self._rivals.turn(mine.host):
            seen = await self._contested(mine, wanted, seen)
            if seen.rival is not None or seen.blocker is not None or seen.connecting:
                return Step(wanted, seen)
            # Whether a write that fails was done is not known: then look it up once more.
            self._memories.keep(wanted, found=None)
            current = await self._objects.write_metadata(
                wanted, held=True, annotations={INTENT_ANNOTATION: intent.dump()}
            )
        if not isinstance(current, MachineObject):
            return Step(None, seen)
        memory = self._decided(wanted, looked_up(seen), intent.origin)
        return Step(current, self._again(current, replace(seen, intent=intent, memory=memory)))

    async def _contested(self, mine: MachineDigest, wanted: MachineObject, seen: Seen) -> Seen:
        connection = connection_of(self._connections, wanted, seen)
        if connection is None:
            return replace(seen, connecting=True)
        return await self._observer.contested(mine, seen, connection)

    async def _withdraw(self, wanted: MachineObject, seen: Seen) -> Step[MachineObject, Seen]:
        self._fence.check()
        current = await self._objects.write_metadata(
            wanted, held=False, annotations={INTENT_ANNOTATION: None}
        )
        if not isinstance(current, MachineObject):
            return Step(None, seen)
        memory = self._memories.keep(wanted, certainty=Certainty.UNSENT)
        return Step(current, replace(seen, intent=None, memory=memory))

    def _decided(self, wanted: MachineObject, found: Found | None, how: Origin | None) -> Memory:
        """What is remembered once the intent is written: it says more than the doubt before."""
        memory = self._memories.keep(wanted, certainty=Certainty.UNSENT, gone=None, found=found)
        if how is Origin.ADOPTED and found is not None and len(found.machines) == 1:
            return self._memories.keep(wanted, machine=found.machines[0], read_at=found.began)
        return memory

    async def _release(
        self, action: Release, wanted: MachineObject, seen: Seen
    ) -> Step[MachineObject, Seen]:
        self._fence.check()  # who is frozen and goes on late knows too little to let go
        if action.left_behind is not None:
            self._teller.left_behind(wanted, action.left_behind)
        current = await self._objects.write_metadata(wanted, held=False)
        return Step(current if isinstance(current, MachineObject) else None, seen)

    def _again(self, wanted: MachineObject, seen: Seen) -> Seen:
        """What the lists say, together with what was just learned."""
        connection = connection_of(self._connections, wanted, seen)
        if connection is None or wanted.metadata.is_deleted:
            return seen
        return self._observer.sighted(wanted, seen, connection)


def _with_the_find(mine: MachineDigest, intent: Intent, found: Found | None) -> MachineDigest:
    """The digest as it will be once what was found is adopted: another may have it by its id."""
    if intent.origin is not Origin.ADOPTED or found is None or len(found.machines) != 1:
        return mine
    return replace(mine, machine_id=found.machines[0].id, url=intent.server)
