"""Stops that are asked for at about the same time: how they are put together, and who gets what."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from execution_operator.remote import errors
from execution_operator.remote.testhub.queries import StopOptions
from execution_operator.remote.testhub.stops import StopRules, Stops

GENTLE = StopOptions()
HARD = StopOptions(timeout_seconds=0)
NOT_FOUND = errors.Rejected("cannot stop: one or more were not found", status=422)
NO_SUCH_RUN = errors.NotFound("cannot stop: no such run", status=404)


@dataclass
class Hub:
    """Keeps what it is asked; answers as it is told."""

    bulk: errors.RemoteError | frozenset[str] = frozenset()
    single: dict[str, errors.RemoteError] = field(default_factory=dict)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self):
        self.gate.set()

    async def called(self, times=1):
        async with asyncio.timeout(10):
            while len(self.calls) < times:  # noqa: ASYNC110 - calls are plain values
                await asyncio.sleep(0.001)

    async def stop_execution(self, project_id, execution_id, options):
        self.calls.append((project_id, execution_id))
        assert isinstance(options, StopOptions)
        await self.gate.wait()
        if execution_id in self.single:
            raise self.single[execution_id]

    async def stop_executions(self, project_id, execution_ids, options):
        self.calls.append((project_id, "+".join(execution_ids)))
        assert isinstance(options, StopOptions)
        await self.gate.wait()
        if isinstance(self.bulk, errors.RemoteError):
            raise self.bulk
        return self.bulk


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def stops_of(hub: Hub, time: Time | None = None, **rules: float) -> Stops:
    return Stops(hub, time or Time(), StopRules(**rules))


async def stopped(stops: Stops, *ids: str, project: str = "p") -> list[BaseException | None]:
    asked = (stops.stop(project, one, GENTLE) for one in ids)
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_one_stop_is_one_delete():
    hub = Hub()
    await stopped(stops_of(hub), "a")
    assert hub.calls == [("p", "a")]


async def test_stops_of_the_same_moment_share_one_call():
    hub = Hub()
    assert await stopped(stops_of(hub), "a", "b", "c") == [None] * 3
    assert hub.calls == [("p", "a+b+c")]


async def test_a_run_that_is_asked_for_twice_is_named_once():
    hub = Hub()
    await stopped(stops_of(hub), "a", "a", "b")
    assert hub.calls == [("p", "a+b")]


async def test_other_projects_and_other_options_do_not_share():
    hub = Hub()
    stops = stops_of(hub)
    await asyncio.gather(
        *(stops.stop("p", one, GENTLE) for one in "ab"),
        *(stops.stop("q", one, GENTLE) for one in "cd"),
        *(stops.stop("p", one, HARD) for one in "ef"),
        stops.stop("p", "g", StopOptions(capture_results=False)),
    )
    assert sorted(hub.calls) == [("p", "a+b"), ("p", "e+f"), ("p", "g"), ("q", "c+d")]


async def test_no_call_names_more_runs_than_it_may():
    hub = Hub()
    await stopped(stops_of(hub, most=2), "a", "b", "c", "d", "e")
    assert sorted(hub.calls) == [("p", "a+b"), ("p", "c+d"), ("p", "e")]


async def test_stops_are_gathered_while_a_call_is_under_way():
    hub = Hub()
    stops = stops_of(hub, patience_seconds=60)
    hub.gate.clear()
    first = asyncio.create_task(stops.stop("p", "a", GENTLE))
    await hub.called()
    later = []
    for one in "bcd":
        later.append(asyncio.create_task(stops.stop("p", one, GENTLE)))
        await asyncio.sleep(0.01)
    hub.gate.set()
    await asyncio.gather(first, *later)
    assert hub.calls == [("p", "a"), ("p", "b+c+d")]


async def test_a_call_that_hangs_does_not_hold_up_the_others():
    hub = Hub()
    stops = stops_of(hub, patience_seconds=0.01)
    hub.gate.clear()
    first = asyncio.create_task(stops.stop("p", "a", GENTLE))
    await hub.called()
    second = asyncio.create_task(stops.stop("p", "b", GENTLE))
    await hub.called(2)
    hub.gate.set()
    await asyncio.gather(first, second)


async def test_after_422_each_is_stopped_singly_and_gets_its_own_outcome():
    hub = Hub(bulk=NOT_FOUND, single={"b": NO_SUCH_RUN})
    assert await stopped(stops_of(hub), "a", "b", "c") == [None, NO_SUCH_RUN, None]
    assert hub.calls == [("p", "a+b+c"), ("p", "a"), ("p", "b"), ("p", "c")]


async def test_what_the_answer_says_was_not_stopped_is_stopped_singly():
    hub = Hub(bulk=frozenset({"b", "somebody's"}))
    await stopped(stops_of(hub), "a", "b", "c")
    assert hub.calls == [("p", "a+b+c"), ("p", "b")]


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(errors.NotFound("no such path", status=404), id="404"),
        pytest.param(errors.ProtocolError("a page", status=404), id="404 of a proxy"),
        pytest.param(errors.Rejected("no such method", status=405), id="405"),
        pytest.param(errors.Rejected("no such form", status=400), id="400"),
        pytest.param(errors.Forbidden("no", status=403), id="403"),
        pytest.param(errors.Unreachable("not implemented", status=501), id="501"),
        pytest.param(errors.Unreachable("it failed", status=500), id="500"),
    ],
)
async def test_a_server_that_stops_only_singly_is_not_asked_otherwise_for_a_while(refusal):
    hub, time = Hub(bulk=refusal), Time()
    stops = stops_of(hub, time, single_seconds=600)
    assert await stopped(stops, "a", "b") == [None, None]
    time.now = 599.0
    await stopped(stops, "c", "d")
    assert hub.calls[1:] == [("p", "a"), ("p", "b"), ("p", "c"), ("p", "d")]
    time.now = 600.0
    await stopped(stops, "e", "f")
    assert hub.calls[5] == ("p", "e+f")


async def test_422_does_not_keep_the_next_from_being_stopped_together():
    hub = Hub(bulk=NOT_FOUND)
    stops = stops_of(hub)
    await stopped(stops, "a", "b")
    hub.bulk = frozenset()
    await stopped(stops, "c", "d")
    assert hub.calls[3:] == [("p", "c+d")]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(errors.Unreachable("away", status=503), id="503"),
        pytest.param(errors.Unreachable("refused the connection"), id="away"),
        pytest.param(errors.RateLimited("slowly", status=429), id="429"),
        pytest.param(errors.Unauthorized("no", status=401), id="401"),
    ],
)
async def test_what_would_befall_each_alike_is_told_to_all_after_one_call(failure):
    hub = Hub(bulk=failure)
    assert await stopped(stops_of(hub), "a", "b") == [failure, failure]
    assert hub.calls == [("p", "a+b")]


async def test_one_that_gives_up_does_not_take_the_stop_from_the_others():
    hub = Hub()
    stops = stops_of(hub)
    one, other = (asyncio.create_task(stops.stop("p", name, GENTLE)) for name in "ab")
    await asyncio.sleep(0)
    one.cancel()
    await other
    assert one.cancelled()
    assert hub.calls == [("p", "a+b")]


async def test_closing_tells_those_that_wait_that_it_was_us():
    hub = Hub()
    stops = stops_of(hub)
    hub.gate.clear()
    asked = asyncio.create_task(stopped(stops, "a", "b"))
    await hub.called()
    await stops.close()
    assert [type(one) for one in await asked] == [errors.Closed] * 2
