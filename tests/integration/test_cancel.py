"""spec.cancel on the real API server: never started, or stopped, or cancelled by the server."""

from __future__ import annotations

import pytest

from execution_simulator.faults import AnswerStatus, LoseAnswer
from execution_simulator.runs import current
from execution_simulator.scripts import Match, Script
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"
CANCEL = {"spec": {"cancel": True}}


def script(simulator, **changes):
    quick = {"transition_seconds": 0.2, "run_seconds": 0.4, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def requests(simulator, operation):
    return simulator.requests.counts().get(operation, 0)


def ended_as(found):
    return found["status"]["phase"], condition(found, "Succeeded")["reason"]


def words(simulator):
    now = simulator.clock.now()
    return [current(run.timeline, now).status for run in simulator.ledger.all()]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_is_created_cancelled_never_starts(namespace, simulator):
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    before = simulator.requests.counts()
    await namespace.run("smoke", cancel=True)
    done = await namespace.finished("smoke")
    assert ended_as(done) == ("Stopped", "StoppedByRequest")
    assert "execution" not in done["status"]
    after = simulator.requests.counts()
    assert {name for name in after if after[name] != before.get(name)} <= {"list_spaces"}


@pytest.mark.usefixtures("operator")
async def test_a_run_that_waits_is_cancelled_without_its_server(namespace, simulator):
    await namespace.run("smoke")
    await namespace.condition("TestExecution", "smoke", "Accepted", "False", "ServerNotFound")
    await namespace.patch("TestExecution", "smoke", CANCEL)
    done = await namespace.finished("smoke")
    assert ended_as(done) == ("Stopped", "StoppedByRequest")
    assert not simulator.requests.counts()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_scheduled_run_is_cancelled_by_the_server(namespace, simulator):
    script(simulator)
    await namespace.run("smoke", scheduled={"in": "PT1H"})
    scheduled = await namespace.phase("smoke", "Scheduled")
    assert condition(scheduled, "Ready")["reason"] == "Scheduled"
    assert "startTime" not in scheduled["status"]
    await namespace.patch("TestExecution", "smoke", CANCEL)
    done = await namespace.finished("smoke")
    assert ended_as(done) == ("Stopped", "StoppedByRequest")
    assert done["status"]["execution"]["status"] == "CANCELED"
    assert words(simulator) == ["CANCELED"]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_scheduled_run_that_somebody_else_cancels_says_so(namespace, simulator):
    script(simulator, end_status="CANCELED")
    await namespace.run("smoke", scheduled={"in": "PT1S"})
    assert ended_as(await namespace.finished("smoke")) == ("Stopped", "Canceled")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_stop_goes_with_the_options_of_the_moment(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke", stop={"timeoutSeconds": 7})
    await namespace.phase("smoke", "Running")
    late = {"timeoutSeconds": 11, "executeFinallyBlock": False, "captureResults": False}
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True, "stop": late}})
    await namespace.finished("smoke")
    (request,) = simulator.requests.read("stop_execution")
    assert request.query == {
        "stopTimeoutSecs": ("11",),
        "executeFinallyBlock": ("false",),
        "captureResults": ("false",),
    }


@pytest.mark.usefixtures("hub")
async def test_a_cancelled_run_is_stopped_by_request_also_after_a_crash(
    namespace, start, simulator
):
    script(simulator, run_seconds=60, stop_seconds=2)
    first = await start()
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await namespace.patch("TestExecution", "smoke", CANCEL)
    await until(lambda: requests(simulator, "stop_execution"), "the stop")
    await first.kill()
    await until(lambda: words(simulator) == ["STOPPED_BY_USER"], "the end on the server")
    await start()
    assert ended_as(await namespace.finished("smoke")) == ("Stopped", "StoppedByRequest")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_cancelled_in_doubt_is_found_and_stopped(namespace, simulator):
    script(simulator, run_seconds=60)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    lists = AnswerStatus(operation="list_executions", status=503, body="html", times=None)
    simulator.faults.add(lists)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Submitting")
    await namespace.patch("TestExecution", "smoke", CANCEL)
    simulator.faults.clear()
    assert ended_as(await namespace.finished("smoke")) == ("Stopped", "StoppedByRequest")
    assert words(simulator) == ["STOPPED_BY_USER"]
    assert requests(simulator, "start_execution") == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_word_that_is_not_known_is_shown_and_the_run_can_be_stopped(namespace, simulator):
    script(simulator, transition_status="WAITING_FOR_AGENT", stuck_in_transition=True)
    await namespace.run("smoke")
    waiting = await namespace.phase("smoke", "Running")
    assert waiting["status"]["execution"]["status"] == "WAITING_FOR_AGENT"
    assert '"WAITING_FOR_AGENT"' in condition(waiting, "Ready")["message"]
    assert condition(waiting, "Ready")["status"] == "Unknown"
    await namespace.patch("TestExecution", "smoke", CANCEL)
    assert ended_as(await namespace.finished("smoke")) == ("Stopped", "StoppedByRequest")
