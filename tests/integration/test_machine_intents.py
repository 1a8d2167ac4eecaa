"""What was announced is ours only when it was made: refusals, crashes, and strangers meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from execution_simulator.docker_connections import DockerConnection
from execution_simulator.faults import AnswerStatus, Delay, Hang
from support.kube import until

HOST = "loadgen-1.example.com"
INTENT = "execution-operator.io/intent"
SORTS = {
    "StaticAgent": ("create_agent", lambda simulator: simulator.agents),
    "DockerHost": ("create_docker_host", lambda simulator: simulator.docker_hosts),
}
MORE: dict[str, dict[str, Any]] = {"StaticAgent": {}, "DockerHost": {"port": "2375"}}


REFUSED = [*(("StaticAgent", one) for one in (403, 409, 503)), ("DockerHost", 503)]


async def wanted(namespace, kind="StaticAgent", **spec: Any):
    given = {"serverRef": {"name": "hub"}, "hostName": HOST} | MORE[kind]
    return await namespace.create(kind, "one", given | spec)


async def ready(namespace, kind="StaticAgent"):
    return await namespace.condition(kind, "one", "Ready", "True")


async def announces_nothing(namespace, kind="StaticAgent"):
    def holds(found):
        meta = found["metadata"]
        return not meta.get("finalizers") and INTENT not in meta.get("annotations", {})

    return await namespace.wait(kind, "one", "neither intent nor finalizer", holds)


def register(simulator, kind="StaticAgent"):
    """Somebody else's machine of that name comes."""
    shelf = SORTS[kind][1](simulator)
    return shelf.add({"hostName": HOST} | MORE[kind], now=simulator.clock.now())


def there(simulator, kind="StaticAgent"):
    return [*SORTS[kind][1](simulator)]


async def is_adopted_and_left(namespace, simulator, stranger, kind="StaticAgent"):
    found = await ready(namespace, kind)
    assert found["status"]["origin"] == "Adopted"
    await namespace.delete(kind, "one")
    await namespace.gone(kind, "one")
    assert there(simulator, kind) == [stranger]


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("refused", REFUSED, ids=map(str, REFUSED))
async def test_what_came_after_a_refused_create_and_a_crash_is_a_stranger_s(
    namespace, simulator, operator, start, refused
):
    kind, status = refused
    operation = SORTS[kind][0]
    body = "html" if status == 503 else "json"
    simulator.faults.add(AnswerStatus(operation=operation, status=status, body=body, times=None))
    await wanted(namespace, kind)
    await until(lambda: simulator.requests.counts().get(operation), "a refused create")
    await namespace.condition(kind, "one", "Synced", "False")
    await announces_nothing(namespace, kind)
    await operator.kill()
    simulator.faults.clear()
    await announces_nothing(namespace, kind)
    stranger = register(simulator, kind)
    await start()
    await is_adopted_and_left(namespace, simulator, stranger, kind)


@pytest.mark.usefixtures("hub")
async def test_what_came_after_ours_vanished_and_a_crash_is_a_stranger_s(
    namespace, simulator, operator, start
):
    await wanted(namespace)
    await ready(namespace)
    simulator.faults.add(AnswerStatus(operation="create_agent", status=409, times=None))
    (ours,) = there(simulator)
    simulator.agents.remove(ours.id)
    await namespace.condition("StaticAgent", "one", "Stalled", "True", "Rejected")
    await announces_nothing(namespace)
    await operator.kill()
    stranger = register(simulator)
    await start()
    await is_adopted_and_left(namespace, simulator, stranger)


@pytest.mark.usefixtures("hub")
async def test_a_docker_host_that_is_tried_first_is_announced_when_it_was_reached(
    namespace, simulator, operator, start
):
    simulator.docker_connections.put(
        DockerConnection(host=HOST, status="FAILURE", reason="refused", reachable=False)
    )
    created = await wanted(namespace, "DockerHost", testConnection=True)
    found = await namespace.condition("DockerHost", "one", "Ready", "False", "ConnectionFailed")
    assert "finalizers" not in found["metadata"]
    tries = simulator.requests.counts()["test_connection"]
    await until(lambda: simulator.requests.counts()["test_connection"] > tries + 1, "more tries")
    found = await announces_nothing(namespace, "DockerHost")
    assert found["metadata"]["generation"] == created["metadata"]["generation"]
    await operator.kill()
    simulator.docker_connections.clear()
    stranger = register(simulator, "DockerHost")
    await start()
    await is_adopted_and_left(namespace, simulator, stranger, "DockerHost")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("kind", sorted(SORTS))
async def test_a_create_that_was_lost_with_a_crash_is_repeated_once_and_ours(
    namespace, simulator, operator, start, kind
):
    operation = SORTS[kind][0]
    simulator.faults.add(Hang(operation=operation, seconds=30.0))
    await wanted(namespace, kind)
    await until(lambda: simulator.requests.counts().get(operation), "a create")
    await operator.kill()
    await start()
    found = await ready(namespace, kind)
    assert found["status"]["origin"] == "Created"
    assert len(there(simulator, kind)) == 1
    await namespace.delete(kind, "one")
    await namespace.gone(kind, "one")
    assert there(simulator, kind) == []


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(("StaticAgent", "list_agents", {}), id="lists of agents"),
        pytest.param(("DockerHost", "list_docker_hosts", {}), id="lists of docker hosts"),
        pytest.param(("DockerHost", "test_connection", {"testConnection": True}), id="the try"),
    ],
)
async def test_a_slow_server_has_it_created_once_and_in_the_first_attempt(
    namespace, simulator, start, slow
):
    """Slower than a look-up is new for; a look that comes to nothing would be logged as a bug."""
    kind, operation, spec = slow
    simulator.faults.add(Delay(operation=operation, seconds=1.5, times=None))
    await start()
    await wanted(namespace, kind, **spec)
    found = await ready(namespace, kind)
    assert found["status"]["origin"] == "Created"
    asked = simulator.requests.counts()
    assert (asked[SORTS[kind][0]], len(there(simulator, kind))) == (1, 1)
    assert asked.get("test_connection", 0) == len(spec)
