"""advancedSettings.configuration: what a running execution is told, and how often."""

from __future__ import annotations

import pytest

from execution_simulator.faults import AnswerStatus
from execution_simulator.scripts import Match, Script
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"


def script(simulator, **changes):
    quick = {"transition_seconds": 0.1, "run_seconds": 60, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def asked(**configuration):
    return {"advancedSettings": {"configuration": configuration}}


def in_force(simulator):
    (run,) = simulator.ledger.all()
    return dict(run.configurations)


def changes(simulator):
    """The requests that changed something."""
    return [
        (request.operation, request.body)
        for operation in ("update_configuration", "update_configurations")
        for request in simulator.requests.read(operation)
    ]


async def running(namespace, **configuration):
    await namespace.run("smoke", **asked(**configuration))
    return await namespace.phase("smoke", "Running")


async def change(namespace, **configuration):
    await namespace.patch("TestExecution", "smoke", {"spec": asked(**configuration)})


@pytest.mark.parametrize("form", ["map", "values"])
@pytest.mark.usefixtures("hub", "operator")
async def test_one_change_is_sent_by_its_own_path(namespace, simulator, form):
    simulator.change(configurations=form)
    script(simulator)
    before = await running(namespace, users="5", rate="fast")
    assert "get_configurations" not in simulator.requests.counts()
    await change(namespace, users="9")
    await until(lambda: in_force(simulator) == {"users": "9", "rate": "fast"}, "the change")
    assert changes(simulator) == [("update_configuration", {"value": "9"})]
    digest = before["status"]["execution"]["configuration"]
    await namespace.wait(
        "TestExecution",
        "smoke",
        "the record",
        lambda found: found["status"]["execution"]["configuration"] != digest,
    )


@pytest.mark.usefixtures("hub", "operator")
async def test_several_changes_are_one_request(namespace, simulator):
    script(simulator)
    await running(namespace)
    await change(namespace, users="9", rate="slow")
    await until(lambda: in_force(simulator) == {"users": "9", "rate": "slow"}, "the changes")
    assert changes(simulator) == [("update_configurations", {"users": "9", "rate": "slow"})]


@pytest.mark.usefixtures("hub")
async def test_what_the_run_knows_is_not_sent_again_after_a_crash(namespace, start, simulator):
    script(simulator)
    first = await start()
    await running(namespace, users="5")
    await first.kill()
    await change(namespace, users="9")
    (run,) = simulator.ledger.all()
    run.configurations["users"] = "9"  # as if the first one had sent it just before
    await start()
    await until(lambda: simulator.requests.counts().get("get_configurations"), "the reading")
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True}})
    await namespace.finished("smoke")
    assert changes(simulator) == []


@pytest.mark.usefixtures("hub", "operator")
async def test_a_change_that_is_refused_is_told_and_not_repeated(namespace, simulator):
    script(simulator)
    await running(namespace, users="5")
    simulator.faults.add(AnswerStatus(operation="update_configuration", status=400, times=None))
    await change(namespace, users="9")
    found = await namespace.condition("TestExecution", "smoke", "Synced", "False", "Rejected")
    assert "change the configuration" in condition(found, "Synced")["message"]
    assert found["status"]["phase"] == "Running"
    simulator.faults.clear()
    await change(namespace, users="11")
    await until(lambda: in_force(simulator) == {"users": "11"}, "the next change")
    await namespace.condition("TestExecution", "smoke", "Synced", "True")
    assert simulator.requests.counts()["update_configuration"] == 2


@pytest.mark.usefixtures("hub", "operator")
async def test_a_change_that_was_refused_is_sent_again_when_somebody_asks(namespace, simulator):
    script(simulator)
    await running(namespace, users="5")
    simulator.faults.add(AnswerStatus(operation="update_configuration", status=400))
    await change(namespace, users="9")
    await namespace.condition("TestExecution", "smoke", "Synced", "False", "Rejected")
    note = {"metadata": {"annotations": {"execution-operator.io/requested-at": "now"}}}
    await namespace.patch("TestExecution", "smoke", note)
    await until(lambda: in_force(simulator) == {"users": "9"}, "the change")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_server_that_fails_is_asked_again(namespace, simulator):
    script(simulator)
    await running(namespace, users="5")
    simulator.faults.add(AnswerStatus(operation="update_configuration", status=503, body="html"))
    await change(namespace, users="9")
    await until(lambda: in_force(simulator) == {"users": "9"}, "the change")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_is_deployed_anew_goes_on_to_its_end(namespace, simulator):
    script(simulator, run_seconds=60, transition_seconds=60, restarts_on_configuration=True)
    await namespace.run("smoke", **asked(users="5"))
    await namespace.phase("smoke", "InTransition")
    simulator.clock.advance(60)
    await namespace.phase("smoke", "Running")
    await change(namespace, users="9")
    await namespace.phase("smoke", "InTransition")
    simulator.clock.advance(120)
    done = await namespace.finished("smoke")
    assert done["status"]["phase"] == "Succeeded"
    assert len(simulator.ledger.all()) == 1


@pytest.mark.parametrize("answer", [204, 404])
@pytest.mark.usefixtures("hub")
async def test_a_run_that_ended_meanwhile_has_its_own_end(namespace, start, simulator, answer):
    simulator.change(finished_configuration=answer)
    script(simulator, run_seconds=60)
    first = await start()
    await running(namespace, users="5")
    await first.kill()
    simulator.clock.advance(60)
    await change(namespace, users="9")
    await start()
    done = await namespace.finished("smoke")
    assert done["status"]["phase"] == "Succeeded"
