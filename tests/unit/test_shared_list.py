"""One list for many followers: who is woken, how often it is asked for, what is believed."""

from __future__ import annotations

import asyncio

import pytest

from execution_operator.remote.errors import NotFound, Unreachable
from execution_operator.remote.pace import QuietPace
from execution_operator.remote.shared_list import Pacing, SharedList
from execution_operator.remote.whole_list import WholeList
from support.chance import Chance
from support.kube import until
from support.things import Thing
from support.virtual_time import in_virtual_time, seconds

STEP = 0.00001
POLL = 5.0


class Server:
    """Answers lists; `now` moves on with each."""

    def __init__(self) -> None:
        self.things: tuple[Thing, ...] = ()
        self.error: Exception | None = None
        self.asked, self.now = 0, 100.0

    async def ask(self) -> WholeList[Thing]:
        await asyncio.sleep(0)
        self.asked += 1
        self.now += STEP
        if self.error is not None:
            raise self.error
        return WholeList(self.things)


def opened(server, *, outage=60.0):
    def wake_all(wakes):
        for wake in wakes:
            wake()

    pacing = Pacing(poll=0.001, quiet=0.001, outage=outage)
    return SharedList(
        ask=server.ask,
        pacing=pacing,
        monotonic=lambda: server.now,
        random=Chance(),
        wake_all=wake_all,
    )


class SlowLists:
    """Answers the first list after so many seconds of which so many were the server's own."""

    def __init__(self, took: float, server_seconds: float, *, fails: bool) -> None:
        self._took, self._server_seconds, self._fails = took, server_seconds, fails
        self.asked: asyncio.Queue[float] = asyncio.Queue()

    async def ask(self) -> WholeList[Thing]:
        self.asked.put_nowait(seconds())
        await asyncio.sleep(self._took)
        if not self._fails:
            return WholeList((), self._server_seconds)
        error = Unreachable("away")
        error.server_seconds = self._server_seconds
        raise error


@pytest.fixture
async def server():
    return Server()


@pytest.fixture
async def shared(server):
    one = opened(server)
    yield one
    await one.close()


async def test_only_who_follows_what_changed_is_woken(server, shared):
    woken = []
    server.things = (Thing("1"), Thing("2"))
    await shared.newer_than(0.0)
    shared.follow("a", "1", lambda: woken.append("a"))
    shared.follow("b", "2", lambda: woken.append("b"))
    server.things = (Thing("1"), Thing("2", "LOST"))
    await until(lambda: woken, "it")
    asked = server.asked
    await until(lambda: server.asked > asked + 3, "it")
    assert woken == ["b"]


async def test_a_thing_that_we_changed_is_looked_at_although_the_list_is_the_same(server, shared):
    woken = []
    server.things = (Thing("1"),)
    await shared.newer_than(0.0)
    shared.follow("a", "1", lambda: woken.append("a"))
    shared.hurry("1")
    await until(lambda: woken, "it")
    asked = server.asked
    await until(lambda: server.asked > asked + 3, "it")
    assert woken == ["a"]


async def test_lists_that_lack_a_thing_are_counted_and_the_first_one_wakes(server, shared):
    woken = []
    server.things = (Thing("1"),)
    await shared.newer_than(0.0)
    shared.follow("a", "2", lambda: woken.append("a"))
    await until(lambda: shared.follow("a", "2", lambda: None).misses >= 3, "it")
    assert woken == ["a"]
    server.things = (Thing("1"), Thing("2"))
    await until(lambda: shared.follow("a", "2", lambda: None).misses == 0, "it")


async def test_who_asks_at_the_same_time_shares_a_list(server, shared):
    found = await asyncio.gather(*(shared.newer_than(100.0) for _ in range(20)))
    assert server.asked == 1
    assert {one.began for one in found} == {100.0}


async def test_an_older_list_is_not_believed(server, shared):
    await shared.newer_than(0.0)
    assert (await shared.newer_than(server.now)).began == 100.0 + STEP


async def test_a_list_from_before_a_removal_is_not_believed(server, shared):
    server.things = (Thing("1"),)
    await shared.newer_than(0.0)
    server.things = ()
    shared.removed("1")
    assert (await shared.newer_than(0.0)).items == {}


@pytest.mark.parametrize(
    ("error", "at_once"),
    [(Unreachable("away"), False), (NotFound("no such project"), True)],
    ids=["passing", "lasting"],
)
async def test_what_is_likely_to_pass_is_told_only_when_it_lasts(server, shared, error, at_once):
    server.error = error
    woken = []
    shared.follow("a", "1", lambda: woken.append("a"))
    await until(lambda: server.asked > 2, "it")
    await asyncio.sleep(0)
    assert (shared.follow("a", "1", lambda: None).trouble is not None) is at_once
    assert bool(woken) is at_once


async def test_a_list_is_asked_for_again_when_somebody_follows_again(server, shared):
    shared.follow("a", "1", lambda: None)
    await until(lambda: server.asked, "it")
    shared.unfollow("a")
    await asyncio.sleep(0)  # a list that was under way
    asked = server.asked
    shared.follow("b", "2", lambda: None)
    await until(lambda: server.asked > asked, "a list for somebody else")


@pytest.mark.parametrize(
    ("took", "server_seconds", "fails", "following"),
    [
        pytest.param(30.0, 0.0, False, 30.0 + POLL, id="our own limit, no server"),
        pytest.param(30.0, 2.0, False, 30.0 + 20 * 2.0, id="our own limit and a slow server"),
        pytest.param(2.0, 2.0, False, 2.0 + 20 * 2.0, id="a slow server"),
        pytest.param(30.0, 0.0, True, 30.0 + POLL, id="our own limit, then an error"),
        pytest.param(2.0, 2.0, True, 2.0 + 20 * 2.0, id="a slow error"),
    ],
)
@in_virtual_time
async def test_a_list_that_waited_for_our_own_limit_does_not_slow_the_next_one(
    took, server_seconds, fails, following
):
    server = SlowLists(took, server_seconds, fails=fails)
    pacing = Pacing(poll=POLL, quiet=POLL, outage=60.0)
    shared = SharedList(
        ask=server.ask,
        pacing=pacing,
        monotonic=seconds,
        random=Chance(0.5),
        wake_all=lambda _: None,
    )
    shared.follow("a", "1", lambda: None)
    assert [await server.asked.get() for _ in range(2)] == [0.0, following]
    await shared.close()


def test_intervals_grow_while_nothing_changes_and_are_short_again_after_a_change():
    pace = QuietPace(4.0, Chance(), quiet_seconds=60.0)
    waits = [pace.after_list(0.0, changed=False) for _ in range(10)]
    assert waits[0] < 7.0
    assert 54.0 <= waits[-1] <= 66.0
    assert pace.after_list(0.0, changed=True) <= 4.4


@in_virtual_time
async def test_who_follows_a_closed_list_starts_nothing():
    server = Server()
    shared = opened(server)
    shared.follow("a", "1", lambda: None)
    await until(lambda: server.asked, "a list")
    await shared.close()
    asked = server.asked
    shared.follow("a", "1", lambda: None)
    await asyncio.sleep(60.0)
    assert server.asked == asked


async def test_what_a_list_said_is_let_go_of_with_its_last_follower(server, shared):
    server.things = (Thing("1"),)
    for who in ("a", "b"):
        shared.follow(who, "1", lambda: None)
    await until(lambda: shared.listing is not None, "a list")
    shared.unfollow("a")
    shared.unfollow("a")
    assert shared.listing is not None
    shared.unfollow("b")
    assert shared.listing is None


@in_virtual_time
async def test_a_list_that_comes_after_the_last_follower_left_is_not_kept():
    server = SlowLists(30.0, 0.0, fails=False)
    pacing = Pacing(poll=POLL, quiet=POLL, outage=60.0)
    shared = SharedList(
        ask=server.ask,
        pacing=pacing,
        monotonic=seconds,
        random=Chance(0.5),
        wake_all=lambda _: None,
    )
    shared.follow("a", "1", lambda: None)
    await server.asked.get()
    shared.unfollow("a")
    assert not shared.is_idle
    await asyncio.sleep(31.0)
    assert (shared.is_idle, shared.listing) == (True, None)


async def test_what_was_asked_for_without_followers_is_there_for_others_who_ask(shared):
    before = await shared.newer_than(0.0)
    shared.unfollow("a")
    assert await shared.newer_than(0.0) is before


async def test_a_list_is_not_idle_while_somebody_asks_for_it(shared):
    asking = asyncio.create_task(shared.newer_than(0.0))
    await asyncio.sleep(0)
    assert not shared.is_idle
    await asking
    assert shared.is_idle
