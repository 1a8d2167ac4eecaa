"""The agents and docker hosts that the server knows; has no HTTP and judges no body.

Both are machines to the server: registered by somebody at a level, and associated with projects.
An agent contacts the server by itself as long as it is not silent: no timers, its state is worked
out when somebody looks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

from execution_simulator.machine_bodies import Members, State

USER = "demo-user"
"""Who all offline tokens belong to."""
POLL_MILLISECONDS = 5_000
SHORTEST_PATIENCE_SECONDS = 60.0
_POLLS_MISSED = 3


@dataclass(slots=True)
class Machine:
    """An agent or a docker host. `members` is what was given, without what the server assigns.

    `space_id` is None at the level of its owner, outside all team spaces.
    """

    id: int
    owner: str
    space_id: str | None
    members: Members
    projects: dict[str, None] = field(default_factory=dict)
    created: float = 0
    silent_since: float | None = None
    """The last contact of an agent that makes none any more, in the clock's seconds."""
    never_seen: bool = False
    """An agent that somebody defined and that never contacted the server."""
    busy: bool = False

    @property
    def poll_seconds(self) -> float:
        """How often the agent contacts the server."""
        given = self.members.get("pollInterval")
        milliseconds = given if isinstance(given, int) and given > 0 else POLL_MILLISECONDS
        return milliseconds / 1000

    def contact(self, now: float) -> float | None:
        """When the agent contacted the server last; None for never."""
        if self.never_seen:
            return None
        if self.silent_since is not None:
            return self.silent_since
        return now - (now - self.created) % self.poll_seconds

    def state(self, now: float) -> State:
        """LOST after three contacts, and no less than a minute, without one."""
        contact = self.contact(now)
        patience = max(_POLLS_MISSED * self.poll_seconds, SHORTEST_PATIENCE_SECONDS)
        if contact is None or now - contact > patience:
            return "LOST"
        return "BUSY" if self.busy else "AVAILABLE"

    def lose(self, now: float) -> None:
        """Have been silent for longer than the server waits."""
        patience = max(_POLLS_MISSED * self.poll_seconds, SHORTEST_PATIENCE_SECONDS)
        self.silent_since, self.never_seen = now - patience - 1, False

    def keep_contact(self) -> None:
        """Contact the server from now on."""
        self.silent_since, self.never_seen = None, False


class Machines:
    """Machines of one sort by id, oldest first."""

    def __init__(self, ids: Iterator[int]) -> None:
        self._ids = ids
        self._kept: dict[int, Machine] = {}

    def __iter__(self) -> Iterator[Machine]:
        return iter(tuple(self._kept.values()))

    def add(  # noqa: PLR0913 - what a machine is made of
        self,
        members: Members,
        *,
        now: float,
        owner: str = USER,
        space_id: str | None = None,
        projects: Iterable[str] = (),
        never_seen: bool = False,
    ) -> Machine:
        """Register one; ids are never given twice."""
        machine = Machine(
            id=next(self._ids),
            owner=owner,
            space_id=space_id,
            members=members,
            projects=dict.fromkeys(projects),
            created=now,
            never_seen=never_seen,
        )
        self._kept[machine.id] = machine
        return machine

    def get(self, machine_id: int) -> Machine | None:
        """One by id."""
        return self._kept.get(machine_id)

    def remove(self, machine_id: int) -> bool:
        """Remove it with its associations; whether there was one."""
        return self._kept.pop(machine_id, None) is not None

    def depart(self, machine_id: int, *, now: float, replace: bool) -> None:
        """Remove one that may be there; another one may come in its place, behind all others."""
        machine = self._kept.pop(machine_id, None)
        if machine is not None and replace:
            self.add(
                {"hostName": f"in-place-of-{machine_id}"},
                now=now,
                owner=machine.owner,
                space_id=machine.space_id,
                projects=machine.projects,
            )

    def named(self, host_name: str) -> tuple[Machine, ...]:
        """Those of a host name, in whatever case it is written."""
        wanted = host_name.casefold()
        return tuple(
            machine
            for machine in self
            if str(machine.members.get("hostName") or "").casefold() == wanted
        )

    def addressed(self, address: str) -> tuple[Machine, ...]:
        """Those of an address, in whatever form it is written."""
        wanted = _one_form(address)
        return tuple(
            machine
            for machine in self
            if _one_form(str(machine.members.get("ipAddress") or "")) == wanted
        )


def _one_form(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address
