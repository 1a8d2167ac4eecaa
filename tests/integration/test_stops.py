"""Many runs that are stopped at once: few requests, each run with its own end."""

from __future__ import annotations

import asyncio

import pytest

from execution_simulator.scripts import Match, Script

SMOKE = "Shop/Tests/Smoke.testsuite"
MANY = 20
NAMES = [f"smoke-{number:02}" for number in range(MANY)]


@pytest.fixture(autouse=True)
def _long(simulator):
    simulator.scripts.put(
        Script(
            name="test",
            match=Match(asset=SMOKE),
            transition_seconds=0.1,
            run_seconds=600,
            stop_seconds=0.3,
        )
    )


async def _running(namespace, **more):
    await asyncio.gather(*(namespace.run(name, **more) for name in NAMES))
    for name in NAMES:
        await namespace.phase(name, "Running")


async def _deleted(namespace):
    await asyncio.gather(*(namespace.delete("TestExecution", name) for name in NAMES))
    for name in NAMES:
        await namespace.gone("TestExecution", name)


def _words(simulator):
    now = simulator.clock.now()
    return {run.timeline[-1].status for run in simulator.ledger.all() if run.timeline[-1].at <= now}


def _stopped_ids(simulator):
    asked = simulator.requests.read("stop_executions")
    named = [one["path"] for seen in asked for one in seen.body["operations"]]
    single = [seen.path.rpartition("/")[2] for seen in simulator.requests.read("stop_execution")]
    return sorted([*(path.removeprefix("/") for path in named), *single])


@pytest.mark.usefixtures("hub", "operator")
async def test_twenty_runs_that_are_deleted_together_cost_few_requests_and_all_end(
    namespace, simulator
):
    await _running(namespace)
    await _deleted(namespace)
    counts = simulator.requests.counts()
    assert counts.get("stop_execution", 0) + counts["stop_executions"] <= MANY // 2
    assert _stopped_ids(simulator) == sorted(run.id for run in simulator.ledger.all())
    assert _words(simulator) == {"STOPPED_BY_USER"}


@pytest.mark.parametrize("variant", ["notFound", "outcomes", "refused"])
@pytest.mark.usefixtures("hub", "operator")
async def test_all_end_however_the_server_takes_a_stop_of_many(namespace, simulator, variant):
    simulator.change(bulk_stop=variant)
    await _running(namespace)
    await _deleted(namespace)
    assert simulator.requests.counts()["stop_executions"] >= 1
    assert _words(simulator) == {"STOPPED_BY_USER"}


@pytest.mark.parametrize("atomicity", ["allOrNothing", "partial"])
@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_the_server_forgot_keeps_no_other_from_being_stopped(
    namespace, simulator, atomicity
):
    simulator.change(patch_not_found=atomicity)
    await _running(namespace)
    simulator.ledger.remove(simulator.ledger.all()[0])
    await _deleted(namespace)
    assert _words(simulator) == {"STOPPED_BY_USER"}
    assert len(simulator.ledger.all()) == MANY - 1


@pytest.mark.usefixtures("hub", "operator")
async def test_runs_that_are_cancelled_together_end_stopped_by_request(namespace, simulator):
    await _running(namespace)
    cancel = {"spec": {"cancel": True}}
    await asyncio.gather(*(namespace.patch("TestExecution", name, cancel) for name in NAMES))
    for name in NAMES:
        await namespace.phase(name, "Stopped")
    counts = simulator.requests.counts()
    assert counts.get("stop_execution", 0) + counts["stop_executions"] <= MANY // 2
    assert _words(simulator) == {"STOPPED_BY_USER"}


@pytest.mark.usefixtures("hub", "operator")
async def test_each_run_is_stopped_with_its_own_options(namespace, simulator):
    options = {True: {"timeoutSeconds": 7}, False: {"captureResults": False}}
    await asyncio.gather(
        *(namespace.run(name, stop=options[int(name[-1]) % 2 == 0]) for name in NAMES)
    )
    for name in NAMES:
        await namespace.phase(name, "Running")
    wanted = {}
    for name in NAMES:
        found = await namespace.get("TestExecution", name)
        wanted[found["status"]["execution"]["id"]] = found["spec"]["stop"]
    await _deleted(namespace)
    for run in simulator.ledger.all():
        asked = wanted[run.id]
        assert run.stop.timeout_seconds == asked.get("timeoutSeconds", 30)
        assert run.stop.capture_results == asked.get("captureResults", True)
