"""timeouts and scheduled.at on the real API server: who waits or lasts too long ends, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from execution_simulator.faults import AnswerStatus
from execution_simulator.runs import current
from execution_simulator.scripts import Match, Script
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"


def script(simulator, **changes):
    quick = {"transition_seconds": 0.2, "run_seconds": 0.4, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def requests(simulator, operation):
    return simulator.requests.counts().get(operation, 0)


def ended_as(found):
    return found["status"]["phase"], condition(found, "Succeeded")["reason"]


def word_of(simulator):
    (run,) = simulator.ledger.all()
    return current(run.timeline, simulator.clock.now()).status


def moment(**later):
    return (datetime.now(UTC) + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.usefixtures("operator")
async def test_a_run_that_waits_too_long_for_its_server_never_starts(namespace, simulator, hub_url):
    await namespace.run("smoke", timeouts={"queue": "1s"})
    done = await namespace.phase("smoke", "Error")
    assert ended_as(done) == ("Error", "QueueTimeout")
    assert 'no ExecutionServer "hub"' in condition(done, "Succeeded")["message"]
    assert condition(done, "Accepted")["reason"] == "ServerNotFound"
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.server(hub_url)
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    assert requests(simulator, "start_execution") == 0


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_stays_in_transition_is_stopped_first(namespace, simulator):
    script(simulator, stuck_in_transition=True, stop_seconds=1)
    await namespace.run("smoke", timeouts={"queue": "2s"})
    stopping = await namespace.phase("smoke", "Stopping")
    assert stopping["status"]["stopRequest"]["reason"] == "QueueTimeout"
    done = await namespace.finished("smoke")
    assert ended_as(done) == ("Error", "QueueTimeout")
    assert word_of(simulator) == "STOPPED_BY_USER"
    assert requests(simulator, "stop_execution") == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_lasts_too_long_is_stopped_first(namespace, simulator):
    script(simulator, run_seconds=60, stop_seconds=1)
    options = {"timeoutSeconds": 9}
    await namespace.run("smoke", timeouts={"queue": "1m", "run": "1s"}, stop=options)
    stopping = await namespace.phase("smoke", "Stopping")
    assert condition(stopping, "Succeeded")["status"] == "Unknown"
    done = await namespace.finished("smoke")
    assert ended_as(done) == ("Error", "RunTimeout")
    assert word_of(simulator) == "STOPPED_BY_USER"
    (request,) = simulator.requests.read("stop_execution")
    assert request.query["stopTimeoutSecs"] == ("9",)


@pytest.mark.usefixtures("hub")
async def test_a_time_out_is_still_one_after_a_crash(namespace, start, simulator):
    script(simulator, run_seconds=60, stop_seconds=2)
    first = await start()
    await namespace.run("smoke", timeouts={"run": "500ms"})
    await namespace.phase("smoke", "Stopping")
    await until(lambda: requests(simulator, "stop_execution"), "the stop")
    await first.kill()
    await until(lambda: word_of(simulator) == "STOPPED_BY_USER", "the end on the server")
    await start()
    done = await namespace.finished("smoke")
    assert ended_as(done) == ("Error", "RunTimeout")


@pytest.mark.usefixtures("hub")
async def test_a_run_that_ended_in_time_while_nobody_looked_is_no_time_out(
    namespace, start, simulator
):
    script(simulator, run_seconds=600)
    first = await start()
    await namespace.run("smoke", timeouts={"run": "1h"})
    running = await namespace.phase("smoke", "Running")
    await first.kill()
    simulator.clock.advance(600)
    await namespace.patch("TestExecution", "smoke", {"spec": {"timeouts": {"run": "1s"}}})
    began = datetime.fromisoformat(running["status"]["startTime"])
    await until(lambda: datetime.now(UTC) > began + timedelta(seconds=2), "the bound over")
    await start()
    done = await namespace.finished("smoke")
    assert ended_as(done) == ("Succeeded", "TestsPassed")
    assert requests(simulator, "stop_execution") == 0


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_cannot_be_stopped_is_left_behind(namespace, simulator):
    script(simulator, run_seconds=600)
    simulator.faults.add(
        AnswerStatus(operation="stop_execution", status=502, body="html", times=None)
    )
    await namespace.run("smoke", timeouts={"run": "500ms"}, deletionTimeout="2s")
    done = await namespace.phase("smoke", "Error")
    assert ended_as(done) == ("Error", "RunTimeout")
    assert "may go on" in condition(done, "Succeeded")["message"]
    await namespace.finished("smoke")

    async def told() -> bool:
        return ("Warning", "RunLeftBehind") in await namespace.events("smoke")

    await until(told, "the event")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_bound_that_is_moved_in_time_holds_as_moved(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke", timeouts={"run": "1h"})
    await namespace.phase("smoke", "Running")
    await namespace.patch("TestExecution", "smoke", {"spec": {"timeouts": {"run": "1s"}}})
    assert ended_as(await namespace.finished("smoke")) == ("Error", "RunTimeout")


@pytest.mark.parametrize("timeouts", [{}, {"timeouts": {"queue": "1h"}}], ids=["1 h", "queue"])
@pytest.mark.usefixtures("hub", "operator")
async def test_a_moment_long_past_is_refused(namespace, simulator, timeouts):
    await namespace.run("smoke", scheduled={"at": moment(hours=-2)}, **timeouts)
    assert ended_as(await namespace.finished("smoke")) == ("Error", "QueueTimeout")
    assert requests(simulator, "start_execution") == 0


@pytest.mark.parametrize(
    ("hours", "timeouts"),
    [(-2, {"timeouts": {"queue": "3h"}}), (-0.5, {})],
    ids=["within timeouts.queue", "half an hour"],
)
@pytest.mark.usefixtures("hub", "operator")
async def test_a_moment_just_past_is_not(namespace, simulator, hours, timeouts):
    script(simulator)
    await namespace.run("smoke", scheduled={"at": moment(hours=hours)}, **timeouts)
    assert ended_as(await namespace.finished("smoke")) == ("Succeeded", "TestsPassed")


@pytest.mark.usefixtures("hub", "operator")
async def test_the_wait_for_its_moment_is_no_wait(namespace, simulator):
    script(simulator)
    await namespace.run("smoke", scheduled={"at": moment(hours=1)}, timeouts={"queue": "1s"})
    found = await namespace.phase("smoke", "Scheduled")
    created = datetime.fromisoformat(found["metadata"]["creationTimestamp"])
    await until(lambda: datetime.now(UTC) > created + timedelta(seconds=2), "the bound over")
    note = {"metadata": {"annotations": {"execution-operator.io/requested-at": "now"}}}
    await namespace.patch("TestExecution", "smoke", note)
    found = await namespace.wait(
        "TestExecution",
        "smoke",
        "another look",
        lambda one: one["status"].get("lastHandledReconcileAt") == "now",
    )
    assert found["status"]["phase"] == "Scheduled"
    simulator.clock.advance(3600)
    assert ended_as(await namespace.finished("smoke")) == ("Succeeded", "TestsPassed")
