"""Kills, take-overs and deletions: one run, the right end, nothing left behind."""

from __future__ import annotations

import pytest

from execution_simulator.faults import AnswerStatus, LoseAnswer
from execution_simulator.runs import current
from execution_simulator.scripts import Match, Script
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"


def script(simulator, **changes):
    quick = {"transition_seconds": 0.2, "run_seconds": 0.4, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def starts(simulator):
    return simulator.requests.counts().get("start_execution", 0)


@pytest.mark.usefixtures("hub")
async def test_an_operator_killed_in_mid_run_leaves_one_run_with_the_right_end(
    namespace, start, simulator
):
    script(simulator, run_seconds=60)
    first = await start()
    await namespace.run("smoke")
    before = await namespace.phase("smoke", "Running")
    await first.kill()
    await start()
    simulator.clock.advance(60)
    done = await namespace.phase("smoke", "Succeeded")
    assert done["status"]["execution"]["id"] == before["status"]["execution"]["id"]
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub")
async def test_a_lost_answer_is_looked_up_and_never_starts_a_second_run(
    namespace, operator, simulator
):
    script(simulator)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    await namespace.run("smoke")
    await namespace.phase("smoke", "Succeeded")
    assert starts(simulator) == 1
    assert any(line["event"] == "found the run in doubt" for line in operator.lines)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_start_that_never_arrived_is_made_after_the_settling_time(namespace, simulator):
    script(simulator)
    simulator.faults.add(AnswerStatus(operation="start_execution", status=500, body="html"))
    await namespace.run("smoke")
    await namespace.condition("TestExecution", "smoke", "Submitted", "Unknown", "Submitting")
    await namespace.phase("smoke", "Succeeded")
    assert starts(simulator) == 2
    assert len(simulator.ledger.all()) == 1


@pytest.mark.usefixtures("hub")
async def test_an_operator_killed_before_the_answer_finds_its_run(namespace, start, simulator):
    script(simulator)
    simulator.faults.add(LoseAnswer(operation="start_execution", hang_seconds=30))
    first = await start()
    await namespace.run("smoke")
    await until(lambda: starts(simulator), "the request")
    await first.kill()
    await start()
    await namespace.phase("smoke", "Succeeded")
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_the_deletion_of_an_active_run_stops_it(namespace, simulator):
    script(simulator, run_seconds=60, stop_seconds=1)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await namespace.delete("TestExecution", "smoke")
    stopping = await namespace.condition(
        "TestExecution", "smoke", "Reconciling", "True", "DeletionBlocked"
    )
    assert "seen ended" in condition(stopping, "Reconciling")["message"]
    await namespace.gone("TestExecution", "smoke")
    (run,) = simulator.ledger.all()
    assert simulator.requests.counts()["stop_execution"] == 1
    assert current(run.timeline, simulator.clock.now()).status == "STOPPED_BY_USER"


@pytest.mark.usefixtures("hub", "operator")
async def test_an_orphaned_run_goes_on(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke", deletionPolicy="Orphan")
    await namespace.phase("smoke", "Running")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    assert "stop_execution" not in simulator.requests.counts()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_deletion_ends_when_the_server_stays_away(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke", deletionTimeout="2s")
    await namespace.phase("smoke", "Running")
    simulator.faults.add(AnswerStatus(operation="*", status=502, body="html", times=None))
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")

    async def told() -> bool:
        return ("Warning", "RunLeftBehind") in await namespace.events("smoke")

    await until(told, "the event")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_finished_run_is_deleted_without_the_server(namespace, simulator):
    script(simulator)
    await namespace.run("smoke")
    await namespace.finished("smoke")
    simulator.faults.add(AnswerStatus(operation="*", status=502, times=None))
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")


@pytest.mark.usefixtures("hub")
async def test_of_two_operators_one_acts_and_the_other_is_ready(namespace, start, simulator):
    script(simulator)
    one = await start()
    await one.leading()
    other = await start()
    assert (one.probe("/readyz"), other.probe("/readyz")) == (200, 200)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Succeeded")
    assert starts(simulator) == 1
    leader = "execution_operator_leader"
    assert (one.metric(leader), other.metric(leader)) == (1.0, 0.0)
    assert not any(line["event"] == "synced" for line in other.lines)


@pytest.mark.usefixtures("hub")
async def test_the_standby_takes_over_at_once_from_a_leader_that_is_told_to_stop(
    namespace, start, simulator
):
    script(simulator, run_seconds=60)
    one = await start(lease_duration="60s", renew_deadline="30s")
    await one.leading()
    other = await start(lease_duration="60s", renew_deadline="30s")
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    assert await one.stop() == 0
    await other.leading()
    simulator.clock.advance(60)
    await namespace.phase("smoke", "Succeeded")
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub")
async def test_the_standby_takes_over_from_a_leader_that_was_killed(namespace, start, simulator):
    script(simulator, run_seconds=60)
    one = await start()
    await one.leading()
    other = await start()
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await one.kill()
    await other.leading()
    simulator.clock.advance(60)
    await namespace.phase("smoke", "Succeeded")
    assert starts(simulator) == 1
