"""The kinds of machine at their two levels, for tests of what all have to do alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from execution_simulator.docker_connections import DockerConnection
from support import machine_paths
from support.kube import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from execution_simulator import Simulator
    from execution_simulator.journal import Seen
    from execution_simulator.machines import Machine, Machines
    from support.kube import Json, Namespace
    from support.machine_paths import Route

READS: Final = frozenset({"GET"})
TESTS: Final = frozenset({"test_connection"})


@dataclass(frozen=True)
class Naming:
    """How runs name a machine: by a reference or an id, somewhere in their locations."""

    reference: str
    location: Callable[[Json], Json]


@dataclass(frozen=True)
class Ailment:
    """What keeps runs from using machines, as the server knows it: how it begins and ends."""

    reason: str
    begin: Callable[[Simulator], Any]
    end: Callable[[Simulator], Any]


@dataclass(frozen=True)
class Sort:
    """A kind of machine, and what the server calls it: all that tests know of it.

    Attributes:
        word: in operations.
        id_field: of the status.
        collection: in paths.
        routes: its paths.
        least: what a spec needs beside its server, a host name with it.
        shelf: all of them that the server has.
        has_connection: whether the server says if it reaches it, and can be asked to try first.
        ailment: of machines that come after it began.
    """

    kind: str
    word: str
    id_field: str
    collection: str
    routes: tuple[Route, ...]
    least: Json
    shelf: Callable[[Simulator], Machines]
    has_connection: bool
    ailment: Ailment
    naming: Naming

    @property
    def host(self) -> str:
        """The host name of the least."""
        return self.least["hostName"]

    @property
    def tried(self) -> Json:
        """What a spec says to have the server try all that it can."""
        return {"testConnection": True} if self.has_connection else {}

    def spec(self, **more: Any) -> Json:
        """The least that is needed, on server hub."""
        wanted = {"serverRef": {"name": "hub"}, **self.least} | more
        return {name: value for name, value in wanted.items() if value is not None}

    def register(
        self,
        simulator: Simulator,
        *,
        space_id: str | None = None,
        projects: Iterable[str] = (),
        **members: Any,
    ) -> Machine:
        """Somebody else puts one there, as lists would show it: in lower case."""
        given = {**self.least, "hostName": self.host.lower(), **members}
        now = simulator.clock.now()
        return self.shelf(simulator).add(given, now=now, space_id=space_id, projects=projects)

    def requests(self, simulator: Simulator) -> list[Seen]:
        """What was asked of the server about them."""
        known = simulator.requests.read()
        return [one for one in known if self.collection in one.path.split("/")]

    def changes(self, simulator: Simulator) -> list[str]:
        """The operations that were to change something on the server."""
        return [
            one.operation
            for one in self.requests(simulator)
            if one.method not in READS and one.operation not in TESTS
        ]


def _keep_contact(simulator: Simulator) -> None:
    for one in simulator.agents:
        one.keep_contact()


AGENT: Final = Sort(
    kind="StaticAgent",
    word="agent",
    id_field="agentId",
    collection="agents",
    routes=machine_paths.AGENTS,
    least={"hostName": "LoadGen-1.example.com"},
    shelf=lambda simulator: simulator.agents,
    has_connection=False,
    ailment=Ailment(
        reason="AgentLost",
        begin=lambda simulator: simulator.change(new_agent="lost"),
        end=_keep_contact,
    ),
    naming=Naming(
        reference="staticAgentRef",
        location=lambda which: {"agentOverride": {"source": "here", "replacement": which}},
    ),
)
_DOCKER_HOST: Final = "docker-1.example.com"
REFUSED: Final = DockerConnection(
    host=_DOCKER_HOST, status="FAILURE", reason="connection refused", reachable=False
)
"""What the server says when it cannot reach the docker host."""
DOCKER: Final = Sort(
    kind="DockerHost",
    word="docker_host",
    id_field="dockerHostId",
    collection="dockerhosts",
    routes=machine_paths.DOCKER_HOSTS,
    least={"hostName": _DOCKER_HOST, "port": "2375"},
    shelf=lambda simulator: simulator.docker_hosts,
    has_connection=True,
    ailment=Ailment(
        reason="ConnectionFailed",
        begin=lambda simulator: simulator.docker_connections.put(REFUSED),
        end=lambda simulator: simulator.docker_connections.clear(),
    ),
    naming=Naming(reference="dockerHostRef", location=lambda which: {"dockerExecution": which}),
)
SORTS: Final = {"agent": AGENT, "docker host": DOCKER}
EACH_SORT: Final = pytest.mark.parametrize("sort", SORTS.values(), ids=SORTS.keys())


@dataclass(frozen=True)
class Place:
    """A kind of machine at one level: the user's, or that of a team space."""

    sort: Sort
    space: str | None

    def spec(self, **more: Any) -> Json:
        """The least that is needed there."""
        space = {"space": {"id": self.space}} if self.space else {}
        return self.sort.spec(**space, **more)

    def there(self, simulator: Simulator) -> list[Machine]:
        """All that the server has, at whatever level."""
        return [*self.sort.shelf(simulator)]

    def register(self, simulator: Simulator, **members: Any) -> Machine:
        """Somebody else puts one there, as lists would show it: in lower case."""
        return self.sort.register(simulator, space_id=self.space, **members)

    @property
    def create(self) -> str:
        """The operation."""
        return f"create_{self.sort.word}"

    @property
    def update(self) -> str:
        """The operation."""
        return f"update_{self.sort.word}"

    @property
    def list(self) -> str:
        """The operation."""
        return f"list_{self.sort.word}s"

    @property
    def get(self) -> str:
        """The operation."""
        return f"get_{self.sort.word}"


PLACES: Final = {
    f"{name} {level}": Place(sort, space)
    for name, sort in SORTS.items()
    for level, space in (("of the user", None), ("of a space", "demo"))
}
EACH_PLACE: Final = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


@dataclass(frozen=True)
class Subject:
    """One object of a kind of machine in a namespace."""

    namespace: Namespace
    sort: Sort
    name: str = "one"

    async def create(self, spec: Json) -> Json:
        return await self.namespace.create(self.sort.kind, self.name, spec)

    async def change(self, **fields: Any) -> Json:
        return await self.namespace.patch(self.sort.kind, self.name, {"spec": fields})

    async def is_(self, type_: str, status: str, reason: str = "") -> Json:
        """The object once it has that condition."""
        return await self.namespace.condition(self.sort.kind, self.name, type_, status, reason)

    async def ready(self) -> Json:
        return await self.is_("Ready", "True")

    async def shows(self, what: str, holds: Any) -> Json:
        """The object once that holds for its status."""
        return await self.namespace.wait(
            self.sort.kind, self.name, what, lambda found: holds(found["status"])
        )

    async def deleted(self) -> None:
        await self.namespace.delete(self.sort.kind, self.name)
        await self.namespace.gone(self.sort.kind, self.name)

    async def told(self, *event: str) -> None:
        """Wait for an event of that type and reason."""

        async def is_told() -> bool:
            return event in await self.namespace.events(self.name)

        await until(is_told, f"the event {event}")


async def whole_life(place: Place, namespace: Namespace, simulator: Simulator, **more: Any) -> None:
    """One object from its creation to its deletion, with all that happens to it in between."""
    subject = Subject(namespace, place.sort, name=f"of-{place.space or 'the-user'}")
    projects = [{"id": "1050"}, {"name": "Billing"}]
    await subject.create(place.spec(projects=projects, **more))
    found = await subject.ready()
    machine = place.sort.shelf(simulator).get(int(found["status"][place.sort.id_field]))
    assert machine is not None
    assert machine.space_id == place.space
    if place.sort.has_connection:
        await subject.shows("its connection", lambda status: status.get("connection"))
    machine.projects.pop("1050")
    await until(lambda: "1050" in machine.projects, "the association that somebody took away")
    await subject.change(type="another", projects=projects[:1])
    await until(lambda: machine.members.get("type") == "another", "the change of a field")
    await until(lambda: set(machine.projects) == {"1050"}, "the dissociation")
    await subject.deleted()
    assert place.sort.shelf(simulator).get(machine.id) is None
