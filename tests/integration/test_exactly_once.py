"""One resource, one run: each way in which it could become two, or none."""

from __future__ import annotations

import json
import uuid

import pytest

from execution_simulator.faults import AnswerStatus, Hang, LoseAnswer
from execution_simulator.runs import current
from execution_simulator.scripts import Match, Script
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"
INTENT = "execution-operator.io/intent"
FINALIZER = "execution-operator.io/finalizer"
SPEC = {
    "serverRef": {"name": "hub"},
    "project": {"id": "1050"},
    "testAsset": {"name": SMOKE, "revision": "main"},
}


def script(simulator, **changes):
    quick = {"transition_seconds": 0.2, "run_seconds": 0.4, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def starts(simulator):
    return simulator.requests.counts().get("start_execution", 0)


def surviving(simulator):
    """The runs that nobody stopped."""
    now = simulator.clock.now()
    return [
        run
        for run in simulator.ledger.all()
        if current(run.timeline, now).status not in {"STOPPED_BY_USER", "STOPPING", "CANCELED"}
    ]


async def posted(namespace, name, hub_url, *, uid=None, **more):
    """An object as an operator leaves it that dies between its intent and the answer."""
    made = await namespace.create("TestExecution", name, SPEC | more)
    system = await namespace.core.read_namespace("kube-system")
    intent = {
        "uid": uid or made["metadata"]["uid"],
        "cluster": system.metadata.uid,
        "server": hub_url,
        "project": "1050",
        "attempt": 1,
        "writer": "somebody/1",
    }
    change = {"metadata": {"annotations": {INTENT: json.dumps(intent)}, "finalizers": [FINALIZER]}}
    return await namespace.patch("TestExecution", name, change)


async def test_a_kill_between_intent_and_request_starts_one_run(namespace, hub, start, simulator):
    script(simulator)
    await posted(namespace, "smoke", hub)
    await start()
    await namespace.condition("TestExecution", "smoke", "Submitted", "Unknown", "Submitting")
    await namespace.phase("smoke", "Succeeded")
    assert (starts(simulator), len(simulator.ledger.all())) == (1, 1)


@pytest.mark.usefixtures("hub")
async def test_a_kill_between_request_and_status_finds_the_run(
    namespace, start, simulator, cluster
):
    script(simulator, run_seconds=4)
    simulator.faults.add(LoseAnswer(operation="start_execution", hang_seconds=60))
    first = await start()
    await namespace.run("smoke")
    await until(simulator.ledger.all, "the run on the server")
    await first.kill()
    assert cluster
    await start()
    done = await namespace.phase("smoke", "Succeeded")
    assert done["status"]["execution"]["id"] == simulator.ledger.all()[0].id
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub")
async def test_a_lost_answer_and_a_lagging_list_still_make_one_run(namespace, start, simulator):
    script(simulator, run_seconds=6)
    simulator.change(list_lag_seconds=1.5)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    await start(settling_time="3s")
    await namespace.run("smoke")
    await namespace.phase("smoke", "Succeeded")
    assert (starts(simulator), len(simulator.ledger.all())) == (1, 1)


@pytest.mark.usefixtures("hub")
async def test_a_list_that_lags_longer_than_it_may_leads_to_a_reckoning(
    namespace, start, simulator
):
    script(simulator, run_seconds=60)
    simulator.change(list_lag_seconds=3600)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    await start(settling_time="1s")
    await namespace.run("smoke")
    await until(lambda: starts(simulator) == 2, "a second request")
    simulator.change(list_lag_seconds=0)
    kept = await namespace.phase("smoke", "Running")
    await until(lambda: len(surviving(simulator)) == 1, "one run left")
    assert surviving(simulator)[0].id == kept["status"]["execution"]["id"]

    async def told() -> bool:
        return ("Warning", "SecondRunStopped") in await namespace.events("smoke")

    await until(told, "the event")


@pytest.mark.usefixtures("hub")
async def test_a_deletion_waits_for_the_reckoning(namespace, start, simulator):
    script(simulator, run_seconds=60)
    simulator.change(list_lag_seconds=3600)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    await start(settling_time="1s")
    await namespace.run("smoke")
    await until(lambda: starts(simulator) == 2, "a second request")
    await namespace.delete("TestExecution", "smoke")
    await namespace.condition("TestExecution", "smoke", "Reconciling", "True", "DeletionBlocked")
    simulator.change(list_lag_seconds=0)
    await namespace.gone("TestExecution", "smoke")
    assert (len(simulator.ledger.all()), surviving(simulator)) == (2, [])

    async def told() -> bool:
        return ("Warning", "SecondRunStopped") in await namespace.events("smoke")

    await until(told, "the event")


@pytest.mark.usefixtures("hub")
async def test_a_deletion_whose_reckoning_can_tell_nothing_ends_and_says_so(
    namespace, start, simulator
):
    script(simulator, run_seconds=60)
    simulator.faults.add(AnswerStatus(operation="start_execution", status=500, body="html"))
    await start(settling_time="1s")
    await namespace.run("smoke", deletionTimeout="8s")
    await namespace.phase("smoke", "Running")
    simulator.change(list_lag_seconds=3600)
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")

    async def told() -> bool:
        return ("Warning", "RunLeftBehind") in await namespace.events("smoke")

    await until(told, "the event")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_server_that_ignores_tags_is_never_asked_twice(namespace, simulator):
    script(simulator, run_seconds=60)
    simulator.change(tag_filter="ignored")
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    await namespace.run("smoke")
    found = await namespace.condition(
        "TestExecution", "smoke", "Stalled", "True", "SubmitAmbiguous"
    )
    assert "spec.adopt" in condition(found, "Stalled")["message"]
    assert (starts(simulator), len(simulator.ledger.all())) == (1, 1)
    (run,) = simulator.ledger.all()
    await namespace.patch("TestExecution", "smoke", {"spec": {"adopt": {"executionId": run.id}}})
    adopted = await namespace.phase("smoke", "Running")
    assert adopted["status"]["origin"] == "Adopted"


@pytest.mark.usefixtures("hub", "operator")
async def test_a_cancel_that_cannot_be_decided_ends_and_says_so(namespace, simulator):
    script(simulator, run_seconds=60)
    simulator.change(tag_filter="ignored")
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    await namespace.run("smoke")
    await namespace.condition("TestExecution", "smoke", "Stalled", "True", "SubmitAmbiguous")
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True}})
    done = await namespace.phase("smoke", "Stopped")
    assert "may go on" in condition(done, "Succeeded")["message"]

    async def told() -> bool:
        return ("Warning", "RunLeftBehind") in await namespace.events("smoke")

    await until(told, "the event")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_cancel_in_doubt_stops_the_run_that_is_found(namespace, simulator):
    script(simulator, run_seconds=60)
    simulator.faults.add(LoseAnswer(operation="start_execution"))
    simulator.faults.add(AnswerStatus(operation="list_executions", status=502, times=2))
    await namespace.run("smoke")
    await until(lambda: starts(simulator), "the request")
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True}})
    await namespace.phase("smoke", "Stopped")
    assert surviving(simulator) == []


async def clone(simulator, times):
    """More runs with the tags of the one that is there, as a frozen process would start them."""
    (first,) = simulator.ledger.all()
    for _ in range(times):
        twin = type(first)(
            **{
                name: getattr(first, name)
                for name in first.__dataclass_fields__
                if name not in {"id", "result_id", "shown"}
            },
            id=simulator.new_run_id(),
            result_id=simulator.new_result_id(),
        )
        simulator.ledger.add(twin)


@pytest.mark.usefixtures("hub")
async def test_of_two_runs_in_doubt_the_oldest_is_taken_and_the_other_stopped(
    namespace, start, simulator
):
    script(simulator, run_seconds=60)
    simulator.faults.add(LoseAnswer(operation="start_execution", hang_seconds=60))
    first = await start()
    await namespace.run("smoke")
    await until(simulator.ledger.all, "the run on the server")
    await first.kill()
    oldest = simulator.ledger.all()[0].id
    await clone(simulator, 1)
    await start()
    found = await namespace.phase("smoke", "Running")
    assert found["status"]["execution"]["id"] == oldest
    await until(lambda: len(surviving(simulator)) == 1, "one run left")
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub")
async def test_of_many_runs_in_doubt_none_is_touched(namespace, start, simulator):
    script(simulator, run_seconds=60)
    simulator.faults.add(LoseAnswer(operation="start_execution", hang_seconds=60))
    first = await start()
    await namespace.run("smoke")
    await until(simulator.ledger.all, "the run on the server")
    await first.kill()
    await clone(simulator, 3)
    await start()
    found = await namespace.condition("TestExecution", "smoke", "Stalled", "True", "TokenNotUnique")
    assert "4 runs" in condition(found, "Stalled")["message"]
    assert len(surviving(simulator)) == 4


@pytest.mark.usefixtures("hub", "operator")
async def test_an_unclaimed_run_is_counted(namespace, simulator, operator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    (first,) = simulator.ledger.all()
    await clone(simulator, 1)
    label = f"{namespace.name}/hub"

    def counted() -> bool:
        return operator.metric("execution_operator_runs_unclaimed", server=label) == 1

    await until(counted, "the unclaimed run in the metrics")
    assert first in surviving(simulator)


@pytest.mark.usefixtures("hub")
async def test_an_unclaimed_run_after_a_take_over_is_reckoned_with(namespace, start, simulator):
    """The old leader was frozen before its bytes left: its request arrives after all."""
    script(simulator, run_seconds=60)
    first = await start()
    await namespace.run("smoke")
    kept = await namespace.phase("smoke", "Running")
    await first.kill()
    second = await start()
    await second.leading()
    await clone(simulator, 1)
    await until(lambda: len(surviving(simulator)) == 1, "one run left")
    assert surviving(simulator)[0].id == kept["status"]["execution"]["id"]


@pytest.mark.usefixtures("hub")
async def test_objects_that_waited_for_an_operator_start_without_delay(namespace, start, simulator):
    script(simulator)
    for number in range(5):
        await namespace.run(f"smoke-{number}")
    operator = await start(settling_time="1h")
    for number in range(5):
        await namespace.phase(f"smoke-{number}", "Succeeded")
    assert (starts(simulator), len(simulator.ledger.all())) == (5, 5)
    assert operator.process.returncode is None


@pytest.mark.usefixtures("hub", "operator")
async def test_a_copy_with_annotations_never_starts(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke")
    original = await namespace.phase("smoke", "Running")
    annotations = {INTENT: original["metadata"]["annotations"][INTENT]}
    await namespace.create("TestExecution", "copy", SPEC, annotations=annotations)
    found = await namespace.condition("TestExecution", "copy", "Stalled", "True", "RestoredObject")
    assert "create a new TestExecution" in condition(found, "Stalled")["message"]
    assert starts(simulator) == 1
    await namespace.delete("TestExecution", "copy")
    await namespace.gone("TestExecution", "copy")
    assert len(surviving(simulator)) == 1


@pytest.mark.usefixtures("hub")
async def test_a_restored_object_follows_the_run_of_its_original(namespace, start, simulator):
    script(simulator, run_seconds=600)
    first = await start()
    await namespace.run("smoke")
    original = await namespace.phase("smoke", "Running")
    await first.kill()
    await namespace.patch("TestExecution", "smoke", {"metadata": {"finalizers": None}})
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    annotations = {INTENT: original["metadata"]["annotations"][INTENT]}
    await namespace.create("TestExecution", "smoke", SPEC, annotations=annotations)
    await start()
    found = await namespace.phase("smoke", "Running")
    assert found["status"]["origin"] == "Adopted"
    simulator.clock.advance(600)
    done = await namespace.phase("smoke", "Succeeded")
    assert done["status"]["execution"]["id"] == original["status"]["execution"]["id"]
    assert starts(simulator) == 1


async def test_a_restored_object_without_a_run_never_starts(namespace, hub, operator, simulator):
    script(simulator)
    await posted(namespace, "smoke", hub, uid=str(uuid.uuid4()))
    await namespace.condition("TestExecution", "smoke", "Stalled", "True", "RestoredObject")
    assert starts(simulator) == 0
    assert operator.process.returncode is None


@pytest.mark.usefixtures("hub")
async def test_an_object_restored_in_another_cluster_is_left_alone(namespace, start, simulator):
    script(simulator, run_seconds=60)
    first = await start()
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await first.stop()
    await start("--cluster-id=another")
    await namespace.condition("TestExecution", "smoke", "Stalled", "True", "ServerChanged")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    assert "stop_execution" not in simulator.requests.counts()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_is_bound_to_the_server_that_has_it(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    other = hub_url.replace("127.0.0.1", "localhost")
    change = {"spec": {"testHub": {"url": other}}}
    await namespace.patch("ExecutionServer", "hub", change)
    await namespace.condition("TestExecution", "smoke", "Stalled", "True", "ServerChanged")
    await namespace.patch("ExecutionServer", "hub", {"spec": {"testHub": {"url": hub_url}}})
    healed = await namespace.condition("TestExecution", "smoke", "Ready", "Unknown", "Running")
    assert not condition(healed, "Stalled")
    assert len(surviving(simulator)) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_an_adopted_run_is_followed_and_not_stopped(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke")
    first = await namespace.phase("smoke", "Running")
    await namespace.patch("TestExecution", "smoke", {"spec": {"deletionPolicy": "Orphan"}})
    execution_id = first["status"]["execution"]["id"]
    await namespace.run("second", adopt={"executionId": execution_id})
    await namespace.condition("TestExecution", "second", "Stalled", "True", "AlreadyOwned")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    found = await namespace.phase("second", "Running")
    assert found["status"]["origin"] == "Adopted"
    await namespace.delete("TestExecution", "second")
    await namespace.gone("TestExecution", "second")
    assert len(surviving(simulator)) == 1
    assert starts(simulator) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_an_adoption_of_nothing_is_told(namespace):
    await namespace.run("smoke", adopt={"executionId": "nothing"})
    found = await namespace.condition(
        "TestExecution", "smoke", "Accepted", "False", "ReferenceNotFound"
    )
    assert '"nothing"' in condition(found, "Accepted")["message"]


@pytest.mark.usefixtures("hub", "operator")
async def test_an_adoption_that_comes_too_late_is_told(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await namespace.patch("TestExecution", "smoke", {"spec": {"adopt": {"executionId": "e9"}}})

    async def told() -> bool:
        return ("Warning", "AdoptIgnored") in await namespace.events("smoke")

    await until(told, "the event")
    assert len(surviving(simulator)) == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_the_apis_own_404_loses_a_run_and_a_proxys_page_does_not(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("lost")
    lost = await namespace.phase("lost", "Running")
    html = AnswerStatus(operation="get_execution", status=404, body="html", times=None)
    simulator.faults.add(html)
    run = simulator.ledger.find(lost["status"]["execution"]["id"])
    simulator.ledger.remove(run)
    await until(
        lambda: simulator.requests.counts().get("get_execution", 0) >= 3, "three proxy's pages"
    )
    assert (await namespace.get("TestExecution", "lost"))["status"]["phase"] == "Running"
    simulator.faults.clear()
    done = await namespace.phase("lost", "Lost")
    assert condition(done, "Succeeded")["status"] == "False"


@pytest.mark.usefixtures("hub", "operator")
async def test_no_run_is_lost_while_its_project_cannot_be_read(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    simulator.faults.add(AnswerStatus(operation="list_executions", status=404, times=None))
    simulator.faults.add(AnswerStatus(operation="get_execution", status=404, times=None))
    found = await namespace.condition(
        "TestExecution", "smoke", "Ready", "Unknown", "ServerUnreachable"
    )
    assert found["status"]["phase"] == "Running"


@pytest.mark.usefixtures("operator")
async def test_a_namespace_goes_away_with_its_secret_first(namespace, hub, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke", deletionTimeout="20s")
    await namespace.phase("smoke", "Running")
    assert hub
    await namespace.core.delete_namespaced_secret("hub-token", namespace.name)
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "SecretNotFound")
    await namespace.core.delete_namespace(namespace.name)

    async def gone() -> bool:
        found = await namespace.core.list_namespace(
            field_selector=f"metadata.name={namespace.name}"
        )
        return not found.items

    await until(gone, "the namespace gone")


@pytest.mark.usefixtures("hub")
async def test_a_fence_that_closes_lets_no_request_out(namespace, start, simulator):
    """The token exchange hangs until the lease is over: the start behind it is never sent."""
    script(simulator)
    operator = await start()
    await operator.leading()
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    simulator.tokens.remove("demo-offline-token")
    simulator.tokens.add("demo-offline-token")
    simulator.faults.add(Hang(operation="exchange_token", seconds=30))
    await namespace.run("smoke")
    await until(
        lambda: simulator.requests.counts().get("exchange_token", 0) >= 2, "the exchange that hangs"
    )
    await operator.kill()
    assert starts(simulator) <= 1  # at most the one that was answered 401
    assert simulator.ledger.all() == ()
