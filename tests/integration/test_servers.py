"""ExecutionServers: what is told when they cannot be used, and that it heals by itself."""

from __future__ import annotations

import pytest

from execution_simulator.faults import AnswerStatus
from support.kube import condition, until


@pytest.mark.usefixtures("operator")
async def test_a_wrong_token_is_told_and_the_right_one_lets_the_run_start(
    namespace, hub_url, simulator
):
    await namespace.secret("hub-token", token="wrong")
    await namespace.server(hub_url)
    await namespace.run("smoke")
    refused = await namespace.condition(
        "ExecutionServer", "hub", "Authenticated", "False", "Unauthorized"
    )
    assert condition(refused, "Stalled")["status"] == "True"
    waiting = await namespace.condition(
        "TestExecution", "smoke", "Accepted", "False", "ServerNotReady"
    )
    assert waiting["status"]["phase"] == "Pending"
    assert "start_execution" not in simulator.requests.counts()
    await namespace.change_secret("hub-token", token="demo-offline-token")
    await namespace.phase("smoke", "Succeeded")
    healed = await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    assert "Stalled" not in [one["type"] for one in healed["status"]["conditions"]]


async def test_a_wrong_token_is_not_hammered(namespace, start, hub_url, simulator):
    operator = await start(secret_period="10m", probe_period="10m")  # else it counts the time
    await operator.leading()
    await namespace.secret("hub-token", token="wrong")
    await namespace.server(hub_url)
    for number in range(10):
        await namespace.run(f"smoke-{number}")
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "Unauthorized")
    await namespace.condition("TestExecution", "smoke-9", "Accepted", "False", "ServerNotReady")
    assert simulator.requests.counts()["exchange_token"] <= 4


@pytest.mark.usefixtures("operator")
async def test_a_refused_licence_is_told_apart(namespace, hub_url, simulator):
    simulator.tokens.add("unlicensed", type(simulator.tokens.standing(""))("licenceRefused"))
    await namespace.secret("hub-token", token="unlicensed")
    await namespace.server(hub_url)
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "LicenseRefused")


@pytest.mark.usefixtures("operator")
async def test_a_missing_secret_key_and_server_are_named_and_heal(namespace, hub_url):
    await namespace.run("smoke")
    found = await namespace.condition(
        "TestExecution", "smoke", "Accepted", "False", "ServerNotFound"
    )
    assert '"hub"' in condition(found, "Accepted")["message"]
    await namespace.server(hub_url)
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "SecretNotFound")
    await namespace.condition("ExecutionServer", "hub", "Stalled", "True", "SecretNotFound")
    await namespace.secret("hub-token", tokem="demo-offline-token")
    found = await namespace.condition(
        "ExecutionServer", "hub", "Ready", "False", "SecretKeyMissing"
    )
    assert "it has tokem" in condition(found, "Ready")["message"]
    await namespace.change_secret("hub-token", token="demo-offline-token")
    await namespace.phase("smoke", "Succeeded")


@pytest.mark.usefixtures("operator")
async def test_a_server_out_of_reach_is_unknown_and_not_failed(namespace, unused_tcp_port):
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.server(f"http://127.0.0.1:{unused_tcp_port}/test")
    found = await namespace.condition(
        "ExecutionServer", "hub", "Ready", "Unknown", "ServerUnreachable"
    )
    assert condition(found, "Reachable")["status"] == "False"
    assert condition(found, "Authenticated")["status"] == "Unknown"


@pytest.mark.usefixtures("hub", "operator")
async def test_a_server_that_answers_without_its_lists_says_so(namespace, simulator):
    simulator.scripts.replace(
        [script.model_copy(update={"run_seconds": 60.0}) for script in simulator.scripts]
    )
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    simulator.faults.add(
        AnswerStatus(operation="list_executions", status=502, body="html", times=None)
    )

    def says(found, text: str) -> bool:
        return text in condition(found, "Reachable").get("message", "")

    await namespace.wait(
        "ExecutionServer", "hub", "failing lists", lambda found: says(found, "cannot list")
    )
    simulator.faults.clear()
    await namespace.wait(
        "ExecutionServer", "hub", "lists again", lambda found: not says(found, "cannot list")
    )


@pytest.mark.usefixtures("hub")
async def test_a_token_that_no_list_takes_is_exchanged_ever_more_rarely(
    namespace, start, simulator
):
    await start(secret_period="30s")
    simulator.scripts.replace(
        [script.model_copy(update={"run_seconds": 60.0}) for script in simulator.scripts]
    )
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    before = simulator.requests.counts()
    simulator.faults.add(AnswerStatus(operation="list_executions", status=401, times=None))

    def more(operation: str) -> int:
        return simulator.requests.counts().get(operation, 0) - before.get(operation, 0)

    await until(lambda: more("list_executions") >= 15, "refused lists")
    assert 1 <= more("exchange_token") <= more("list_executions") / 3
    simulator.faults.clear()
    await namespace.condition("TestExecution", "smoke", "Ready", "Unknown", "Running")


@pytest.mark.usefixtures("hub", "operator")
async def test_an_outage_keeps_the_words_that_it_was_told_in(namespace, simulator):
    simulator.faults.add(AnswerStatus(operation="*", status=502, body="html", times=None))
    before = await namespace.condition("ExecutionServer", "hub", "Ready", "Unknown")
    simulator.faults.clear()
    simulator.faults.add(AnswerStatus(operation="*", status=500, body="html", times=None))
    simulator.requests.clear()
    await until(lambda: len(simulator.requests.read()) >= 2, "other answers")
    assert condition(await namespace.get("ExecutionServer", "hub"), "Ready") == condition(
        before, "Ready"
    )


@pytest.mark.usefixtures("hub", "operator")
async def test_the_deletion_of_a_used_server_waits_and_names_the_users(namespace, simulator):
    simulator.scripts.replace(
        [script.model_copy(update={"run_seconds": 60.0}) for script in simulator.scripts]
    )
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await namespace.delete("ExecutionServer", "hub")
    found = await namespace.condition(
        "ExecutionServer", "hub", "Reconciling", "True", "DeletionBlocked"
    )
    assert "smoke" in condition(found, "Reconciling")["message"]
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    await namespace.gone("ExecutionServer", "hub")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_server_that_is_being_deleted_starts_nothing_new(namespace, simulator):
    simulator.scripts.replace(
        [script.model_copy(update={"run_seconds": 60.0}) for script in simulator.scripts]
    )
    await namespace.run("first")
    await namespace.phase("first", "Running")
    await namespace.delete("ExecutionServer", "hub")
    await namespace.condition("ExecutionServer", "hub", "Reconciling", "True", "DeletionBlocked")
    await namespace.run("second")
    found = await namespace.condition("TestExecution", "second", "Accepted", "False")
    assert "is being deleted: it starts nothing new" in condition(found, "Accepted")["message"]
    await namespace.delete("TestExecution", "first")
    await namespace.gone("ExecutionServer", "hub")
    await namespace.condition("TestExecution", "second", "Accepted", "False", "ServerNotFound")
    assert simulator.requests.counts()["start_execution"] == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_an_unused_server_is_not_held(namespace):
    await namespace.run("smoke")
    await namespace.phase("smoke", "Succeeded")
    await namespace.wait(
        "ExecutionServer",
        "hub",
        "no finalizer",
        lambda seen: not seen["metadata"].get("finalizers"),
    )
    await namespace.delete("ExecutionServer", "hub")
    await namespace.gone("ExecutionServer", "hub")


@pytest.mark.usefixtures("hub", "operator")
async def test_counts_of_runs_are_shown(namespace):
    await namespace.run("slow", "Shop/Load/Soak.schedule")
    await namespace.wait(
        "ExecutionServer",
        "hub",
        "one active run",
        lambda seen: seen["status"].get("activeRuns") == 1,
    )
