"""The simulator has every agent and docker host path of seed 000 and no other."""

import pytest

from execution_simulator import testhub
from support.machine_paths import AGENTS, DOCKER_HOSTS, Route


@pytest.mark.parametrize(
    ("collection", "routes"),
    [("agents", AGENTS), ("dockerhosts", DOCKER_HOSTS)],
    ids=["agents", "docker hosts"],
)
def test_it_serves_the_paths_of_the_contract_and_no_other(
    collection: str, routes: tuple[Route, ...]
) -> None:
    served = [
        Route(operation.method, operation.path).nameless
        for operation in testhub.OPERATIONS
        if collection in operation.path.split("/")
    ]
    assert sorted(served) == sorted(route.nameless for route in routes)
