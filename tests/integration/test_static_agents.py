"""StaticAgents on a server: looked up, created or adopted, kept as wanted, let go."""

from __future__ import annotations

from typing import Any

import pytest

HOST = "LoadGen-1.example.com"


async def wanted(namespace, name="loadgen", **spec: Any):
    given = {"serverRef": {"name": "hub"}, "hostName": HOST} | spec
    return await namespace.create("StaticAgent", name, given)


async def ready(namespace, name="loadgen", reason="Ready"):
    return await namespace.condition("StaticAgent", name, "Ready", "True", reason)


async def shows(namespace, what, holds, name="loadgen"):
    return await namespace.wait("StaticAgent", name, what, lambda found: holds(found["status"]))


def there(simulator):
    return [*simulator.agents]


def register(simulator, *, space_id=None, projects=(), **members: Any):
    """An agent registers itself."""
    given = {"hostName": HOST.lower(), **members}
    return simulator.agents.add(
        given, now=simulator.clock.now(), space_id=space_id, projects=projects
    )


@pytest.mark.usefixtures("hub", "operator")
async def test_an_agent_that_is_not_there_is_created(namespace, simulator):
    await wanted(namespace, ipAddress="192.0.2.7", pollInterval="10s")
    found = await ready(namespace)
    (agent,) = there(simulator)
    assert agent.members["hostName"] == HOST
    assert agent.members["pollInterval"] == 10_000
    status = found["status"]
    assert (status["agentId"], status["origin"], status["state"]) == (
        str(agent.id),
        "Created",
        "AVAILABLE",
    )


@pytest.mark.usefixtures("hub", "operator")
async def test_an_agent_that_is_there_is_adopted_whatever_the_case_of_its_name(
    namespace, simulator
):
    agent = register(simulator, version="11.0.7")
    await wanted(namespace)
    found = await ready(namespace)
    assert found["status"]["origin"] == "Adopted"
    assert found["status"]["version"] == "11.0.7"
    assert there(simulator) == [agent]
    assert "create_agent" not in simulator.requests.counts()
