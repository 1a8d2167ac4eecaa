"""What makes a machine a static agent: its members, its states; pure but for what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.reasons import Reason
from execution_operator.api.static_agent import StaticAgent
from execution_operator.kinds.machines.seen import Hidden
from execution_operator.kinds.problems import Problem
from execution_operator.reconcile.status import one_line
from execution_operator.remote.testhub.machine_wire import StaticAgentResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.seen import MachineObject, Memory, Seen
    from execution_operator.remote.messages import JSON
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_wire import ConnectionStatus, Machine
    from execution_operator.remote.testhub.machines import Machines

LOST: Final = "LOST"
_WORDS: Final = frozenset({"AVAILABLE", "BUSY", LOST})
_SENT: Final = (
    "hostName",
    "ipAddress",
    "type",
    "version",
    "operatingSystem",
    "architecture",
    "ram",
    "licenseType",
    "capabilities",
)
_MOST_WORD: Final = 128


class AgentTraits:
    """Static agents."""

    model: type[MachineObject] = StaticAgent
    thing = "agent"
    lost = Reason.AGENT_LOST
    looks = False
    unsupported: Problem | None = None

    def machines(self, hub: TestHub) -> Machines[Any]:
        """The client's part for agents."""
        return hub.agents

    def name_of(self, wanted: MachineObject) -> str:
        """Its host name."""
        return (wanted.spec.host_name or "").lower()

    def is_it(self, wanted: MachineObject, found: Machine) -> bool:
        """Whether the server's agent has that host name."""
        return found.is_host(wanted.spec.host_name or "")

    async def members(self, wanted: MachineObject) -> Mapping[str, JSON] | Problem:
        """See `members_of`."""
        return members_of(wanted)

    async def hidden(self, wanted: MachineObject) -> Hidden | Problem:
        """Nothing."""
        del wanted
        return Hidden()

    async def look(
        self, connection: Connection, level: Level, machine_id: str, *, hidden: Hidden | None
    ) -> ConnectionStatus | None:
        """Nothing: an agent contacts the server by itself."""
        del connection, level, machine_id, hidden
        return None

    async def check(
        self, connection: Connection, wanted: MachineObject, members: Mapping[str, JSON]
    ) -> Problem | None:
        """Nothing: an agent contacts the server by itself."""
        del connection, wanted, members
        return None

    def identified(self, machine_id: str | None) -> dict[str, object]:
        """Its id."""
        return {"agent_id": machine_id}

    def mirrored(self, found: Machine | None) -> dict[str, object]:
        """What the server says of it."""
        if not isinstance(found, StaticAgentResource):
            names = ("state", "version", "operating_system", "architecture", "capabilities")
            return dict.fromkeys((*names, "last_contact_time"))
        return {
            "state": one_line(found.state, _MOST_WORD) if found.state else None,
            "version": one_line(found.version) if found.version else None,
            "operating_system": one_line(found.operating_system)
            if found.operating_system
            else None,
            "architecture": one_line(found.architecture) if found.architecture else None,
            "capabilities": len(found.capabilities),
        }

    def linked(self, wanted: MachineObject, seen: Seen) -> dict[str, object]:
        """Nothing: its state says it."""
        del wanted, seen
        return {}

    def moments(self, found: Machine) -> dict[str, object]:
        """When it contacted the server last."""
        at = found.contact_time if isinstance(found, StaticAgentResource) else None
        return {"last_contact_time": at.replace(microsecond=0) if at else None}

    def trouble(self, wanted: MachineObject, found: Machine, memory: Memory) -> Problem | None:
        """That it lost contact; every other state is one in which it can be used."""
        del wanted, memory
        if not isinstance(found, StaticAgentResource) or found.state != LOST:
            return None
        text = "the agent does not contact the server: start it, and see its log there"
        return Problem(reason=Reason.AGENT_LOST, message=text)

    def state_of(self, wanted: MachineObject) -> str:
        """The server's word, if it is one that we know: metrics need a bounded number of them."""
        word = getattr(wanted.status, "state", None)
        if not word:
            return "unknown"
        return word if word in _WORDS else "other"


def members_of(wanted: MachineObject) -> dict[str, JSON]:
    """What the spec sets, under the API's own names (seed 000, StaticAgent)."""
    dumped = wanted.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    chosen: dict[str, JSON] = {name: dumped[name] for name in _SENT if name in dumped}
    interval = getattr(wanted.spec, "poll_interval", None)
    if interval is not None:
        chosen["pollInterval"] = round(interval.total_seconds() * 1000)
    return chosen
