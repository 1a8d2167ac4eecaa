"""Every fault as a client meets it."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from contract.simulator_client import TOKEN, Api, opened
from execution_simulator.faults import (
    AnswerStatus,
    Delay,
    Drop,
    EchoRequest,
    Fault,
    Faults,
    Hang,
    HugeBody,
    LoseAnswer,
    Redirect,
    StatusWord,
    Truncate,
)

EXECUTIONS = "/rest/projects/1050/executions/"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


@pytest.mark.parametrize(
    ("times", "skip", "expected"),
    [
        (1, 0, [503, 200, 200, 200]),
        (2, 1, [200, 503, 503, 200]),
        (None, 2, [200, 200, 503, 503]),
        (0, 0, [200, 200, 200, 200]),
    ],
    ids=["once", "twice after one", "for ever after two", "never"],
)
async def test_a_fault_strikes_as_often_as_it_says(
    api: Api, times: int | None, skip: int, expected: list[int]
) -> None:
    fault = AnswerStatus(operation="list_executions", status=503, times=times, skip=skip)
    api.simulator.faults.add(fault)
    assert [(await api.get(EXECUTIONS)).status for _ in expected] == expected


def test_faults_of_one_operation_strike_one_after_the_other() -> None:
    faults = Faults()
    faults.replace(AnswerStatus(operation="*", status=status) for status in (500, 502))
    taken = [faults.take("list_spaces", "/rest/spaces") for _ in range(3)]
    assert [getattr(fault, "status", None) for fault in taken] == [500, 502, None]


def test_a_fault_can_be_for_one_path() -> None:
    faults = Faults()
    faults.add(Drop(operation="get_execution", path="abc", times=None))
    assert faults.take("get_execution", "/executions/xyz") is None
    assert faults.take("get_execution", "/executions/abc") is not None


async def test_a_status_comes_with_json_and_retry_after(api: Api) -> None:
    fault = AnswerStatus(operation="list_executions", status=429, retry_after="7", message="slow")
    api.simulator.faults.add(fault)
    reply = await api.get(EXECUTIONS)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
    assert reply.json == {"status": 429, "code": "SIMULATED_FAULT", "message": "slow"}


@pytest.mark.parametrize("status", [200, 502])
async def test_a_proxys_page_is_html(api: Api, status: int) -> None:
    api.simulator.faults.add(AnswerStatus(operation="*", status=status, body="html"))
    reply = await api.get(EXECUTIONS)
    assert (reply.status, reply.headers["Content-Type"].partition(";")[0]) == (status, "text/html")


async def test_a_redirect_is_answered(api: Api) -> None:
    api.simulator.faults.add(Redirect(operation="*", location="https://elsewhere.example.com/"))
    reply = await api.get(EXECUTIONS)
    assert (reply.status, reply.headers["Location"]) == (302, "https://elsewhere.example.com/")


@pytest.mark.parametrize(
    ("fault", "starts"),
    [
        pytest.param(Drop(operation="start_execution"), 0, id="dropped before"),
        pytest.param(Drop(operation="start_execution", reset=True), 0, id="reset before"),
        pytest.param(Hang(operation="start_execution", seconds=0), 0, id="hung, then closed"),
        pytest.param(LoseAnswer(operation="start_execution"), 1, id="lost after"),
        pytest.param(LoseAnswer(operation="start_execution", reset=True), 1, id="reset after"),
    ],
)
async def test_a_lost_connection_has_started_a_run_or_not(
    api: Api, fault: Fault, starts: int
) -> None:
    api.simulator.faults.add(fault)
    with pytest.raises(aiohttp.ClientConnectionError):
        await api.post_run()
    assert len(api.simulator.ledger.all()) == starts
    assert api.simulator.requests.read("start_execution")[0].status is None


@pytest.mark.parametrize(
    ("fault", "starts"),
    [
        pytest.param(Hang(operation="start_execution"), 0, id="hang"),
        pytest.param(LoseAnswer(operation="start_execution", hang_seconds=3_600), 1, id="handled"),
    ],
)
async def test_a_silent_connection_makes_the_client_give_up(
    api: Api, fault: Fault, starts: int
) -> None:
    api.simulator.faults.add(fault)
    timeout = aiohttp.ClientTimeout(total=0.2)
    async with aiohttp.ClientSession(timeout=timeout) as hasty:
        impatient = Api(api.simulator, hasty, api.url, api.access)
        with pytest.raises(TimeoutError):
            await impatient.post_run()
    assert len(api.simulator.ledger.all()) == starts


async def test_a_late_answer_is_right(api: Api) -> None:
    api.simulator.faults.add(Delay(operation="start_execution", seconds=0.01))
    assert (await api.post_run()).status == 201


async def test_a_truncated_answer_is_broken_json(api: Api) -> None:
    api.simulator.faults.add(Truncate(operation="start_execution"))
    with pytest.raises(json.JSONDecodeError):
        await api.post_run()
    assert len(api.simulator.ledger.all()) == 1


async def test_an_answer_can_break_off_before_its_announced_end(api: Api) -> None:
    api.simulator.faults.add(Truncate(operation="start_execution", announce_all=True))
    with pytest.raises(aiohttp.ClientPayloadError):
        await api.post_run()


@pytest.mark.parametrize("gzip", [True, False])
async def test_a_huge_body_is_as_large_as_asked_and_json(api: Api, *, gzip: bool) -> None:
    api.simulator.faults.add(HugeBody(operation="*", size=3_000_000, gzip=gzip))
    reply = await api.get(EXECUTIONS)
    assert (len(reply.text), reply.json) == (3_000_000, [])
    assert reply.headers.get("Content-Encoding") == ("gzip" if gzip else None)


async def test_an_echo_repeats_the_request_with_its_token(api: Api) -> None:
    api.simulator.faults.add(EchoRequest(operation="start_execution", status=422))
    reply = await api.post_run()
    assert (reply.status, TOKEN in reply.json["message"]) == (422, True)


async def test_a_status_word_is_shown_for_active_runs_only(api: Api) -> None:
    ended = await api.start()
    api.simulator.clock.advance(100)
    active = await api.start()
    api.simulator.faults.add(StatusWord(operation="*", times=None))
    assert [await ended.status(), await active.status()] == ["COMPLETE", "WAITING_FOR_AGENT"]
    reply = await api.get(f"{EXECUTIONS}?execution.status=ALL")
    assert [run["status"] for run in reply.json] == ["COMPLETE", "WAITING_FOR_AGENT"]


async def test_401_can_last_for_ever(api: Api) -> None:
    api.simulator.faults.add(AnswerStatus(operation="*", status=401, times=None))
    assert [(await api.get(EXECUTIONS)).status for _ in range(3)] == [401, 401, 401]
