"""A run whose infrastructure failed is tried again: once an attempt, never for a verdict."""

from __future__ import annotations

import json

import pytest

from execution_simulator.faults import AnswerStatus, LoseAnswer
from execution_simulator.runs import completed_at, current
from execution_simulator.scripts import Match, Script
from support.kube import GROUP, VERSION, condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"
INTENT = "execution-operator.io/intent"
FINALIZER = "execution-operator.io/finalizer"
QUICK = {"transition_seconds": 0.2, "run_seconds": 0.4, "stop_seconds": 0.2}


def script(simulator, **changes):
    """The smoke test passes quickly, but for its first run, which does something else."""
    simulator.scripts.put(Script(name="then", match=Match(asset=SMOKE), **QUICK))
    first = {"times": 1, "end_status": "LAUNCH_FAILED", "message": "no room"} | changes
    simulator.scripts.put(Script(name="first", match=Match(asset=SMOKE), **(QUICK | first)))


def starts(simulator):
    return simulator.requests.counts().get("start_execution", 0)


def tags(simulator):
    """The tags that tell the attempts apart, one a run."""
    found = [
        tag
        for run in simulator.ledger.all()
        for tag in run.tags
        if tag.startswith("execution-operator.run.")
    ]
    assert len(found) == len(simulator.ledger.all())
    return found


def looked_up(simulator):
    """The tags that runs were looked for by."""
    asked = simulator.requests.read("list_executions")
    values = [value for request in asked for value in request.query.get("tag", ())]
    return {tag for value in values for tag in value.split(",")}


async def over(namespace):
    done = await namespace.phase("smoke", "Succeeded", "Failed", "Stopped", "Error", "Lost")
    assert condition(done, "Completed")["status"] == "True"
    return done


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("INCOMPLETE", "Incomplete"),
        ("LAUNCH_FAILED", "LaunchFailed"),
        ("STOPPED_AUTOMATICALLY", "StoppedAutomatically"),
    ],
    ids=["INCOMPLETE", "LAUNCH_FAILED", "STOPPED_AUTOMATICALLY"],
)
async def test_an_end_by_the_infrastructure_is_tried_again(namespace, simulator, word, reason):
    script(simulator, end_status=word)
    await namespace.run("smoke", retry={"limit": 2, "backoff": "1s"})
    pending = await namespace.condition(
        "TestExecution", "smoke", "Ready", "Unknown", "RetryPending"
    )
    assert pending["status"]["phase"] == "Pending"
    assert "execution" not in pending["status"]
    said = condition(pending, "Succeeded")["message"]
    assert said.startswith("attempt 1 of 3 ended, the next begins 1s later: ")
    assert said.endswith(": no room")
    done = (await over(namespace))["status"]
    assert (done["phase"], done["attempt"]) == ("Succeeded", 2)
    first, second = simulator.ledger.all()
    (previous,) = done["previousAttempts"]
    assert previous.pop("completionTime")
    assert previous == {"attempt": 1, "executionId": first.id, "reason": reason}
    assert done["execution"]["id"] == second.id
    assert len(set(tags(simulator))) == 2
    assert second.created >= completed_at(first.timeline, simulator.clock.now())
    told = [reason for _, reason in await namespace.events("smoke")]
    assert told.count("RetryPending") == 1


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"end_status": "COMPLETE", "verdict": "FAIL"}, "TestsFailed"),
        ({"end_status": "COMPLETE_WITH_ERROR"}, "CompletedWithError"),
        ({"end_status": "STOPPED_BY_USER"}, "StoppedByUser"),
        ({"end_status": "COMPLETE", "verdict": "NONE"}, "NoVerdict"),
    ],
    ids=["a verdict", "errors", "a stop", "no verdict"],
)
async def test_what_is_not_the_infrastructure_s_is_never_tried_again(
    namespace, simulator, changes, reason
):
    script(simulator, **changes)
    await namespace.run("smoke", retry={"limit": 2, "backoff": "10ms"})
    done = await over(namespace)
    assert condition(done, "Succeeded")["reason"] == reason
    assert (starts(simulator), done["status"]["previousAttempts"]) == (1, [])


@pytest.mark.usefixtures("hub", "operator")
async def test_the_last_attempt_ends_the_run(namespace, simulator):
    script(simulator, times=None)
    await namespace.run("smoke", retry={"limit": 2, "backoff": "10ms"})
    done = await over(namespace)
    assert (done["status"]["phase"], done["status"]["attempt"]) == ("Error", 3)
    assert condition(done, "Succeeded")["reason"] == "LaunchFailed"
    assert [one["attempt"] for one in done["status"]["previousAttempts"]] == [1, 2]
    assert (starts(simulator), len(set(tags(simulator)))) == (3, 3)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_start_that_is_refused_is_tried_again(namespace, simulator):
    script(simulator, end_status="COMPLETE")
    simulator.faults.add(AnswerStatus(operation="start_execution", status=422, message="not now"))
    await namespace.run("smoke", retry={"limit": 1, "backoff": "500ms"})
    done = await over(namespace)
    assert done["status"]["phase"] == "Succeeded"
    (previous,) = done["status"]["previousAttempts"]
    assert (previous["reason"], "executionId" in previous) == ("SubmitFailed", False)
    assert (starts(simulator), len(simulator.ledger.all())) == (2, 1)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_stop_is_never_tried_again_whatever_it_ends_as(namespace, simulator):
    script(simulator, run_seconds=60, end_status="COMPLETE", stop_ends_as="INCOMPLETE")
    await namespace.run("smoke", retry={"limit": 2, "backoff": "10ms"})
    await namespace.phase("smoke", "Running")
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True}})
    await over(namespace)
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_cancel_between_two_attempts_ends_the_run(namespace, simulator):
    script(simulator)
    await namespace.run("smoke", retry={"limit": 2, "backoff": "1h"})
    await namespace.condition("TestExecution", "smoke", "Ready", "Unknown", "RetryPending")
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True}})
    done = await over(namespace)
    assert condition(done, "Succeeded")["reason"] == "StoppedByRequest"
    assert (await namespace.finished("smoke"))["status"]["previousAttempts"]
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_deletion_between_two_attempts_does_not_wait(namespace, simulator):
    script(simulator)
    await namespace.run("smoke", retry={"limit": 2, "backoff": "1h"})
    await namespace.condition("TestExecution", "smoke", "Ready", "Unknown", "RetryPending")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub")
async def test_the_backoff_survives_a_restart(namespace, start, simulator):
    script(simulator)
    first = await start()
    await namespace.run("smoke", retry={"limit": 1, "backoff": "6s"})
    await namespace.condition("TestExecution", "smoke", "Ready", "Unknown", "RetryPending")
    await first.kill()
    await start(settling_time="100ms")
    done = await over(namespace)
    assert done["status"]["phase"] == "Succeeded"
    failed, passed = simulator.ledger.all()
    assert set(tags(simulator)[1:]) <= looked_up(simulator)
    assert passed.created - completed_at(failed.timeline, simulator.clock.now()) > 4.9
    assert starts(simulator) == 2


async def begun(namespace, hub_url):
    """A second attempt as an operator leaves it that dies between its intent and the request."""
    spec = {
        "serverRef": {"name": "hub"},
        "project": {"id": "1050"},
        "testAsset": {"name": SMOKE, "revision": "main"},
        "retry": {"limit": 1, "backoff": "10ms"},
    }
    made = await namespace.create("TestExecution", "smoke", spec)
    system = await namespace.core.read_namespace("kube-system")
    intent = {
        "uid": made["metadata"]["uid"],
        "cluster": system.metadata.uid,
        "server": hub_url,
        "project": "1050",
        "attempt": 1,
        "writer": "somebody/1",
    }
    change = {"metadata": {"annotations": {INTENT: json.dumps(intent)}, "finalizers": [FINALIZER]}}
    await namespace.patch("TestExecution", "smoke", change)
    previous = {"attempt": 1, "executionId": "e1", "reason": "LaunchFailed"}
    status = {"phase": "Pending", "attempt": 2, "previousAttempts": [previous]}
    await namespace.custom.patch_namespaced_custom_object_status(
        *(GROUP, VERSION, namespace.name, "testexecutions", "smoke", {"status": status}),
        _content_type="application/merge-patch+json",
    )


async def test_a_kill_between_the_attempt_s_write_and_its_request_starts_one_run(
    namespace, hub, start, simulator
):
    script(simulator, end_status="COMPLETE")
    await begun(namespace, hub)
    await start()
    await namespace.condition("TestExecution", "smoke", "Submitted", "Unknown", "Submitting")
    done = await over(namespace)
    assert (done["status"]["phase"], done["status"]["attempt"]) == ("Succeeded", 2)
    assert (starts(simulator), len(simulator.ledger.all())) == (1, 1)


@pytest.mark.usefixtures("hub")
async def test_a_kill_between_the_second_request_and_the_status_finds_its_run(
    namespace, start, simulator
):
    script(simulator)
    simulator.faults.add(LoseAnswer(operation="start_execution", skip=1, hang_seconds=60))
    first = await start()
    await namespace.run("smoke", retry={"limit": 1, "backoff": "10ms"})
    await until(lambda: len(simulator.ledger.all()) == 2, "the second run on the server")
    await first.kill()
    await start()
    done = await over(namespace)
    assert done["status"]["execution"]["id"] == simulator.ledger.all()[1].id
    assert (starts(simulator), len(set(tags(simulator)))) == (2, 2)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_lost_answer_to_the_second_request_makes_no_third(namespace, simulator):
    script(simulator)
    simulator.faults.add(LoseAnswer(operation="start_execution", skip=1))
    await namespace.run("smoke", retry={"limit": 1, "backoff": "10ms"})
    done = await over(namespace)
    assert (done["status"]["phase"], done["status"]["attempt"]) == ("Succeeded", 2)
    now = simulator.clock.now()
    words = [current(run.timeline, now).status for run in simulator.ledger.all()]
    assert (starts(simulator), words) == (2, ["LAUNCH_FAILED", "COMPLETE"])


@pytest.mark.usefixtures("hub", "operator")
async def test_a_second_attempt_that_this_process_began_needs_no_look_up(namespace, simulator):
    script(simulator)
    await namespace.run("smoke", retry={"limit": 1, "backoff": "10ms"})
    await over(namespace)
    assert not looked_up(simulator) & set(tags(simulator))
