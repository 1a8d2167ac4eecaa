"""Lists of several pages: how often they are asked for, and who is told what they lack."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from execution_operator.remote.errors import ProtocolError
from execution_operator.remote.shared_list import Pacing, SharedList
from execution_operator.remote.whole_list import WholeList
from support.chance import Chance
from support.things import Thing
from support.virtual_time import in_virtual_time, seconds


@dataclass
class Server:
    """Answers these lists, each a text of ids, and the last one for ever; `now` goes on."""

    lists: list[str]
    pages: int = 2
    asked: int = 0
    now: float = 100.0

    async def ask(self) -> WholeList[Thing]:
        await asyncio.sleep(0)
        text = self.lists[min(self.asked, len(self.lists) - 1)]
        self.asked += 1
        self.now += 1.0
        return WholeList(tuple(map(Thing, text)), pages=self.pages)


@dataclass
class Timed(Server):
    """Tells when, in virtual time, each list was asked for."""

    asked_at: asyncio.Queue[float] = field(default_factory=asyncio.Queue)

    async def ask(self) -> WholeList[Thing]:
        self.asked_at.put_nowait(seconds())
        return await super().ask()


@dataclass
class Opened:
    """A shared list, and how often it woke its only follower."""

    server: Server
    poll: float = 3600.0
    woken: int = 0
    shared: SharedList[Thing] = field(init=False)

    def __post_init__(self) -> None:
        self.shared = SharedList(
            ask=self.server.ask,
            pacing=Pacing(poll=self.poll, quiet=3600.0, outage=60.0),
            monotonic=lambda: self.server.now,
            random=Chance(),
            wake_all=lambda wakes: [wake() for wake in wakes],
        )

    def wake(self) -> None:
        self.woken += 1


RESTLESS = ["abc", "bcd", "cde", "def", "efg", "fgh", "ghi"]


async def test_a_list_of_several_pages_is_asked_for_until_it_proves_what_it_lacks():
    one = Opened(Server(["abc", "bcd", "bcde"]))
    listing = await one.shared.proven(100.0)
    assert ("".join(listing.items), listing.lacks_since, one.server.asked) == ("bcde", 101.0, 3)


async def test_what_was_proven_before_is_proven_anew():
    one = Opened(Server(["ab"]))
    assert (await one.shared.proven(100.0)).lacks_since == 100.0
    assert (await one.shared.proven(101.0)).lacks_since == 101.0
    assert one.server.asked == 3


async def test_a_list_that_never_rests_is_given_up_by_all_who_ask_together():
    one = Opened(Server(RESTLESS))
    asked = [one.shared.proven(100.0) for _ in range(20)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(error) for error in told} == {ProtocolError}
    assert one.server.asked == 5


async def test_a_list_that_never_rests_still_tells_what_is_there():
    one = Opened(Server(RESTLESS))
    assert "c" in (await one.shared.newer_than(100.0)).items


async def test_what_one_list_lacks_without_proof_is_not_missed():
    one = Opened(Server(["abc", "bc"]))
    await one.shared.newer_than(100.0)
    one.shared.follow("x", "a", one.wake)
    await one.shared.newer_than(101.0)
    assert one.shared.follow("x", "a", one.wake).misses == 0
    await one.shared.newer_than(102.0)
    assert one.shared.follow("x", "a", one.wake).misses == 1
    assert one.woken == 1
    await one.shared.close()


async def test_who_waits_for_a_proof_is_woken_by_it():
    one, woken = Opened(Server(["ab", "bc"])), []
    await one.shared.newer_than(100.0)
    one.shared.follow("x", "z", one.wake)
    for moment in (101.0, 102.0, 103.0):
        await one.shared.newer_than(moment)
        woken.append(one.woken)
    assert woken == [1, 2, 2]
    await one.shared.close()


async def test_who_changed_a_thing_is_woken_until_a_list_shows_or_disproves_it():
    one, woken = Opened(Server(["ab"])), []
    await one.shared.newer_than(100.0)
    one.shared.follow("x", "z", one.wake)
    await one.shared.newer_than(101.0)
    before = one.woken
    one.shared.hurry("z")  # the poller rests for an hour
    for moment in (102.0, 103.0, 104.0):
        await one.shared.newer_than(moment)
        woken.append(one.woken - before)
    assert woken == [1, 2, 2]
    await one.shared.close()


@in_virtual_time
async def test_a_list_that_proves_nothing_is_followed_soon_by_another():
    server = Timed(["ab", "ab", "ab", "ab", "a"])
    one = Opened(server, poll=4.0)
    one.shared.follow("x", "a", one.wake)
    asked_at = [await server.asked_at.get() for _ in range(6)]
    waits = [after - before for before, after in pairwise(asked_at)]
    assert waits == pytest.approx([4.0, 6.0, 9.0, 13.5, 4.0])
    await one.shared.close()


@pytest.mark.parametrize(("pages", "lists"), [(1, 1), (2, 2)], ids=["one page", "two pages"])
async def test_a_proof_costs_a_second_list_only_where_there_are_pages(pages, lists):
    one = Opened(Server(["ab"], pages=pages))
    await one.shared.proven(100.0)
    assert one.server.asked == lists
