"""The simulator has every agent and docker host path of seed 000 and no other."""

from execution_simulator import testhub
from support.machine_paths import Route
from support.machines import EACH_SORT, Sort


@EACH_SORT
def test_it_serves_the_paths_of_the_contract_and_no_other(sort: Sort) -> None:
    served = [
        Route(operation.method, operation.path).nameless
        for operation in testhub.OPERATIONS
        if sort.collection in operation.path.split("/")
    ]
    assert sorted(served) == sorted(route.nameless for route in sort.routes)
