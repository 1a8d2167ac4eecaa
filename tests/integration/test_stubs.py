"""A stub is done when it runs: Ready while it does, stopped when deleted, never a success."""

from __future__ import annotations

import pytest

from execution_simulator.runs import current, forced
from execution_simulator.scripts import Match, Script
from support.kube import condition

STUB = "Shop/Stubs/Payment.stub"
RUNNING = ("TestExecution", "stub", "Ready", "True", "StubRunning")


def script(simulator, **changes):
    quick = {"transition_seconds": 0.2, "stop_seconds": 0.2, "never_ends": True}
    simulator.scripts.put(Script(name="stub", match=Match(asset=STUB), **(quick | changes)))


async def stub(namespace, **more):
    return await namespace.run("stub", STUB, completion="Running", **more)


def end(simulator, word):
    (run,) = simulator.ledger.all()
    timeline = forced(run.timeline, now=simulator.clock.now(), status=word, message="its words")
    simulator.ledger.change(run, timeline)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_stub_is_ready_while_it_runs_and_stopped_when_deleted(namespace, simulator):
    script(simulator)
    await stub(namespace)
    ready = await namespace.condition(*RUNNING)
    assert ready["status"]["phase"] == "Running"
    shown = {kind: condition(ready, kind).get("status") for kind in ("Succeeded", "Completed")}
    assert shown == {"Succeeded": "Unknown", "Completed": "False"}
    assert not condition(ready, "Reconciling")
    assert "resultURL" not in ready["status"]["execution"]
    await namespace.delete("TestExecution", "stub")
    await namespace.gone("TestExecution", "stub")
    (run,) = simulator.ledger.all()
    assert current(run.timeline, simulator.clock.now()).status == "STOPPED_BY_USER"
    assert "get_result" not in simulator.requests.counts()


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(
    ("word", "phase", "reason"),
    [
        ("COMPLETE", "Error", "StubEnded"),
        ("INCOMPLETE", "Error", "StubEnded"),
        ("STOPPED_AUTOMATICALLY", "Error", "StubEnded"),
        ("STOPPED_BY_USER", "Stopped", "StoppedByUser"),
    ],
    ids=["COMPLETE", "INCOMPLETE", "STOPPED_AUTOMATICALLY", "STOPPED_BY_USER"],
)
async def test_a_stub_that_ended_is_told_from_one_that_runs(
    namespace, simulator, word, phase, reason
):
    script(simulator)
    await stub(namespace)
    await namespace.condition(*RUNNING)
    end(simulator, word)
    done = await namespace.phase("stub", "Succeeded", "Failed", "Stopped", "Error")
    said = condition(done, "Succeeded")
    assert (done["status"]["phase"], said["status"], said["reason"]) == (phase, "False", reason)
    assert said["message"].endswith(": its words")
    assert condition(done, "Ready")["status"] == "False"
    counts = simulator.requests.counts()
    assert "get_result" not in counts
    assert "get_junit" not in counts


@pytest.mark.usefixtures("hub", "operator")
async def test_a_stub_that_cannot_be_launched_never_was_ready(namespace, simulator):
    script(simulator, end_status="LAUNCH_FAILED", never_ends=False)
    await stub(namespace)
    done = await namespace.phase("stub", "Error")
    assert condition(done, "Succeeded")["reason"] == "StubEnded"


@pytest.mark.usefixtures("hub", "operator")
async def test_a_cancelled_stub_is_stopped(namespace, simulator):
    script(simulator)
    await stub(namespace)
    await namespace.condition(*RUNNING)
    await namespace.patch("TestExecution", "stub", {"spec": {"cancel": True}})
    done = await namespace.phase("stub", "Stopped")
    assert condition(done, "Succeeded")["reason"] == "StoppedByRequest"


@pytest.mark.usefixtures("hub")
async def test_a_stub_stays_ready_through_a_restart(namespace, start, simulator):
    script(simulator)
    first = await start()
    await stub(namespace)
    before = await namespace.condition(*RUNNING)
    await first.kill()
    second = await start()
    await second.leading()
    change = {"metadata": {"annotations": {"execution-operator.io/requested-at": "now"}}}
    await namespace.patch("TestExecution", "stub", change)
    after = await namespace.wait(
        "TestExecution",
        "stub",
        "a look",
        lambda found: found["status"].get("lastHandledReconcileAt") == "now",
    )
    assert condition(after, "Ready") == condition(before, "Ready")
    assert simulator.requests.counts()["start_execution"] == 1
