"""Resources alone call every agent and docker host path that the contract has, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from support.kube import until
from support.machine_paths import AGENTS, DOCKER_HOSTS, Route
from support.machines import AGENT, DOCKER, PLACES, Place, Sort, Subject

if TYPE_CHECKING:
    from execution_simulator import Simulator
    from support.kube import Namespace

CONTEXT: Final = "/test"
TABLES: Final = {
    "agents": (AGENT, AGENTS, {}),
    "docker hosts": (DOCKER, DOCKER_HOSTS, {"testConnection": True}),
}


async def lived(place: Place, namespace: Namespace, simulator: Simulator, more: Any) -> None:
    """One object from its creation to its deletion, with all that happens to it in between."""
    subject = Subject(namespace, place.sort, name=f"of-{place.space or 'the-user'}")
    projects = [{"id": "1050"}, {"name": "Billing"}]
    await subject.create(place.spec(projects=projects, **more))
    found = await subject.ready()
    machine = place.sort.shelf(simulator).get(int(found["status"][place.sort.id_field]))
    if place.sort is DOCKER:
        await subject.shows("its connection", lambda status: status.get("connection"))
    machine.projects.pop("1050")
    await until(lambda: "1050" in machine.projects, "the association that somebody took away")
    await subject.change(type="another", projects=projects[:1])
    await until(lambda: machine.members.get("type") == "another", "the change of a field")
    await until(lambda: set(machine.projects) == {"1050"}, "the dissociation")
    await subject.deleted()


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(("sort", "routes", "more"), TABLES.values(), ids=TABLES.keys())
async def test_every_path_of_the_contract_is_called_and_no_other(
    namespace, simulator, sort: Sort, routes: tuple[Route, ...], more: Any
):
    for place in PLACES.values():
        if place.sort is sort:
            await lived(place, namespace, simulator, more)
    assert [*sort.shelf(simulator)] == []
    asked = [(one, one.path.removeprefix(CONTEXT)) for one in sort.requests(simulator)]
    answered = [(one.method, path) for one, path in asked if one.status in {200, 201}]
    never = [route for route in routes if not any(route.is_of(*one) for one in answered)]
    unknown = [one for one in answered if not any(route.is_of(*one) for route in routes)]
    assert (never, unknown) == ([], [])
