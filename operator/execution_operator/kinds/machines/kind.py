"""A kind of machine as the engine knows it: the common parts put together with its traits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.kinds.machines.act import Actor
from execution_operator.kinds.machines.decide import decide
from execution_operator.kinds.machines.digest import digest_of
from execution_operator.kinds.machines.exchange import Exchanger
from execution_operator.kinds.machines.memories import Memories
from execution_operator.kinds.machines.observe import Observer
from execution_operator.kinds.machines.rivals import Rivals
from execution_operator.kinds.machines.summarize import summarize
from execution_operator.kinds.machines.tell import Teller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.machine import MachineObject, MachineStatus
    from execution_operator.kinds.connections import Connections
    from execution_operator.kinds.machines.actions import Action
    from execution_operator.kinds.machines.digest import MachineDigest
    from execution_operator.kinds.machines.seen import Seen
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.reconcile.kind import Plan, Step
    from execution_operator.reconcile.ports import Key, Now


class MachineKind:
    """How a StaticAgent or a DockerHost is reconciled."""

    def __init__(
        self, *, ports: Ports, connections: Connections, periods: Periods, traits: AnyTraits
    ) -> None:
        self.model = traits.model
        self._traits = traits
        self._periods = periods
        self._memories = Memories()
        self._teller = Teller(ports=ports, thing=traits.thing)
        rivals = Rivals(objects=ports.objects, connections=connections)
        self._observer = Observer(
            ports=ports,
            connections=connections,
            rivals=rivals,
            memories=self._memories,
            periods=periods,
            traits=traits,
        )
        self._actor = Actor(
            ports=ports,
            connections=connections,
            memories=self._memories,
            observer=self._observer,
            rivals=rivals,
            exchanger=Exchanger(
                ports=ports,
                connections=connections,
                memories=self._memories,
                periods=periods,
                traits=traits,
                teller=self._teller,
            ),
            teller=self._teller,
            digest=self.digest,
        )

    def digest(self, wanted: MachineObject) -> MachineDigest:
        """See `MachineDigest`."""
        return digest_of(
            wanted, host=self._traits.name_of(wanted), state=self._traits.state_of(wanted)
        )

    def references(self, known: MachineDigest) -> Iterable[Key]:
        """Its server."""
        return (known.server_key,)

    def lane(self, known: MachineDigest) -> Key:
        """Its server's."""
        return known.server_key

    def is_urgent(self, known: MachineDigest) -> bool:
        """Until it is known on the server."""
        return known.machine_id is None

    def wakes_referrers(self, before: MachineDigest | None, after: MachineDigest | None) -> bool:
        """When runs that name it may begin or have to wait."""
        return _seen_by_runs(before) != _seen_by_runs(after)

    def wakes_references(self, before: MachineDigest | None, after: MachineDigest | None) -> bool:
        """When it begins or ceases to use its server."""
        return (before and before.is_held) != (after and after.is_held)

    async def observe(self, wanted: MachineObject) -> Seen:
        """See `Observer`."""
        return await self._observer.observe(wanted, self.digest(wanted))

    def decide(self, wanted: MachineObject, seen: Seen, now: Now) -> Plan[Action]:
        """See `decide`."""
        return decide(wanted, seen, now, self._periods)

    async def act(
        self, action: Action, wanted: MachineObject, seen: Seen
    ) -> Step[MachineObject, Seen]:
        """See `Actor`."""
        return await self._actor.act(action, wanted, seen)

    def summarize(self, wanted: MachineObject, seen: Seen, now: Now) -> MachineStatus:
        """See `summarize`."""
        return summarize(wanted, seen, now, periods=self._periods, traits=self._traits)

    def written(self, before: MachineObject, after: MachineObject) -> None:
        """See `Teller`; the record of projects is what counts from now on."""
        self._teller.written(before, after)
        self._memories.recorded(before, after)

    def forget(self, known: MachineDigest) -> None:
        """It is gone."""
        self._observer.forget(known)
        self._memories.forget(known.uid)


def _seen_by_runs(known: MachineDigest | None) -> tuple[object, ...]:
    return (known.uid, known.ready, known.is_deleted, known.use) if known else ()
