"""What kubectl shows: columns, describe, explain, wait; and what a run costs the API server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from execution_simulator.scripts import Match, Script
from support.kube import until

if TYPE_CHECKING:
    from support.kube import Namespace

SMOKE = "Shop/Tests/Smoke.testsuite"
REQUESTS = ("start_execution", "get_execution", "get_result", "get_junit")


@pytest.fixture(autouse=True)
def _quick(simulator):
    simulator.scripts.put(
        Script(name="test", match=Match(asset=SMOKE), transition_seconds=0.2, run_seconds=1.2)
    )


@pytest.fixture
def kubectl(cluster, namespace):
    async def run(*args: str) -> str:
        call = cluster.plane.run_kubectl
        return await asyncio.to_thread(call, *args, "-n", namespace.name)

    return run


def cells(table: str) -> list[list[str]]:
    return [line.split() for line in table.splitlines()]


@pytest.mark.usefixtures("hub", "operator")
async def test_the_columns_answer_the_question(namespace, kubectl):
    await namespace.run("smoke")
    await namespace.phase("smoke", "Succeeded")
    heads, values = cells(await kubectl("get", "tex"))
    assert heads == ["NAME", "PHASE", "VERDICT", "SERVER", "STARTED", "AGE"]
    assert values[:4] == ["smoke", "Succeeded", "PASS", "hub"]
    heads, values = cells(await kubectl("get", "tex", "-o", "wide"))
    assert " ".join(heads) == "NAME PHASE VERDICT SERVER ASSET EXECUTION STARTED DURATION AGE"
    assert values[4] == SMOKE
    heads, values = cells(await kubectl("get", "exs"))
    assert heads == ["NAME", "READY", "REASON", "URL", "ACTIVE", "AGE"]
    assert values[:3] == ["hub", "True", "Ready"]
    both = await kubectl("get", "tex,exs")
    assert "testexecution.execution-operator.io/smoke" in both
    assert "executionserver.execution-operator.io/hub" in await kubectl("get", "execution")


@pytest.mark.usefixtures("hub", "operator")
async def test_kubectl_wait_ends_for_every_end(namespace, kubectl):
    await namespace.run("smoke")
    await namespace.run("refused", testAsset={"assetId": "0" * 64, "revision": "main"})
    await kubectl("wait", "--for=condition=Completed", "tex", "--all", "--timeout=60s")
    assert (await kubectl("wait", "--for=condition=Succeeded", "tex/smoke")).strip().endswith("met")


@pytest.mark.usefixtures("hub", "operator")
async def test_describe_tells_the_story(namespace, kubectl):
    await namespace.run("smoke")
    await namespace.finished("smoke")
    told = await kubectl("describe", "tex", "smoke")
    for part in (
        "TestsPassed",
        "verdict PASS",
        "Submitted",
        "Result URL:",
        "funrep.html#/projects",
    ):
        assert part in told


async def test_explain_is_complete(kubectl):
    told = await kubectl("explain", "tex.spec", "--recursive")
    assert "staticAgentRef" in told
    everything = await kubectl("explain", "tex.spec")
    assert "<no description>" not in everything
    assert "Default 10m" in everything


@pytest.mark.usefixtures("hub")
async def test_a_passing_run_costs_five_writes_two_events_and_four_requests(
    namespace, operator, simulator
):
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    await namespace.run("first")  # the server gets its finalizer
    await namespace.finished("first")
    before = await _costs(operator, simulator)
    await namespace.run("smoke")
    await namespace.finished("smoke")
    after = await _costs(operator, simulator)
    spent = {name: after[name] - before[name] for name in after}
    assert spent["writes"] <= 5
    assert spent["events"] <= 2
    assert [spent[one] for one in REQUESTS] == [1, 1, 1, 1]


async def _costs(operator, simulator) -> dict[str, float]:
    name, counts = "execution_operator_kubernetes_requests_total", simulator.requests.counts()
    kinds = ("testexecutions", "testexecutions/status")

    def read() -> dict[str, float]:
        return {
            "writes": sum(operator.metric(name, verb="patch", kind=kind) for kind in kinds),
            "events": operator.metric(name, verb="create", kind="events"),
        }

    return await asyncio.to_thread(read) | {one: counts.get(one, 0) for one in REQUESTS}


@pytest.mark.usefixtures("hub")
async def test_nothing_is_written_while_nothing_changes(namespace: Namespace, operator, simulator):
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), run_seconds=60))
    await namespace.run("smoke")
    running = await namespace.phase("smoke", "Running")
    lists = simulator.requests.counts()["list_executions"]

    def listed_five_times_more() -> bool:
        return simulator.requests.counts()["list_executions"] >= lists + 5

    found = await namespace.wait(
        "TestExecution", "smoke", "five lists", lambda _: listed_five_times_more()
    )
    assert found["metadata"]["resourceVersion"] == running["metadata"]["resourceVersion"]
    assert operator.process.returncode is None


async def test_metrics_tell_of_the_run(namespace, hub, operator):
    await namespace.run("smoke")
    await namespace.finished("smoke")
    label = f"{namespace.name}/hub"

    def read() -> tuple[float, ...]:
        return (
            operator.metric("execution_operator_run_verdicts_total", server=label, verdict="PASS"),
            operator.metric("execution_operator_runs_finished_total", server=label),
            operator.metric("execution_operator_server_up", server=label),
            operator.metric("execution_operator_start_latency_seconds_count"),
            operator.metric("execution_operator_reconcile_total", result="bug"),
        )

    async def is_told() -> bool:
        return await asyncio.to_thread(read) == (1.0, 1.0, 1.0, 1.0, 0.0)

    assert hub
    await until(is_told, "a run, its server, and no bug")
