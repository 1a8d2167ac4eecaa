"""Resources alone call every agent and docker host path that the contract has, and no other."""

from __future__ import annotations

from typing import Any, Final

import pytest

from support.machine_paths import AGENTS, DOCKER_HOSTS, Route
from support.machines import AGENT, DOCKER, PLACES, Sort, whole_life

CONTEXT: Final = "/test"
TABLES: Final = {
    "agents": (AGENT, AGENTS, {}),
    "docker hosts": (DOCKER, DOCKER_HOSTS, {"testConnection": True}),
}


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(("sort", "routes", "more"), TABLES.values(), ids=TABLES.keys())
async def test_every_path_of_the_contract_is_called_and_no_other(
    namespace, simulator, sort: Sort, routes: tuple[Route, ...], more: Any
):
    for place in PLACES.values():
        if place.sort is sort:
            await whole_life(place, namespace, simulator, **more)
    asked = [(one, one.path.removeprefix(CONTEXT)) for one in sort.requests(simulator)]
    answered = [(one.method, path) for one, path in asked if one.status in {200, 201}]
    never = [route for route in routes if not any(route.is_of(*one) for one in answered)]
    unknown = [one for one in answered if not any(route.is_of(*one) for route in routes)]
    assert (never, unknown) == ([], [])
