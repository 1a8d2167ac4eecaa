"""What makes a machine a static agent: its members, its states; pure but for what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from execution_operator.api.reasons import Reason
from execution_operator.api.static_agent import StaticAgent
from execution_operator.kinds.machines.digest import is_shown
from execution_operator.kinds.machines.traits import Traits, chosen
from execution_operator.kinds.problems import Problem
from execution_operator.reconcile.status import one_line
from execution_operator.remote.testhub.machine_wire import StaticAgentResource

if TYPE_CHECKING:
    from execution_operator.kinds.machines.seen import Memory
    from execution_operator.remote.messages import JSON
    from execution_operator.remote.testhub.client import TestHub
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


class AgentTraits(Traits[StaticAgent, StaticAgentResource]):
    """Static agents; the server does not reach them: they contact it by themselves."""

    model: ClassVar = StaticAgent
    thing: ClassVar = "agent"
    lost: ClassVar = Reason.AGENT_LOST

    def machines(self, hub: TestHub) -> Machines[StaticAgentResource]:
        """The client's part for agents."""
        return hub.agents

    def name_of(self, wanted: StaticAgent) -> str:
        """Its host name."""
        return wanted.spec.host_name.lower()

    def is_it(self, wanted: StaticAgent, found: StaticAgentResource) -> bool:
        """Whether the server's agent has that host name."""
        return found.is_host(wanted.spec.host_name)

    def members(self, wanted: StaticAgent) -> dict[str, JSON]:
        """See `members_of`."""
        return members_of(wanted)

    def mirrored(self, found: StaticAgentResource | None) -> dict[str, object]:
        """What the server says of it."""
        if found is None:
            names = ("state", "version", "operating_system", "architecture", "capabilities")
            return dict.fromkeys((*names, "last_contact_time"))
        return {
            "state": one_line(found.state, _MOST_WORD) if found.state else None,
            "version": one_line(found.version) if found.version else None,
            "operating_system": one_line(found.operating_system)
            if found.operating_system
            else None,
            "architecture": one_line(found.architecture) if found.architecture else None,
            "capabilities": found.capabilities,
        }

    def moments(self, found: StaticAgentResource) -> dict[str, object]:
        """When it contacted the server last."""
        at = found.contact_time
        return {"last_contact_time": at.replace(microsecond=0) if at else None}

    def trouble(
        self, wanted: StaticAgent, found: StaticAgentResource, memory: Memory
    ) -> Problem | None:
        """That it lost contact; every other state is one in which it can be used."""
        del wanted, memory
        if found.state != LOST:
            return None
        text = "the agent does not contact the server: start it, and see its log there"
        return Problem(reason=Reason.AGENT_LOST, message=text)

    def state_of(self, wanted: StaticAgent) -> str:
        """The server's word, if it is one that we know: metrics need a bounded number of them.

        An agent that is called lost and last told another word is one that no list has any more.
        """
        word = wanted.status.state
        if not word or not is_shown(wanted, *((Reason.AGENT_LOST,) if word == LOST else ())):
            return "unknown"
        return word if word in _WORDS else "other"


def members_of(wanted: StaticAgent) -> dict[str, JSON]:
    """What the spec sets, under the API's own names (seed 000, StaticAgent)."""
    members, interval = chosen(wanted.spec, _SENT), wanted.spec.poll_interval
    if interval is not None:
        members["pollInterval"] = round(interval.total_seconds() * 1000)
    return members
