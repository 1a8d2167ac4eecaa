"""What StaticAgent and DockerHost differ in: all that the common part has to ask a kind for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.api.reasons import Reason
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.seen import Hidden, MachineObject, Memory, Seen
    from execution_operator.kinds.problems import Problem
    from execution_operator.remote.messages import JSON
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_wire import ConnectionStatus, Machine
    from execution_operator.remote.testhub.machines import Machines


class Traits(Protocol):
    """One kind of machine."""

    @property
    def model(self) -> type[MachineObject]:
        """The custom resource."""

    @property
    def thing(self) -> str:
        """What people call it: `agent`, `docker host`."""

    @property
    def lost(self) -> Reason:
        """What it is called when the server does not list it any more."""

    @property
    def looks(self) -> bool:
        """Whether the server tells how it reaches it."""

    @property
    def unsupported(self) -> Problem | None:
        """What to tell when a server has no such machines at all; None where all have them."""

    def machines(self, hub: TestHub) -> Machines[Any]:
        """The client's part for it."""

    def name_of(self, wanted: MachineObject) -> str:
        """By which it is found, in lower case."""

    def is_it(self, wanted: MachineObject, found: Machine) -> bool:
        """Whether what the server has goes by that name."""

    async def members(self, wanted: MachineObject) -> Mapping[str, JSON] | Problem:
        """What it has to be like, under the API's own names; or what is missing for that."""

    async def hidden(self, wanted: MachineObject) -> Hidden | Problem:
        """What of it is never given back; or what is missing for that."""

    async def look(
        self, connection: Connection, level: Level, machine_id: str, *, hidden: Hidden | None
    ) -> ConnectionStatus | None:
        """Whether the server reaches it, without hidden values in its words."""

    async def check(
        self, connection: Connection, wanted: MachineObject, members: Mapping[str, JSON]
    ) -> Problem | None:
        """What speaks against creating or changing it like that; may raise RemoteError."""

    def identified(self, machine_id: str | None) -> dict[str, object]:
        """The field of the status that has the server's id of it."""

    def mirrored(self, found: Machine | None) -> dict[str, object]:
        """The fields of the status that mirror it; of None those that forget it."""

    def linked(self, wanted: MachineObject, seen: Seen) -> dict[str, object]:
        """The fields that say how the server reaches it."""

    def moments(self, found: Machine) -> dict[str, object]:
        """The fields that change all the time, and are renewed with something else only."""

    def trouble(self, wanted: MachineObject, found: Machine, memory: Memory) -> Problem | None:
        """Why it cannot be used although the server has it."""

    def state_of(self, wanted: MachineObject) -> str:
        """The word that metrics count it under, as the status says."""
