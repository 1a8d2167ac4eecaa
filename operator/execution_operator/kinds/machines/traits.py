"""What kinds of machines differ in: all that the common part has to ask one for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from execution_operator.api.machine import MachineObject
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.seen import Hidden
from execution_operator.remote.testhub.machine_wire import MachineItem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from execution_operator.api.machine import MachineSpec
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.seen import Memory, Seen
    from execution_operator.kinds.problems import Problem
    from execution_operator.remote.messages import JSON
    from execution_operator.remote.shared_list import SharedList
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_wire import ConnectionStatus
    from execution_operator.remote.testhub.machines import Machines

Wanted = TypeVar("Wanted", bound=MachineObject)
"""The custom resource of a kind of machine."""


class Traits(ABC, Generic[Wanted, MachineItem]):
    """One kind of machine; what is not abstract here, most kinds do not have.

    Attributes:
        model: the custom resource.
        thing: what people call it: `agent`, `docker host`.
        lost: what it is called when the server does not list it any more.
        unreached: what it is called when the server does not reach it; None where the server does
            not tell, and is not asked.
        unsent: what to tell before what is hidden was sent.
        unsupported: what to tell when a server has no such machines at all; None where all have
            them.
    """

    model: ClassVar[type[MachineObject]]
    thing: ClassVar[str]
    lost: ClassVar[Reason] = Reason.NOT_FOUND
    unreached: ClassVar[Reason | None] = None
    unsent: ClassVar[str] = "what the server never gives back is about to be sent"
    unsupported: ClassVar[Problem | None] = None

    @abstractmethod
    def machines(self, hub: TestHub) -> Machines[MachineItem]:
        """The client's part for it."""

    def list_of(self, connection: Connection, level: Level) -> SharedList[MachineItem]:
        """The list of a level that all share."""
        return connection.lists.of_level(self.machines(connection.hub), level)

    def list_of_project(self, connection: Connection, project_id: str) -> SharedList[MachineItem]:
        """The list of what a project may use that all share."""
        return connection.lists.of_project(self.machines(connection.hub), project_id)

    @abstractmethod
    def name_of(self, wanted: Wanted) -> str:
        """By which it is found, in lower case."""

    @abstractmethod
    def is_it(self, wanted: Wanted, found: MachineItem) -> bool:
        """Whether what the server has goes by that name."""

    @abstractmethod
    def members(self, wanted: Wanted) -> dict[str, JSON]:
        """What it has to be like, under the API's own names."""

    async def hidden(self, wanted: Wanted) -> Hidden | Problem:
        """What of it is never given back; or what is missing for that."""
        del wanted
        return Hidden()

    async def look(
        self, connection: Connection, level: Level, machine_id: str, *, hidden: Hidden | None
    ) -> ConnectionStatus | None:
        """Whether the server reaches it, without hidden values in its words."""
        del connection, level, machine_id, hidden
        return None

    async def check(
        self, connection: Connection, wanted: Wanted, members: Mapping[str, JSON]
    ) -> Problem | None:
        """What speaks against creating or changing it like that; may raise RemoteError."""
        del connection, wanted, members
        return None

    @abstractmethod
    def mirrored(self, found: MachineItem | None) -> dict[str, object]:
        """The fields of the status that mirror it; of None those that forget it."""

    def linked(self, wanted: Wanted, seen: Seen) -> dict[str, object]:
        """The fields that say how the server reaches it."""
        del wanted, seen
        return {}

    def moments(self, found: MachineItem) -> dict[str, object]:
        """The fields that change all the time, and are renewed with something else only."""
        del found
        return {}

    def trouble(self, wanted: Wanted, found: MachineItem, memory: Memory) -> Problem | None:
        """Why it cannot be used although the server has it."""
        del wanted, found, memory
        return None

    @abstractmethod
    def state_of(self, wanted: Wanted) -> str:
        """The word that metrics count it under: what the server tells now, as far as is known."""


AnyTraits: TypeAlias = Traits[Any, Any]
"""Those of whichever kind: the common part does not know it."""


def chosen(spec: MachineSpec, names: Collection[str]) -> dict[str, JSON]:
    """Those fields of the spec that are set, as the API names and writes them."""
    dumped = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: dumped[name] for name in names if name in dumped}
