"""Which lists of machines are open, and for how long."""

from __future__ import annotations

import asyncio

from execution_operator.remote.shared_list import Pacing
from execution_operator.remote.testhub.levels import SpaceLevel, UserLevel
from execution_operator.remote.testhub.machine_lists import MachineLists
from support.agents_server import AgentsServer
from support.chance import Chance
from support.virtual_time import in_virtual_time, seconds, settle

POLL, QUIET = 5.0, 60.0
USER = UserLevel()


def opened() -> tuple[MachineLists, AgentsServer]:
    pacing = Pacing(poll=POLL, quiet=QUIET, outage=60.0)
    lists = MachineLists(
        pacing=pacing, monotonic=seconds, random=Chance(0.5), wake_all=lambda _wakes: None
    )
    return lists, AgentsServer()


@in_virtual_time
async def test_a_list_that_nobody_follows_any_more_is_forgotten():
    lists, machines = opened()
    followed = lists.of_project(machines, "5")
    followed.follow("a", "1", lambda: None)
    assert lists.of_project(machines, "5") is followed
    lists.unfollow("a")
    await settle()
    lists.unfollow("a")
    assert lists.of_project(machines, "5") is not followed
    await lists.close()


@in_virtual_time
async def test_a_follower_keeps_the_lists_that_it_names_and_no_other():
    lists, machines = opened()
    kept = lists.of_level(machines, USER)
    kept.follow("a", "1", lambda: None)
    left = lists.of_project(machines, "5")
    left.follow("a", "1", lambda: None)
    lists.unfollow("a", keep={kept})
    await settle()
    lists.unfollow("a", keep={kept})
    assert lists.of_level(machines, USER) is kept
    assert lists.of_project(machines, "5") is not left
    await lists.close()


@in_virtual_time
async def test_a_list_that_was_only_asked_for_is_shared_for_a_while():
    lists, machines = opened()
    asked = lists.of_level(machines, USER)
    await asked.newer_than(0.0)
    await asyncio.sleep(QUIET)
    lists.unfollow("a")
    assert lists.of_level(machines, USER) is asked
    await asyncio.sleep(1.0)
    lists.unfollow("a")
    assert lists.of_level(machines, USER) is not asked
    await lists.close()


@in_virtual_time
async def test_a_list_that_others_follow_stays():
    lists, machines = opened()
    shared = lists.of_level(machines, USER)
    for who in ("a", "b"):
        shared.follow(who, "1", lambda: None)
    lists.unfollow("c")  # before the first list
    await asyncio.sleep(10 * QUIET)
    lists.unfollow("a")
    assert lists.of_level(machines, USER) is shared
    await lists.close()


@in_virtual_time
async def test_what_is_opened_after_the_end_asks_for_nothing():
    lists, machines = opened()
    await lists.close()
    lists.of_level(machines, USER).follow("a", "1", lambda: None)
    await asyncio.sleep(QUIET)
    assert machines.asked == []


@in_virtual_time
async def test_each_list_that_somebody_follows_has_an_age_by_its_sort_of_place():
    lists, machines = opened()
    for at in (USER, SpaceLevel("demo")):
        lists.of_level(machines, at).follow("a", "1", lambda: None)
    lists.of_project(machines, "5").follow("a", "1", lambda: None)
    assert {*lists.ages()} == {("user", None), ("space", None), ("association", None)}
    await settle()
    await asyncio.sleep(2.0)
    assert {*lists.ages()} == {("user", 2.0), ("space", 2.0), ("association", 2.0)}
    await lists.close()


@in_virtual_time
async def test_a_list_that_was_only_asked_for_has_no_age():
    lists, machines = opened()
    await lists.of_level(machines, USER).newer_than(0.0)
    await asyncio.sleep(2.0)
    assert [*lists.ages()] == [("user", None)]
    await lists.close()
