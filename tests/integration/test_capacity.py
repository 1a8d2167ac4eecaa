"""maxActiveRuns on the real API server: who waits, in which order, and never one too many."""

from __future__ import annotations

import asyncio

import pytest

from execution_simulator.faults import LoseAnswer
from execution_simulator.runs import completed_at, current
from execution_simulator.scripts import Match, Script
from execution_simulator.words import ENDED
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"


def script(simulator, **changes):
    quick = {"transition_seconds": 0.1, "run_seconds": 0.4, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def starts(simulator):
    return simulator.requests.counts().get("start_execution", 0)


def most_at_once(simulator):
    """How many runs were active at the same moment, at most."""
    runs, now = simulator.ledger.all(), simulator.clock.now()
    ends = [completed_at(run.timeline, now) or now for run in runs]
    begins = [run.timeline[0].at for run in runs]
    return max(
        sum(begin <= moment < end for begin, end in zip(begins, ends, strict=True))
        for moment in begins
    )


def active(simulator):
    now = simulator.clock.now()
    return [run for run in simulator.ledger.all() if current(run.timeline, now).status not in ENDED]


async def bounded(namespace, url, most, **more):
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.server(url, maxActiveRuns=most, **more)


async def waits(namespace, name):
    return await namespace.condition(
        "TestExecution", name, "Accepted", "False", "WaitingForCapacity"
    )


def place(found):
    return condition(found, "Accepted")["message"].rpartition("place ")[2].split()[0]


@pytest.mark.usefixtures("operator")
async def test_more_runs_wait_and_start_one_after_the_other(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    await namespace.run("first")
    await namespace.phase("first", "Running")
    await namespace.run("second")
    waiting = await waits(namespace, "second")
    assert waiting["status"]["phase"] == "Pending"
    assert condition(waiting, "Ready")["status"] == "Unknown"
    assert "maxActiveRuns allows: place 1 in the queue" in condition(waiting, "Ready")["message"]
    assert not waiting["metadata"].get("finalizers")
    assert starts(simulator) == 1
    await namespace.patch("TestExecution", "first", {"spec": {"cancel": True}})
    await namespace.phase("second", "InTransition", "Running")
    assert most_at_once(simulator) == 1


@pytest.mark.usefixtures("operator")
async def test_many_runs_never_have_one_active_too_many(namespace, simulator, hub_url):
    script(simulator, run_seconds=0.3)
    await bounded(namespace, hub_url, 3)
    names = [f"run-{number:02}" for number in range(12)]
    await asyncio.gather(*(namespace.run(name) for name in names))
    for name in names:
        await namespace.phase(name, "Succeeded")
    assert (starts(simulator), most_at_once(simulator)) == (12, 3)


@pytest.mark.usefixtures("operator")
async def test_the_oldest_goes_first_and_projects_take_turns(namespace, simulator, hub_url):
    script(simulator, run_seconds=0.3)
    shop = simulator.world.projects["1050"]
    simulator.world.put_project(shop.model_copy(update={"id": "1900", "name": "Bank"}))
    for asset in simulator.world.assets("1050"):
        simulator.world.put_asset(asset.model_copy(update={"id": "", "project_id": "1900"}))
    simulator.scripts.put(
        Script(name="long", match=Match(tag="long"), transition_seconds=0.1, run_seconds=60)
    )
    await bounded(namespace, hub_url, 1)
    await namespace.run("long", tags=["long"])
    await namespace.phase("long", "Running")
    for name, project in (("a", "1050"), ("b", "1050"), ("c", "1050"), ("x", "1900")):
        await namespace.run(name, project={"id": project}, tags=[name])
        await waits(namespace, name)
    await namespace.patch("TestExecution", "long", {"spec": {"cancel": True}})
    for name in "abcx":
        await namespace.finished(name)
    order = [request.body["tags"][0] for request in simulator.requests.read("start_execution")]
    assert order == ["long", "a", "x", "b", "c"]


async def test_a_restart_starts_none_too_many_and_keeps_the_order(
    namespace, start, simulator, hub_url
):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 2)
    first = await start()
    for name in "abcd":
        await namespace.run(name, tags=[name])
        await (waits(namespace, name) if name in "cd" else namespace.phase(name, "Running"))
    await first.kill()
    await namespace.run("e", tags=["e"])
    await start()
    await waits(namespace, "e")
    assert starts(simulator) == 2
    await namespace.patch("TestExecution", "a", {"spec": {"cancel": True}})
    await namespace.phase("c", "Running")
    assert most_at_once(simulator) == 2
    assert simulator.requests.read("start_execution")[-1].body["tags"][0] == "c"


async def test_a_run_in_doubt_has_its_place_also_after_a_restart(
    namespace, start, simulator, hub_url
):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    simulator.faults.add(LoseAnswer(operation="start_execution", hang_seconds=30))
    first = await start()
    await namespace.run("doubtful")
    await until(lambda: starts(simulator), "the request")
    await namespace.run("next")
    await waits(namespace, "next")
    await first.kill()
    await start()
    await namespace.phase("doubtful", "Running")
    await waits(namespace, "next")
    assert starts(simulator) == 1


async def test_the_oldest_goes_first_also_when_all_waited_for_their_server(
    namespace, start, simulator, hub_url
):
    script(simulator, run_seconds=60)
    for name in "abcdefgh":
        await namespace.run(name, tags=[name])
    await start()
    for name in "abcdefgh":
        await namespace.condition("TestExecution", name, "Accepted", "False", "ServerNotFound")
    await bounded(namespace, hub_url, 2)
    for name in "cdefgh":
        await waits(namespace, name)
    for name in "ab":
        await namespace.phase(name, "Running")


@pytest.mark.usefixtures("operator")
async def test_who_waits_for_something_else_is_passed(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    await namespace.run("lost", project={"name": "Nowhere"})
    await namespace.condition("TestExecution", "lost", "Accepted", "False", "ReferenceNotFound")
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")


@pytest.mark.usefixtures("operator")
async def test_a_larger_bound_lets_more_start(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    for name in ("first", "second"):
        await namespace.run(name)
    await until(lambda: starts(simulator), "a start")
    await namespace.patch("ExecutionServer", "hub", {"spec": {"maxActiveRuns": 2}})
    for name in ("first", "second"):
        await namespace.phase(name, "Running")


@pytest.mark.usefixtures("operator")
async def test_a_deleted_run_makes_room(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    await namespace.run("first")
    await namespace.phase("first", "Running")
    for name in ("second", "third"):
        await namespace.run(name)
        await waits(namespace, name)
    await namespace.delete("TestExecution", "second")
    await namespace.delete("TestExecution", "first")
    await namespace.phase("third", "Running")
    assert most_at_once(simulator) == 1


@pytest.mark.usefixtures("operator")
async def test_a_run_that_waits_too_long_for_its_turn_gives_up(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    await namespace.run("first")
    await namespace.phase("first", "Running")
    await namespace.run("second", timeouts={"queue": "1s"})
    done = await namespace.finished("second")
    assert condition(done, "Succeeded")["reason"] == "QueueTimeout"
    assert starts(simulator) == 1


@pytest.mark.usefixtures("operator")
async def test_the_place_in_the_queue_is_told_as_it_moves(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    await namespace.run("first")
    await namespace.phase("first", "Running")
    for name in ("second", "third"):
        await namespace.run(name)
        await waits(namespace, name)
    assert place(await waits(namespace, "third")) == "2"
    await namespace.patch("TestExecution", "second", {"spec": {"cancel": True}})

    await namespace.wait(
        "TestExecution", "third", "the first place", lambda found: place(found) == "1"
    )


async def test_a_place_is_written_once_a_period_at_most(namespace, start, simulator, hub_url):
    await start(counts_period="1h")
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    await namespace.run("first")
    await namespace.phase("first", "Running")
    for name in ("second", "third"):
        await namespace.run(name)
        await waits(namespace, name)
    before = await waits(namespace, "third")
    await namespace.patch("TestExecution", "second", {"spec": {"cancel": True}})
    await namespace.finished("second")
    note = {"metadata": {"annotations": {"execution-operator.io/requested-at": "now"}}}
    await namespace.patch("TestExecution", "third", note)
    after = await namespace.wait(
        "TestExecution",
        "third",
        "the echo",
        lambda found: found["status"].get("lastHandledReconcileAt") == "now",
    )
    assert after["status"]["conditions"] == before["status"]["conditions"]


@pytest.mark.usefixtures("operator")
async def test_the_server_counts_who_is_active_and_who_waits(namespace, simulator, hub_url):
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 2)
    for name in "abc":
        await namespace.run(name)
    await waits(namespace, "c")

    def counted(found):
        return (found["status"].get("activeRuns"), found["status"].get("waitingRuns"))

    await namespace.wait("ExecutionServer", "hub", "2 and 1", lambda one: counted(one) == (2, 1))
    await namespace.patch("TestExecution", "a", {"spec": {"cancel": True}})
    await namespace.wait("ExecutionServer", "hub", "2 and 0", lambda one: counted(one) == (2, 0))


async def test_a_place_that_becomes_free_wakes_who_waits_for_it(
    namespace, start, simulator, hub_url
):
    await start(secret_period="10m", counts_period="10m")  # it would not look again by itself
    script(simulator, run_seconds=60)
    await bounded(namespace, hub_url, 1)
    await namespace.run("first")
    await namespace.phase("first", "Running")
    await namespace.run("second")
    await waits(namespace, "second")
    simulator.clock.advance(60)
    await namespace.phase("second", "InTransition", "Running")
