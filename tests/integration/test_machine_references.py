"""Runs that name agents and docker hosts by reference wait for them and get their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from execution_simulator import Simulator, serve
from execution_simulator.docker_connections import DockerConnection
from execution_simulator.scripts import Script
from support.kube import condition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.kube import Json

HOST = "docker-1.example.com"
BY_HOST = {"remoteLocations": [{"dockerExecution": {"dockerHostRef": {"name": "docker"}}}]}
BY_AGENT = {
    "remoteLocations": [
        {"agentOverride": {"source": "here", "replacement": {"staticAgentRef": {"name": "agent"}}}}
    ]
}
REFUSED = DockerConnection(host=HOST, status="FAILURE", reason="refused", reachable=False)


@pytest.fixture(autouse=True)
def _quick(simulator: Simulator) -> None:
    simulator.scripts.replace([Script(transition_seconds=0.1, run_seconds=0.3)])


@pytest.fixture
async def other_url() -> AsyncIterator[str]:
    async with serve(Simulator()) as url:
        yield url


def locations(simulator: Simulator) -> Any:
    """What the one start asked for."""
    (start,) = simulator.requests.read("start_execution")
    return start.body["remoteLocations"]


async def waits(namespace, reason: str) -> Json:
    return await namespace.condition("TestExecution", "smoke", "Accepted", "False", reason)


async def docker(namespace, **spec: Any) -> None:
    wanted = {"serverRef": {"name": "hub"}, "hostName": HOST, "port": "2375"}
    await namespace.create("DockerHost", "docker", wanted | spec)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_waits_for_a_docker_host_and_gets_its_id(namespace, simulator):
    await namespace.run("smoke", **BY_HOST)
    told = condition(await waits(namespace, "ReferenceNotFound"), "Accepted")["message"]
    assert 'there is no DockerHost "docker" in this namespace: create it' in told
    await docker(namespace)
    await namespace.phase("smoke", "Succeeded")
    (machine,) = simulator.docker_hosts
    assert locations(simulator) == [{"dockerExecution": {"id": str(machine.id)}}]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_waits_for_an_agent_and_gets_its_id(namespace, simulator):
    agent = simulator.agents.add({"hostName": "loadgen-1"}, now=simulator.clock.now())
    await namespace.run("smoke", **BY_AGENT)
    await waits(namespace, "ReferenceNotFound")
    spec = {"serverRef": {"name": "hub"}, "hostName": "loadgen-1"}
    await namespace.create("StaticAgent", "agent", spec)
    await namespace.phase("smoke", "Succeeded")
    replacement = {"source": "here", "replacement": {"id": str(agent.id)}}
    assert locations(simulator) == [{"agentOverride": replacement}]


@pytest.mark.usefixtures("hub")
async def test_a_run_is_woken_when_its_docker_host_becomes_ready(namespace, start, simulator):
    operator = await start(secret_period="60s")
    await operator.leading()
    simulator.docker_connections.put(REFUSED)
    await docker(namespace, testConnection=True)
    await namespace.condition("DockerHost", "docker", "Ready", "False", "ConnectionFailed")
    await namespace.run("smoke", **BY_HOST)
    told = condition(await waits(namespace, "ReferenceNotReady"), "Accepted")["message"]
    assert 'DockerHost "docker" is not ready: ConnectionFailed' in told
    assert simulator.requests.read("start_execution") == ()
    simulator.docker_connections.clear()
    await namespace.patch("DockerHost", "docker", {"spec": {"type": "linux"}})
    await namespace.phase("smoke", "Succeeded")  # long before it would look again by itself


@pytest.mark.usefixtures("hub", "operator")
async def test_a_docker_host_of_another_server_is_refused(namespace, simulator, other_url):
    await namespace.server(other_url, name="other")
    await docker(namespace, serverRef={"name": "other"})
    await namespace.condition("DockerHost", "docker", "Ready", "True")
    await namespace.run("smoke", **BY_HOST)
    told = condition(await waits(namespace, "InvalidSpec"), "Accepted")["message"]
    assert 'DockerHost "docker" is on ExecutionServer "other", this run is on "hub"' in told
    assert simulator.requests.read("start_execution") == ()
