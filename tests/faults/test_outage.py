"""A server that goes away under 500 active runs: told once each, at a pace, and no storm after."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from execution_simulator.faults import AnswerStatus
from execution_simulator.scripts import Match, Script
from support.kube import GROUP, PLURALS, VERSION, condition, until

RUNS = 500
SMOKE = "Shop/Tests/Smoke.testsuite"
LOOK_SECONDS = 0.5
"""To list all of them again and again keeps the API server from everything else."""
WRITES = "execution_operator_kubernetes_requests_total"


async def reasons(namespace) -> list[str]:
    found = await namespace.custom.list_namespaced_custom_object(
        GROUP, VERSION, namespace.name, PLURALS["TestExecution"]
    )
    return [condition(one, "Ready").get("reason", "") for one in found["items"]]


async def all_say(namespace, reason: str) -> None:
    async def look() -> bool:
        if await reasons(namespace) == [reason] * RUNS:
            return True
        await asyncio.sleep(LOOK_SECONDS)
        return False

    await until(look, f"{RUNS} runs that say {reason}", seconds=150)


def writes(operator) -> float:
    return operator.metric(WRITES, verb="patch", kind="testexecutions/status")


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("hub")
async def test_five_hundred_runs_survive_an_outage_without_a_storm(namespace, start, simulator):
    script = Script(name="test", match=Match(asset=SMOKE), transition_seconds=0.2, run_seconds=9000)
    simulator.scripts.put(script)
    operator = await start(outage_period="5s")
    gate = asyncio.Semaphore(16)

    async def create(number: int) -> None:
        async with gate:
            await namespace.run(f"smoke-{number}")

    await asyncio.gather(*map(create, range(RUNS)))
    await all_say(namespace, "Running")

    before, seen = await asyncio.to_thread(writes, operator), simulator.requests.counts()
    simulator.faults.add(AnswerStatus(operation="*", status=502, body="html", times=None))
    away_at = simulator.clock.now()
    await all_say(namespace, "ServerUnreachable")
    told = await asyncio.to_thread(writes, operator)
    assert told - before == RUNS  # each is told once
    times = sorted(
        condition(one, "Synced")["lastTransitionTime"]
        for one in (
            await namespace.custom.list_namespaced_custom_object(
                GROUP, VERSION, namespace.name, PLURALS["TestExecution"]
            )
        )["items"]
    )
    in_one_second = max(map(times.count, set(times)))
    assert in_one_second <= 110  # 50 a second, seen through a clock of whole seconds

    lists = [one.at for one in simulator.requests.read("list_executions") if one.at > away_at]
    gaps = [later - earlier for earlier, later in itertools.pairwise(lists)]
    assert min(gaps, default=1.0) >= 0.19  # no faster than health: 200 ms
    assert simulator.requests.counts().get("get_execution", 0) == seen.get("get_execution", 0)

    simulator.clock.advance(120)
    simulator.faults.clear()
    await all_say(namespace, "Running")
    assert await asyncio.to_thread(writes, operator) - told == RUNS
    counts = simulator.requests.counts()
    assert counts["start_execution"] == RUNS
    assert counts.get("get_execution", 0) == seen.get("get_execution", 0)
    assert (
        await asyncio.to_thread(operator.metric, "execution_operator_reconcile_total", result="bug")
        == 0
    )
