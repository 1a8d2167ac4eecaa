"""Annotations and deletion: paused, requested-at, and each row of "Deleting an active run"."""

from __future__ import annotations

import pytest

from execution_simulator.faults import AnswerStatus, LoseAnswer
from execution_simulator.runs import current
from execution_simulator.scripts import Match, Script
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"
SENDS = {"start_execution", "stop_execution", "update_configuration", "update_configurations"}


def script(simulator, **changes):
    quick = {"transition_seconds": 0.1, "run_seconds": 60, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def sent(simulator):
    """How often something was changed on the server."""
    counts = simulator.requests.counts()
    return {name: counts[name] for name in SENDS & counts.keys()}


def words(simulator):
    now = simulator.clock.now()
    return [current(run.timeline, now).status for run in simulator.ledger.all()]


async def annotate(namespace, kind="TestExecution", name="smoke", **values):
    notes = {f"execution-operator.io/{key.replace('_', '-')}": one for key, one in values.items()}
    await namespace.patch(kind, name, {"metadata": {"annotations": notes}})


async def paused(namespace):
    await annotate(namespace, paused="true")
    return await namespace.condition("TestExecution", "smoke", "Ready", "Unknown", "Paused")


async def told(namespace, event):
    async def look():
        return event in await namespace.events("smoke")

    await until(look, f"event {event}")


@pytest.mark.usefixtures("hub", "operator")
async def test_nothing_is_changed_while_a_run_is_paused(namespace, simulator):
    script(simulator)
    more = {"advancedSettings": {"configuration": {"users": "5"}}}
    await namespace.run("smoke", timeouts={"run": "2s"}, **more)
    await namespace.phase("smoke", "Running")
    found = await paused(namespace)
    assert found["status"]["phase"] == "Running"
    assert not condition(found, "Reconciling")
    more["advancedSettings"]["configuration"]["users"] = "9"
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True} | more})
    generation = (await namespace.get("TestExecution", "smoke"))["metadata"]["generation"]
    seen = await namespace.wait(
        "TestExecution",
        "smoke",
        "the look",
        lambda one: one["status"]["observedGeneration"] == generation,
    )
    assert condition(seen, "Ready")["reason"] == "Paused"
    assert "stopRequest" not in seen["status"]
    assert sent(simulator) == {"start_execution": 1}
    await annotate(namespace, paused=None)
    done = await namespace.finished("smoke")
    assert condition(done, "Succeeded")["reason"] == "StoppedByRequest"


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_ends_while_it_is_paused_tells_its_end_afterwards(namespace, simulator):
    script(simulator)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await paused(namespace)
    simulator.clock.advance(60)
    await until(lambda: words(simulator) == ["COMPLETE"], "the end on the server")
    await annotate(namespace, paused=None)
    assert (await namespace.finished("smoke"))["status"]["phase"] == "Succeeded"


@pytest.mark.usefixtures("hub", "operator")
async def test_the_deletion_of_a_paused_run_goes_on(namespace, simulator):
    script(simulator)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await paused(namespace)
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    assert words(simulator) == ["STOPPED_BY_USER"]


async def test_a_request_reads_the_run_now_and_is_echoed(namespace, start, simulator, hub_url):
    script(simulator)
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.server(hub_url, pollInterval="1h")
    await start()
    await namespace.run("smoke")
    await namespace.phase("smoke", "InTransition")
    await until(lambda: words(simulator) == ["RUNNING"], "the start on the server")
    await annotate(namespace, requested_at="2026-11-22T10:00:00Z")
    found = await namespace.phase("smoke", "Running")
    assert found["status"]["lastHandledReconcileAt"] == "2026-11-22T10:00:00Z"
    assert simulator.requests.counts()["get_execution"] == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_an_adopted_run_is_let_go_at_once(namespace, simulator):
    script(simulator)
    await namespace.run("first", deletionPolicy="Orphan")
    found = await namespace.phase("first", "Running")
    await namespace.delete("TestExecution", "first")
    await namespace.gone("TestExecution", "first")
    await namespace.run("smoke", adopt={"executionId": found["status"]["execution"]["id"]})
    await namespace.phase("smoke", "Running")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    assert words(simulator) == ["RUNNING"]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_in_doubt_is_found_and_stopped_by_a_deletion(namespace, simulator):
    script(simulator)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    simulator.faults.add(
        AnswerStatus(operation="list_executions", status=503, body="html", times=None)
    )
    await namespace.run("smoke")
    await namespace.phase("smoke", "Submitting")
    await namespace.delete("TestExecution", "smoke")
    simulator.faults.clear()
    await namespace.gone("TestExecution", "smoke")
    assert words(simulator) == ["STOPPED_BY_USER"]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_deletion_of_what_no_look_up_can_find_ends(namespace, simulator):
    script(simulator)
    simulator.change(tag_filter="ignored")
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    await namespace.run("smoke", deletionTimeout="2s")
    await namespace.condition("TestExecution", "smoke", "Submitted", "False", "SubmitAmbiguous")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    await told(namespace, ("Warning", "RunLeftBehind"))


@pytest.mark.parametrize("status", [401, 500])
@pytest.mark.usefixtures("hub", "operator")
async def test_a_stop_that_never_works_is_left_behind(namespace, simulator, status):
    script(simulator)
    await namespace.run("smoke", deletionTimeout="2s")
    await namespace.phase("smoke", "Running")
    simulator.faults.add(AnswerStatus(operation="*", status=status, body="html", times=None))
    await namespace.delete("TestExecution", "smoke")
    await namespace.condition("TestExecution", "smoke", "Reconciling", "True", "DeletionBlocked")
    await namespace.gone("TestExecution", "smoke")
    await told(namespace, ("Warning", "RunLeftBehind"))


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_whose_secret_is_gone_for_good_is_left_behind_at_once(namespace, simulator):
    script(simulator)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await namespace.core.delete_namespaced_secret("hub-token", namespace.name)
    await namespace.condition("ExecutionServer", "hub", "Stalled", "True", "SecretNotFound")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    await told(namespace, ("Warning", "RunLeftBehind"))


@pytest.mark.usefixtures("hub")
async def test_a_run_whose_secret_is_put_there_anew_is_stopped(namespace, simulator, start):
    """Neither a Secret that is not there for a moment nor a restart leaves a run behind."""
    script(simulator)
    operator = await start(missing_period="1h")
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await namespace.core.delete_namespaced_secret("hub-token", namespace.name)
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "SecretNotFound")
    await operator.kill()
    await namespace.delete("TestExecution", "smoke")
    await start(missing_period="1h")
    await namespace.condition("TestExecution", "smoke", "Reconciling", "True", "DeletionBlocked")
    assert words(simulator) == ["RUNNING"]
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.gone("TestExecution", "smoke")
    assert words(simulator) == ["STOPPED_BY_USER"]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_the_server_does_not_know_is_let_go(namespace, simulator):
    script(simulator)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    simulator.ledger.remove(*simulator.ledger.all())
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    assert ("Warning", "RunLeftBehind") not in await namespace.events("smoke")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_in_doubt_whose_project_is_gone_is_let_go(namespace, simulator):
    script(simulator)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    simulator.faults.add(AnswerStatus(operation="list_executions", status=404, times=None))
    await namespace.run("smoke")
    await namespace.phase("smoke", "Submitting")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke", seconds=20)
