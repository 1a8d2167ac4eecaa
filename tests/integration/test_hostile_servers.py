"""Servers that answer nonsense: told, not hammered, survived, and never a second run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from execution_simulator.faults import (
    AnswerStatus,
    EchoRequest,
    HugeBody,
    LoseAnswer,
    Redirect,
    StatusWord,
    Truncate,
)
from support.hostile import Played, Row, Stage, Told, play_all
from support.kube import condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_simulator.faults import Fault

GIBIBYTES = 10 * 1024**3
LASTING = {"times": None}
PAUSE_SECONDS, LATE_SECONDS = 2.0, 1.0

FAULTS: dict[str, Callable[[str], Fault]] = {
    "html": lambda name: AnswerStatus(operation=name, status=200, body="html", **LASTING),
    "nothing": lambda name: AnswerStatus(operation=name, status=200, body="empty", **LASTING),
    "half": lambda name: Truncate(operation=name, **LASTING),
    "broken-off": lambda name: Truncate(operation=name, announce_all=True, **LASTING),
    "lost": lambda name: LoseAnswer(operation=name, **LASTING),
    "huge": lambda name: HugeBody(operation=name, size=GIBIBYTES, **LASTING),
    "huge-gzip": lambda name: HugeBody(operation=name, size=GIBIBYTES, gzip=True, **LASTING),
    "moved": lambda name: Redirect(operation=name, location="http://127.0.0.1:1/", **LASTING),
    "moved-307": lambda name: Redirect(
        operation=name, status=307, location="http://127.0.0.1:1/", **LASTING
    ),
    "401": lambda name: AnswerStatus(operation=name, status=401, **LASTING),
    "429": lambda name: AnswerStatus(operation=name, status=429, retry_after="2", **LASTING),
    "503": lambda name: AnswerStatus(operation=name, status=503, retry_after="2", **LASTING),
    "502": lambda name: AnswerStatus(operation=name, status=502, body="html", **LASTING),
    "404-html": lambda name: AnswerStatus(operation=name, status=404, body="html", **LASTING),
    "echo": lambda name: EchoRequest(operation=name, **LASTING),
    "echo-500": lambda name: EchoRequest(operation=name, status=500, **LASTING),
}
REASONS = {
    "html": "ProtocolError",
    "nothing": "ProtocolError",
    "half": "ProtocolError",
    "broken-off": "ServerUnreachable",
    "lost": "ServerUnreachable",
    "huge": "ProtocolError",
    "huge-gzip": "ProtocolError",
    "moved": "ProtocolError",
    "moved-307": "ProtocolError",
    "401": "Unauthorized",
    "429": "RateLimited",
    "503": "RateLimited",
    "502": "ServerUnreachable",
    "404-html": "ProtocolError",
    "echo": "Rejected",
    "echo-500": "ServerUnreachable",
}
"""What a read that meets the fault is told as."""
FOUND_AT_ONCE = {"half", "broken-off", "lost"}
"""The start was carried out: the look-up finds the run."""
NOT_STARTED = {"401", "429", "503", "404-html", "moved-307"}
"""The start was surely not carried out and is tried again."""
REFUSED = {"echo"}
"""The start was surely not carried out and the server does not want it."""
OPERATIONS = {
    "exchange_token": 0.4,
    "list_spaces": 0.4,
    "list_executions": 0.16,
    "list_assets": 0.4,
    "start_execution": 0.8,
    "get_execution": 0.8,
    "get_result": 0.8,
}
"""Seconds between two requests in the mean, at least: a fifth less than the operator's period."""


def of_server(reason: str) -> Told:
    status = "False" if reason in {"Unauthorized", "Rejected"} else "Unknown"
    return Told("ExecutionServer", "Ready", status, reason)


def of_run(type_: str, status: str, reason: str, word: str = "") -> Told:
    return Told("TestExecution", type_, status, reason, word)


def telling(fault: str, operation: str) -> Told | None:
    """The condition that tells of it."""
    reason = REASONS[fault]
    if operation == "exchange_token":
        return of_server("Unauthorized" if fault == "echo" else reason)
    if operation == "list_spaces":
        return of_server(reason)
    if operation != "start_execution" or fault in NOT_STARTED:
        return of_run("Synced", "False", reason)
    if fault in FOUND_AT_ONCE:
        return None
    if fault in REFUSED:
        return of_run("Submitted", "False", "SubmitFailed")
    return of_run("Submitted", "Unknown", "Submitting")


def requests_at_a_time(row: Row) -> int:
    """A 401 is asked again with another token, a lost read once more on another connection."""
    return 2 if row.name.partition(".")[0] in {"401", "lost"} else 1


def row(fault: str, operation: str) -> Row:
    name = f"{fault}.{operation.replace('_', '-')}"
    refused = operation == "start_execution" and fault in REFUSED
    return Row(
        name,
        FAULTS[fault](operation),
        telling(fault, operation),
        end="Error" if refused else "Succeeded",
        runs=0 if refused else 1,
        strikes=6 if fault == "401" or (operation in POLLED and fault != "429") else 3,
    )


POLLED = ("exchange_token", "list_spaces", "list_executions")
EVERYWHERE = ("html", "half", "huge", "huge-gzip", "moved", "401", "429", "echo")
"""What is tried on every operation; where a run is started, all is tried."""
ROWS = [
    row(fault, operation)
    for operation in OPERATIONS
    for fault in (FAULTS if operation == "start_execution" else EVERYWHERE)
]
WORD = Row(
    "word",
    StatusWord(operation="*", word="WAITING_FOR_AGENT", **LASTING),
    of_run("Ready", "Unknown", "Running", '"WAITING_FOR_AGENT", a word that is not known'),
)


def told(one: Row) -> object:
    return pytest.param(one, id=one.name)


@pytest.fixture(scope="module")
def stage(request, cluster, tmp_path_factory) -> Stage:
    """All rows of the tests that were chosen, played once."""
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = {one["row"].name: one["row"] for one in params if isinstance(one.get("row"), Row)}
    kubeconfigs = (cluster.plane.kubeconfig, cluster.operator_kubeconfig)
    log_file = tmp_path_factory.mktemp("hostile") / "operator.log"
    return asyncio.run(play_all(kubeconfigs, log_file, [*chosen.values()]))


@pytest.fixture
def played(stage: Stage, row: Row) -> Played:
    return stage.played[row.name]


@pytest.mark.parametrize("row", [told(one) for one in [*ROWS, WORD] if one.told is not None])
def test_a_hostile_answer_is_told_by_a_condition(row, played):
    assert played.telling is not None, (row.told, played.shown)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_hostile_answer_is_not_asked_for_faster_than_a_good_one(row, played):
    struck = played.struck()
    span = struck[-1].at - struck[0].at
    # One more, since the first request waits for its connection and so comes late.
    assert len(struck) <= requests_at_a_time(row) * (2 + span / OPERATIONS[row.fault.operation])


@pytest.mark.parametrize("row", [*ROWS, WORD], ids=lambda row: row.name)
def test_the_run_ends_as_it_should_once_the_server_is_good_again(row, played):
    assert played.end["phase"] == row.end, played.end


@pytest.mark.parametrize("row", [*ROWS, WORD], ids=lambda row: row.name)
def test_there_is_never_a_second_run(row, played):
    assert played.runs == row.runs


@pytest.mark.parametrize(
    "row",
    [one for one in ROWS if one.name.partition(".")[0] in {"429", "503"}],
    ids=lambda row: row.name,
)
def test_a_pause_that_the_server_asks_for_is_kept_by_all_requests(row, played):
    assert row.fault.retry_after == f"{PAUSE_SECONDS:.0f}"
    for told in played.struck():
        # What left before the answer was read cannot know of it, and may come a while later.
        after = [one.at - told.at for one in played.requests if one.at > told.at + LATE_SECONDS]
        assert not [seconds for seconds in after if seconds < PAUSE_SECONDS - 0.01]


@pytest.mark.parametrize(
    "row",
    [one for one in ROWS if one.name.partition(".")[0] in {"echo", "echo-500"}],
    ids=lambda row: row.name,
)
def test_an_answer_that_repeats_the_request_shows_no_token(row, played):
    shown = str((played.shown, played.end))
    assert "demo-offline-token" not in shown
    if row.fault.operation in {"exchange_token", "start_execution"} and row.fault.status == 400:
        assert "***" in shown


def test_the_operator_survives_all_of_it(stage):
    assert stage.alive
    assert stage.bugs == 0
    assert "demo-offline-token" not in stage.log


@pytest.mark.usefixtures("hub", "operator")
async def test_a_verdict_that_cannot_be_read_is_not_taken_for_none(namespace, simulator):
    simulator.faults.add(AnswerStatus(operation="get_result", status=502, body="html", **LASTING))
    await namespace.run("smoke")
    await namespace.wait(
        "TestExecution",
        "smoke",
        "an end, or that the server is told",
        lambda found: (
            condition(found, "Completed").get("status") == "True"
            or condition(found, "Synced").get("status") == "False"
        ),
    )
    simulator.faults.clear()
    done = await namespace.phase("smoke", "Succeeded", "Error")
    assert done["status"]["phase"] == "Succeeded"
