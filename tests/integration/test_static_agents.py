"""StaticAgents on a server: looked up, created or adopted, kept as wanted, let go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from execution_simulator.faults import AnswerStatus
from support.ages import a_second_after
from support.kube import condition, until
from support.machines import AGENT, Subject

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


@pytest.mark.usefixtures("hub", "operator")
async def test_at_a_space_s_level_it_is_created_there(namespace, simulator):
    await wanted(namespace, space={"name": "Demo space"})
    found = await ready(namespace)
    (agent,) = there(simulator)
    assert agent.space_id == found["status"]["spaceId"] == "demo"


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize("level", ["own", "all"])
async def test_at_the_user_s_level_an_agent_of_a_space_is_never_taken(namespace, simulator, level):
    simulator.change(user_level=level)
    theirs = register(simulator, space_id="demo", ipAddress="192.0.2.1")
    await wanted(namespace, ipAddress="192.0.2.7", projects=[{"id": "1050"}])
    found = await ready(namespace)
    assert found["status"]["origin"] == "Created"
    assert found["status"]["agentId"] != str(theirs.id)
    assert (theirs.members["ipAddress"], theirs.projects) == ("192.0.2.1", {})


@pytest.mark.usefixtures("hub", "operator")
async def test_several_agents_of_that_name_are_a_conflict_and_none_is_touched(namespace, simulator):
    register(simulator, ipAddress="192.0.2.1")
    spare = register(simulator, ipAddress="192.0.2.2")
    await wanted(namespace, ipAddress="192.0.2.7")
    await namespace.condition("StaticAgent", "loadgen", "Stalled", "True", "Conflict")
    assert {one.members["ipAddress"] for one in there(simulator)} == {"192.0.2.1", "192.0.2.2"}
    simulator.agents.remove(spare.id)
    found = await ready(namespace)
    assert found["status"]["origin"] == "Adopted"


@pytest.mark.usefixtures("hub", "operator")
async def test_projects_are_associated_by_id_and_name_and_dissociated_when_unlisted(
    namespace, simulator
):
    await wanted(namespace, projects=[{"id": "1050"}, {"name": "Billing"}])
    found = await ready(namespace)
    (agent,) = there(simulator)
    assert set(agent.projects) == {"1050", "1100"}
    assert found["status"]["projects"] == [{"id": "1050"}, {"id": "1100", "name": "Billing"}]
    assert found["status"]["projectCount"] == 2
    await namespace.patch("StaticAgent", "loadgen", {"spec": {"projects": [{"id": "1050"}]}})
    await shows(namespace, "one project", lambda status: status["projectCount"] == 1)
    assert set(agent.projects) == {"1050"}


@pytest.mark.usefixtures("hub", "operator")
async def test_what_others_associated_stays_theirs(namespace, simulator):
    agent = register(simulator, projects=["1050"])
    await wanted(namespace, projects=[{"id": "1050"}, {"id": "1100"}])
    found = await ready(namespace)
    assert found["status"]["projects"] == [{"id": "1100"}]
    await namespace.patch("StaticAgent", "loadgen", {"spec": {"projects": None}})
    await shows(namespace, "no project", lambda status: status["projectCount"] == 0)
    assert set(agent.projects) == {"1050"}
    await namespace.delete("StaticAgent", "loadgen")
    await namespace.gone("StaticAgent", "loadgen")
    assert set(agent.projects) == {"1050"}
    assert there(simulator) == [agent]


@pytest.mark.usefixtures("hub", "operator")
async def test_an_unknown_project_is_told_and_the_others_are_associated(namespace, simulator):
    await wanted(namespace, projects=[{"name": "Nobody's"}, {"id": "1050"}])
    found = await namespace.condition(
        "StaticAgent", "loadgen", "Ready", "False", "ReferenceNotFound"
    )
    assert "Nobody's" in condition(found, "Ready")["message"]
    await until(lambda: [set(one.projects) for one in there(simulator)] == [{"1050"}], "1050")
    project = simulator.world.projects["1050"]
    named = project.model_copy(update={"id": "1200", "name": "Nobody's"})
    simulator.world.projects["1200"] = named
    await ready(namespace)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_lost_agent_is_told_and_so_is_its_return(namespace, simulator):
    agent = register(simulator)
    await wanted(namespace)
    await ready(namespace)
    agent.lose(simulator.clock.now())
    found = await namespace.condition("StaticAgent", "loadgen", "Ready", "False", "AgentLost")
    assert found["status"]["state"] == "LOST"
    assert condition(found, "Reconciling")["status"] == "True"
    agent.keep_contact()
    await ready(namespace)


@pytest.mark.usefixtures("hub")
async def test_an_agent_that_never_came_is_waited_for_before_it_counts_as_lost(
    namespace, simulator, start
):
    first = await start(missing_period="1h")
    simulator.change(new_agent="lost")
    await wanted(namespace)
    await namespace.condition("StaticAgent", "loadgen", "Ready", "False", "Pending")
    await first.kill()
    await start()
    await namespace.condition("StaticAgent", "loadgen", "Ready", "False", "AgentLost")
    await Subject(namespace, AGENT, name="loadgen").told("Warning", "AgentLost")


@pytest.mark.usefixtures("hub", "operator")
async def test_what_the_server_says_of_an_agent_is_shown(namespace, simulator):
    agent = register(
        simulator,
        version="11.0.7",
        operatingSystem="Linux",
        architecture="x86_64",
        capabilities=[{"key": "java"}, {"key": "jmeter"}],
    )
    agent.lose(simulator.clock.now())
    await wanted(namespace)
    found = await namespace.condition("StaticAgent", "loadgen", "Ready", "False", "AgentLost")
    status = found["status"]
    told = {name: status[name] for name in ("state", "version", "operatingSystem", "architecture")}
    assert told == {
        "state": "LOST",
        "version": "11.0.7",
        "operatingSystem": "Linux",
        "architecture": "x86_64",
    }
    assert status["capabilities"] == 2
    contact = datetime.fromisoformat(status["lastContactTime"]).timestamp()
    assert contact == int(agent.silent_since)


@pytest.mark.usefixtures("hub", "operator")
async def test_an_occupied_agent_is_usable_and_says_so(namespace, simulator):
    agent = register(simulator)
    agent.busy = True
    await wanted(namespace)
    found = await ready(namespace)
    assert found["status"]["state"] == "BUSY"


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(("policy", "left"), [("Delete", 0), ("Orphan", 1), (None, 1)])
async def test_an_adopted_agent_goes_only_where_that_is_asked_for(
    namespace, simulator, policy, left
):
    agent = register(simulator)
    more = {"deletionPolicy": policy} if policy else {}
    await wanted(namespace, projects=[{"id": "1050"}], **more)
    await ready(namespace)
    await namespace.delete("StaticAgent", "loadgen")
    await namespace.gone("StaticAgent", "loadgen")
    assert len(there(simulator)) == left
    assert ("1050" in agent.projects) == (policy == "Orphan")


@pytest.mark.usefixtures("hub", "operator")
async def test_an_agent_in_use_is_removed_as_soon_as_the_server_allows(namespace, simulator):
    simulator.change(live_agent_delete=409)
    await wanted(namespace)
    await ready(namespace)
    await namespace.delete("StaticAgent", "loadgen")
    await namespace.condition("StaticAgent", "loadgen", "Reconciling", "True", "DeletionBlocked")
    simulator.change(live_agent_delete=200)
    await namespace.gone("StaticAgent", "loadgen")
    assert there(simulator) == []


@pytest.mark.usefixtures("hub", "operator")
async def test_a_create_that_did_not_arrive_is_repeated(namespace, simulator):
    simulator.faults.add(AnswerStatus(operation="create_agent", status=503, body="html", times=2))
    await wanted(namespace)
    await ready(namespace)
    assert len(there(simulator)) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_younger_object_goes_without_touching_the_agent(namespace, simulator):
    older = await wanted(namespace, "older", projects=[{"id": "1050"}])
    await ready(namespace, "older")
    await a_second_after(namespace, older)
    await wanted(namespace, "younger", deletionPolicy="Delete")
    await namespace.condition("StaticAgent", "younger", "Stalled", "True", "Conflict")
    await namespace.delete("StaticAgent", "younger")
    await namespace.gone("StaticAgent", "younger")
    (agent,) = there(simulator)
    assert set(agent.projects) == {"1050"}


@pytest.mark.usefixtures("hub", "operator")
async def test_a_paused_object_changes_nothing_and_can_still_be_deleted(namespace, simulator):
    await wanted(namespace)
    await ready(namespace)
    (agent,) = there(simulator)
    pause = {"metadata": {"annotations": {"execution-operator.io/paused": "true"}}}
    await namespace.patch("StaticAgent", "loadgen", pause)
    await namespace.condition("StaticAgent", "loadgen", "Ready", "Unknown", "Paused")
    await namespace.patch("StaticAgent", "loadgen", {"spec": {"projects": [{"id": "1050"}]}})
    await shows(namespace, "the new spec", lambda status: status["observedGeneration"] == 2)
    assert agent.projects == {}
    await namespace.delete("StaticAgent", "loadgen")
    await namespace.gone("StaticAgent", "loadgen")
    assert there(simulator) == []


@pytest.mark.usefixtures("hub", "operator")
async def test_a_server_waits_with_its_deletion_for_its_agents(namespace):
    await wanted(namespace)
    await ready(namespace)
    await namespace.delete("ExecutionServer", "hub")
    found = await namespace.condition(
        "ExecutionServer", "hub", "Reconciling", "True", "DeletionBlocked"
    )
    assert "StaticAgent loadgen" in condition(found, "Reconciling")["message"]
    await namespace.delete("StaticAgent", "loadgen")
    await namespace.gone("StaticAgent", "loadgen")
    await namespace.gone("ExecutionServer", "hub")
