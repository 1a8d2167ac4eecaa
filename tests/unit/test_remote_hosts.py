"""Who goes first on a host, and when nobody goes."""

import asyncio

import pytest

from execution_operator.remote.breaker import BreakerRules
from execution_operator.remote.bucket import Bucket, RateLimit, largest
from execution_operator.remote.errors import RateLimited, Unreachable
from execution_operator.remote.hosts import HostRules, Hosts, Lane
from execution_operator.remote.messages import Priority
from support.virtual_time import in_virtual_time

SLOW = RateLimit(requests_per_second=200, burst=1)
RULES = HostRules(breaker=BreakerRules(failures=2, open_seconds=60))


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([RateLimit(10, 20), RateLimit(5, 40)], RateLimit(10, 40)),
        ([RateLimit(10, 20), None], None),
        ([], None),
    ],
    ids=["the larger of each", "none is largest", "nobody"],
)
def test_host_limit_is_as_large_as_the_largest(
    limits: list[RateLimit | None], expected: RateLimit | None
) -> None:
    assert largest(limits) == expected


def test_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(RateLimit(2, 3), now=0)
    waits = []
    for _ in range(4):
        waits.append(bucket.ready_in(0))
        bucket.take(0)

    assert waits == [0, 0, 0, 0.5]


def test_bucket_holds_no_more_than_its_burst() -> None:
    bucket = Bucket(RateLimit(2, 3), now=0)
    for _ in range(3):
        bucket.take(1000)

    assert bucket.ready_in(1000) == 0.5


def test_resized_bucket_gives_no_second_burst() -> None:
    bucket = Bucket(RateLimit(1, 2), now=0)
    bucket.take(0)
    bucket.take(0)
    bucket.resize(RateLimit(1, 1), 0)
    bucket.resize(RateLimit(1, 2), 0)

    assert bucket.ready_in(0) <= 1
    bucket.take(0)
    assert bucket.ready_in(0) > 0


def running(limit: RateLimit | None = None) -> tuple[Hosts, Lane]:
    hosts = Hosts(asyncio.get_running_loop().time, RULES)
    return hosts, hosts.lane("https://hub.example.com", limit)


@in_virtual_time
async def test_request_without_a_limit_goes_at_once() -> None:
    _, lane = running()

    assert await lane.turn(Priority.LIST, "list") < 1


@in_virtual_time
async def test_higher_priority_goes_first_and_equals_in_turn() -> None:
    _, lane = running(SLOW)
    await lane.turn(Priority.LIST, "take the burst")
    order: list[str] = []

    async def go(priority: Priority, name: str) -> None:
        await lane.turn(priority, name)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for name, priority in (
            ("list", Priority.LIST),
            ("start 1", Priority.START),
            ("start 2", Priority.START),
            ("end", Priority.END),
            ("stop", Priority.STOP),
        ):
            group.create_task(go(priority, name))

    assert order == ["stop", "end", "start 1", "start 2", "list"]


@in_virtual_time
async def test_server_at_its_own_limit_does_not_hold_up_another_on_the_host() -> None:
    hosts, fast = running(RateLimit(1000, 1000))
    slow = hosts.lane("https://hub.example.com/test", RateLimit(0.001, 1))
    await slow.turn(Priority.STOP, "take the burst")
    waiting = asyncio.create_task(slow.turn(Priority.STOP, "wait"))
    await asyncio.sleep(0)

    await asyncio.wait_for(fast.turn(Priority.LIST, "list"), 10)

    assert not waiting.done()
    slow.close()
    with pytest.raises(Unreachable):
        await waiting


@in_virtual_time
async def test_servers_on_a_host_share_one_bucket_as_large_as_the_largest() -> None:
    clock = Clock()
    hosts = Hosts(clock, RULES)
    lanes = [hosts.lane("https://hub.example.com", RateLimit(1, 2)) for _ in range(2)]
    for lane in lanes:
        await lane.turn(Priority.LIST, "half of the host's burst")
    waiting = asyncio.create_task(lanes[0].turn(Priority.LIST, "wait"))
    await asyncio.sleep(0)

    assert not waiting.done()
    waiting.cancel()


@in_virtual_time
async def test_higher_priority_goes_first_across_the_servers_of_a_host() -> None:
    hosts, one = running(SLOW)
    other = hosts.lane("https://hub.example.com/test", SLOW)
    with one.passage("ask") as passage:
        passage.pause(0.05)  # so that both are ready at the same moment
    order: list[str] = []

    async def go(lane: Lane, priority: Priority) -> None:
        await lane.turn(priority, "go")
        order.append(priority.name)

    async with asyncio.TaskGroup() as group:
        group.create_task(go(other, Priority.LIST))
        group.create_task(go(one, Priority.STOP))

    assert order == ["STOP", "LIST"]


@in_virtual_time
async def test_host_shrinks_when_its_largest_server_leaves() -> None:
    clock = Clock()
    hosts = Hosts(clock, RULES)
    large = hosts.lane("https://h", None)
    lanes = [hosts.lane("https://h", RateLimit(1, 1)) for _ in range(2)]
    large.close()
    await lanes[0].turn(Priority.LIST, "take the host's burst")
    waiting = asyncio.create_task(lanes[1].turn(Priority.LIST, "wait"))
    await asyncio.sleep(0)

    assert not waiting.done()
    waiting.cancel()


@in_virtual_time
async def test_cancelled_waiter_takes_no_turn() -> None:
    _, lane = running(SLOW)
    await lane.turn(Priority.LIST, "take the burst")
    gone = asyncio.create_task(lane.turn(Priority.STOP, "gone"))
    await asyncio.sleep(0)
    gone.cancel()

    await asyncio.wait_for(lane.turn(Priority.LIST, "next"), 10)

    assert gone.cancelled()


@in_virtual_time
async def test_long_pause_fails_everybody_on_the_host_with_the_time_left() -> None:
    clock = Clock()
    hosts = Hosts(clock, RULES)
    asked, other = hosts.lane("https://h", None), hosts.lane("https://h/test", None)
    with asked.passage("ask") as passage:
        passage.pause(60)
    clock.now += 20

    with pytest.raises(RateLimited) as refusal:
        await other.turn(Priority.STOP, "stop a run")

    assert refusal.value.retry_after == 40


@in_virtual_time
async def test_long_pause_wakes_those_who_wait_already() -> None:
    hosts, lane = running(RateLimit(0.001, 1))
    await lane.turn(Priority.LIST, "take the burst")
    waiting = asyncio.create_task(lane.turn(Priority.LIST, "wait"))
    await asyncio.sleep(0)
    with hosts.lane("https://hub.example.com", None).passage("ask") as passage:
        passage.pause(60)

    with pytest.raises(RateLimited):
        await waiting


@in_virtual_time
async def test_short_pause_is_waited_out() -> None:
    _, lane = running()
    with lane.passage("ask") as passage:
        passage.pause(0.05)

    assert await lane.turn(Priority.LIST, "list") > 0


@in_virtual_time
async def test_pause_ends() -> None:
    clock = Clock()
    lane = Hosts(clock, RULES).lane("https://h", None)
    with lane.passage("ask") as passage:
        passage.pause(60)
    clock.now += 60

    assert await lane.turn(Priority.LIST, "list") == 0


def broken(lane: Lane) -> None:
    for _ in range(2):
        with lane.passage("try") as passage:
            passage.failed("https://h refused the connection")


@in_virtual_time
async def test_open_breaker_fails_at_once_in_the_words_of_the_failure() -> None:
    clock = Clock()
    lane = Hosts(clock, RULES).lane("https://h", None)
    broken(lane)
    clock.now += 10

    with pytest.raises(Unreachable) as refusal:
        await lane.turn(Priority.STOP, "stop a run")

    assert str(refusal.value) == "cannot stop a run: https://h refused the connection"
    assert refusal.value.retry_after == 50


@in_virtual_time
async def test_breaker_is_shared_by_the_host_and_by_no_other() -> None:
    clock = Clock()
    hosts = Hosts(clock, RULES)
    broken(hosts.lane("https://h/one", None))

    with pytest.raises(Unreachable):
        await hosts.lane("https://h/two", None).turn(Priority.LIST, "list")
    for other in ("http://h", "https://h:8443", "https://g"):
        await hosts.lane(other, None).turn(Priority.LIST, "list")
    await hosts.lane("https://h", None, proxy_url="http://proxy").turn(Priority.LIST, "list")


@in_virtual_time
async def test_single_probe_passes_after_the_wait() -> None:
    clock = Clock()
    lane = Hosts(clock, RULES).lane("https://h", None)
    broken(lane)
    clock.now += 60
    with lane.passage("probe") as probe:
        with pytest.raises(Unreachable):
            await lane.turn(Priority.STOP, "stop a run")
        probe.reached()

    await lane.turn(Priority.STOP, "stop a run")


@in_virtual_time
async def test_host_is_remembered_for_a_while_and_then_forgotten() -> None:
    clock = Clock()
    hosts = Hosts(clock, RULES)
    lane = hosts.lane("https://h", None)
    broken(lane)
    lane.close()

    with pytest.raises(Unreachable):
        await hosts.lane("https://h", None).turn(Priority.LIST, "list")


@pytest.mark.parametrize("keep", [True, False], ids=["used", "unused"])
@in_virtual_time
async def test_only_unused_hosts_are_forgotten(keep: bool) -> None:  # noqa: FBT001 - parametrized
    clock = Clock()
    hosts = Hosts(clock, RULES)
    lane = hosts.lane("https://h", None)
    if not keep:
        lane.close()
    clock.now += RULES.forget_seconds + 1
    hosts.lane("https://other", None)

    assert len(hosts) == (2 if keep else 1)


@in_virtual_time
async def test_closed_lane_refuses() -> None:
    _, lane = running()
    lane.close()
    lane.close()

    with pytest.raises(Unreachable, match="closed"):
        await lane.turn(Priority.LIST, "list")


def test_priorities_are_ordered_as_designed() -> None:
    assert sorted(Priority) == [Priority.STOP, Priority.END, Priority.START, Priority.LIST]
