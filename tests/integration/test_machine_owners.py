"""Of several objects who has a machine manages it, else the oldest, however they name it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from kubernetes.aio import client

from execution_simulator.faults import Delay
from support.ages import a_second_after
from support.kube import Namespace, condition, until
from support.machines import EACH_SORT, Subject

HOST = "loadgen-1.example.com"


async def wanted(namespace, name, server="hub", **spec: Any):
    given = {"serverRef": {"name": server}, "hostName": HOST}
    return await namespace.create("StaticAgent", name, given | spec)


async def ready(namespace, name):
    return await namespace.condition("StaticAgent", name, "Ready", "True")


async def yields(namespace, name):
    """The message of an object that another one goes before."""
    found = await namespace.condition("StaticAgent", name, "Stalled", "True", "Conflict")
    return condition(found, "Ready")["message"]


def creates(simulator):
    return simulator.requests.counts().get("create_agent", 0)


@pytest.fixture
async def elsewhere(api, hub) -> Namespace:
    """Another namespace, with an ExecutionServer of the same URL."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    body = client.V1Namespace(metadata=client.V1ObjectMeta(name=name))
    await client.CoreV1Api(api).create_namespace(body)
    other = Namespace(name, api)
    await other.secret("hub-token", token="demo-offline-token")
    await other.server(hub)
    return other


@pytest.mark.usefixtures("hub")
async def test_the_older_one_goes_first_although_its_server_is_not_connected_yet(
    namespace, simulator, start, hub_url
):
    await namespace.server(f"{hub_url.replace('http', 'HTTP', 1)}/", "late", token="late-token")
    older = await wanted(namespace, "older", "late")
    await a_second_after(namespace, older)
    await wanted(namespace, "younger")
    await start()
    assert 'StaticAgent "older"' in await yields(namespace, "younger")
    assert creates(simulator) == 0
    await namespace.secret("late-token", token="demo-offline-token")
    found = await ready(namespace, "older")
    assert found["status"]["origin"] == "Created"
    assert creates(simulator) == 1


@pytest.mark.usefixtures("operator")
async def test_who_has_it_keeps_it_although_the_older_one_s_server_comes_later(
    namespace, simulator, hub
):
    older = await wanted(namespace, "older", "late")
    await namespace.condition("StaticAgent", "older", "Ready", "False", "ServerNotFound")
    await a_second_after(namespace, older)
    await wanted(namespace, "younger", projects=[{"id": "1050"}])
    await ready(namespace, "younger")
    (first,) = simulator.agents
    await namespace.server(hub, "late")
    assert 'StaticAgent "younger"' in await yields(namespace, "older")
    await namespace.delete("StaticAgent", "younger")
    found = await ready(namespace, "older")
    (agent,) = simulator.agents
    assert (found["status"]["origin"], set(agent.projects)) == ("Created", set())
    assert agent is not first


@pytest.mark.usefixtures("hub")
async def test_a_space_by_name_and_one_by_id_are_the_same_before_either_is_recorded(
    namespace, simulator, start, hub_url
):
    await namespace.server(hub_url, "late", token="late-token")
    older = await wanted(namespace, "older", "late", space={"name": "Demo space"})
    await a_second_after(namespace, older)
    await wanted(namespace, "younger", space={"id": "demo"})
    await start()
    assert 'StaticAgent "older"' in await yields(namespace, "younger")
    await namespace.secret("late-token", token="demo-offline-token")
    await ready(namespace, "older")
    assert creates(simulator) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_the_user_s_level_and_a_space_have_an_agent_each(namespace, simulator):
    older = await wanted(namespace, "older", space={"name": "Demo space"})
    await a_second_after(namespace, older)
    await wanted(namespace, "younger")
    await ready(namespace, "older")
    await ready(namespace, "younger")
    assert {one.space_id for one in simulator.agents} == {"demo", None}


@pytest.mark.usefixtures("hub")
async def test_roles_stay_after_a_restart_and_the_younger_takes_over_in_the_end(
    namespace, simulator, start
):
    first = await start()
    older = await wanted(namespace, "older", ipAddress="192.0.2.7")
    await ready(namespace, "older")
    await a_second_after(namespace, older)
    await wanted(namespace, "younger", ipAddress="192.0.2.8")
    await yields(namespace, "younger")
    before = await namespace.get("StaticAgent", "younger")
    await first.kill()
    second = await start()
    await second.leading()
    agent = next(iter(simulator.agents))
    agent.members["ipAddress"] = "192.0.2.9"
    await until(lambda: agent.members["ipAddress"] == "192.0.2.7", "a repair by the older one")
    assert await namespace.get("StaticAgent", "younger") == before
    await namespace.delete("StaticAgent", "older")
    await ready(namespace, "younger")
    (agent,) = simulator.agents
    assert agent.members["ipAddress"] == "192.0.2.8"


@pytest.mark.usefixtures("hub")
async def test_across_namespaces_the_older_one_manages_and_is_not_named(
    namespace, elsewhere, simulator, start
):
    flag = f"--namespace={elsewhere.name}"
    first = await start(flag)
    older = await wanted(elsewhere, "older", ipAddress="192.0.2.7")
    await ready(elsewhere, "older")
    await a_second_after(namespace, older)
    await wanted(namespace, "younger", ipAddress="192.0.2.8")
    for _ in range(2):
        message = await yields(namespace, "younger")
        assert "a StaticAgent in another namespace" in message
        assert not {"older", elsewhere.name} & set(message.replace('"', " ").split())
        await first.kill()
        first = await start(flag)
        await first.leading()
    await elsewhere.delete("StaticAgent", "older")
    await ready(namespace, "younger")
    (agent,) = simulator.agents
    assert agent.members["ipAddress"] == "192.0.2.8"


@pytest.mark.usefixtures("hub")
async def test_two_namespaces_at_once_create_one_agent(namespace, elsewhere, simulator, start):
    older = await wanted(elsewhere, "older")
    await a_second_after(elsewhere, older)
    await wanted(namespace, "younger")
    simulator.faults.add(Delay(operation="create_agent", seconds=1.0, times=None))
    await start(f"--namespace={elsewhere.name}")
    await ready(elsewhere, "older")
    await yields(namespace, "younger")
    assert creates(simulator) == 1


async def twins(namespace, simulator, count):
    """Objects of one second for one agent, once one of them manages it; their names."""
    simulator.faults.add(Delay(operation="create_agent", seconds=1.0, times=None))
    names = [f"twin-{number}" for number in range(count)]
    await a_second_after(namespace, await wanted(namespace, "probe", hostName="another"))
    await wanted(namespace, names[0])
    await until(lambda: creates(simulator) == 2, "a create under way")
    await asyncio.gather(*(wanted(namespace, name) for name in names[1:]))

    async def settled():
        found = [await namespace.get("StaticAgent", name) for name in names]
        said = sorted(condition(one, "Ready").get("reason", "") for one in found)
        return said == ["Conflict"] * (count - 1) + ["Ready"]

    await until(settled, "one that manages, and others that wait")
    return names


@pytest.mark.usefixtures("hub", "operator")
async def test_twins_of_one_second_create_one_agent(namespace, simulator):
    await twins(namespace, simulator, 9)
    assert creates(simulator) == 2


@pytest.mark.usefixtures("hub", "operator")
async def test_the_agent_of_twins_goes_when_all_of_them_go(namespace, simulator):
    names = await twins(namespace, simulator, 3)
    for name in ("probe", *names):
        await namespace.delete("StaticAgent", name)
    for name in ("probe", *names):
        await namespace.gone("StaticAgent", name)
    assert [*simulator.agents] == []


@pytest.mark.usefixtures("hub", "operator")
async def test_a_docker_host_goes_to_the_older_one_by_name_or_by_address(namespace, simulator):
    both = {"hostName": "docker-1.example.com", "ipAddress": "192.0.2.9"}
    simulator.docker_hosts.add({**both, "port": "2375"}, now=simulator.clock.now())
    named = {one: {"serverRef": {"name": "hub"}, one: both[one]} for one in both}
    older = await namespace.create("DockerHost", "older", named["hostName"])
    await namespace.condition("DockerHost", "older", "Ready", "True")
    await a_second_after(namespace, older)
    await namespace.create("DockerHost", "younger", named["ipAddress"] | {"port": "2376"})
    found = await namespace.condition("DockerHost", "younger", "Stalled", "True", "Conflict")
    assert 'DockerHost "older" manages the same docker host' in condition(found, "Ready")["message"]
    assert "update_docker_host" not in simulator.requests.counts()
    await namespace.delete("DockerHost", "older")
    await namespace.condition("DockerHost", "younger", "Ready", "True")
    assert simulator.requests.counts()["update_docker_host"] == 1


@pytest.mark.usefixtures("hub", "operator")
@EACH_SORT
async def test_a_machine_is_handed_over_as_the_page_says_and_stays_as_it_is(
    namespace, simulator, sort
):
    spec = sort.spec(projects=[{"name": "Shop"}])
    old, new = (Subject(namespace, sort, name) for name in ("old", "new"))
    created = await old.create(spec)
    await old.ready()
    (machine,) = sort.shelf(simulator)
    before = sort.changes(simulator)
    await old.change(deletionPolicy="Orphan")
    await a_second_after(namespace, created)
    await new.create(spec)
    await new.is_("Stalled", "True", "Conflict")
    await old.deleted()
    found = (await new.ready())["status"]
    told = (found["origin"], found[sort.id_field], found["projectCount"])
    assert told == ("Adopted", str(machine.id), 0)
    await new.change(projects=[])
    await new.shows("that it has none", lambda status: status["observedGeneration"] == 2)
    await new.deleted()
    assert [*sort.shelf(simulator)] == [machine]
    assert set(machine.projects) == {"1050"}
    assert sort.changes(simulator) == before
