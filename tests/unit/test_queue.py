"""Which key a worker gets next, and when."""

from __future__ import annotations

import asyncio

import pytest

from execution_operator.reconcile.ports import Key
from support.queues import Waits, add, all_taken, done, key, make_queue, taken, wait_for_next
from support.virtual_time import in_virtual_time, settle


@in_virtual_time
async def test_a_key_that_is_added_twice_is_handed_out_once():
    queue = make_queue()
    add(queue, "a-1", "a-1")
    assert await all_taken(queue) == ["a-1"]


@in_virtual_time
async def test_a_key_is_not_handed_out_while_it_is_worked_on():
    queue = make_queue()
    add(queue, "a-1")
    await taken(queue)
    add(queue, "a-1")
    assert await taken(queue) is None


@in_virtual_time
async def test_a_key_that_was_added_during_its_look_is_looked_at_once_more():
    queue = make_queue()
    add(queue, "a-1")
    await taken(queue)
    add(queue, "a-1", "a-1")
    done(queue, "a-1")
    assert await all_taken(queue) == ["a-1"]
    done(queue, "a-1")
    assert await taken(queue) is None


@in_virtual_time
async def test_a_key_that_changed_during_a_failing_look_does_not_wait():
    queue = make_queue()
    add(queue, "a-1")
    await taken(queue)
    add(queue, "a-1")
    done(queue, "a-1", failed=True)
    assert await taken(queue) == "a-1"


@in_virtual_time
async def test_within_a_lane_the_oldest_goes_first():
    queue = make_queue()
    add(queue, "a-2", "a-3", "a-1", "a-2")
    assert await all_taken(queue) == ["a-2", "a-3", "a-1"]


@in_virtual_time
async def test_lanes_are_served_in_turn():
    queue = make_queue()
    add(queue, "a-1", "a-2", "a-3", "b-1", "b-2", "c-1")
    assert await all_taken(queue) == ["a-1", "b-1", "c-1", "a-2", "b-2", "a-3"]


@in_virtual_time
async def test_a_server_that_hangs_does_not_take_all_workers():
    queue = make_queue(per_lane=2)
    add(queue, "a-1", "a-2", "a-3", "a-4", "b-1")
    assert await all_taken(queue) == ["a-1", "b-1", "a-2"]


@in_virtual_time
async def test_a_worker_that_waits_for_a_full_lane_gets_its_next_key():
    queue = make_queue(per_lane=1)
    add(queue, "a-1", "a-2")
    await taken(queue)
    waiting = asyncio.create_task(queue.take())
    await settle()
    assert not waiting.done()
    done(queue, "a-1")
    assert await waiting == key("a-2")


@in_virtual_time
async def test_each_of_several_waiting_workers_gets_a_key():
    queue = make_queue()
    waiting = [asyncio.create_task(queue.take()) for _ in range(3)]
    await settle()
    add(queue, "a-1", "a-2", "b-1")
    assert {one.name for one in await asyncio.gather(*waiting)} == {"a-1", "a-2", "b-1"}


@in_virtual_time
async def test_a_worker_that_is_cancelled_takes_no_key_with_it():
    queue = make_queue()
    waiting = asyncio.create_task(queue.take())
    await settle()
    add(queue, "a-1")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await taken(queue) == "a-1"


@in_virtual_time
async def test_a_planned_look_comes_in_its_time():
    queue = make_queue()
    queue.add_after(key("a-1"), 5.0)
    assert await wait_for_next(queue) == 5.0


@pytest.mark.parametrize("delay", [0.0, -1.0])
@in_virtual_time
async def test_a_look_that_is_due_is_not_planned(delay):
    queue = make_queue()
    queue.add_after(key("a-1"), delay)
    assert await taken(queue) == "a-1"


@in_virtual_time
async def test_an_earlier_add_takes_the_place_of_a_planned_look():
    queue = make_queue()
    queue.add_after(key("a-1"), 5.0)
    add(queue, "a-1")
    await taken(queue)
    done(queue, "a-1")
    await asyncio.sleep(100.0)
    assert await taken(queue) is None


@in_virtual_time
async def test_an_earlier_plan_takes_the_place_of_a_later_one():
    queue = make_queue()
    queue.add_after(key("a-1"), 5.0)
    queue.add_after(key("a-1"), 1.0)
    assert await wait_for_next(queue) == 1.0
    done(queue, "a-1")
    await asyncio.sleep(100.0)
    assert await taken(queue) is None


@in_virtual_time
async def test_a_later_plan_does_not_put_off_an_earlier_one():
    queue = make_queue()
    queue.add_after(key("a-1"), 5.0)
    queue.add_after(key("a-1"), 300.0)
    assert await wait_for_next(queue) == 5.0


@in_virtual_time
async def test_a_look_plans_the_next_one():
    queue = make_queue()
    add(queue, "a-1")
    await taken(queue)
    done(queue, "a-1", again=7.0)
    assert await wait_for_next(queue) == 7.0


@in_virtual_time
async def test_failures_lengthen_the_wait():
    queue, waits = make_queue(), []
    add(queue, "a-1")
    for _ in range(4):
        waits.append(await wait_for_next(queue))
        done(queue, "a-1", failed=True)
    assert waits == [0.0, 1.0, 2.0, 4.0]


@in_virtual_time
async def test_a_failed_look_waits_as_long_as_it_asked_for():
    queue = make_queue()
    add(queue, "a-1")
    await taken(queue)
    done(queue, "a-1", failed=True, again=30.0)
    assert await wait_for_next(queue) == 30.0


@in_virtual_time
async def test_the_failures_of_one_key_are_not_those_of_another():
    queue = make_queue()
    for name in ("a-1", "a-1", "a-2"):
        add(queue, name)
        await taken(queue)
        done(queue, name, failed=True)
    assert await wait_for_next(queue) == 1.0


@in_virtual_time
async def test_a_success_resets_the_wait():
    queue = make_queue()
    add(queue, "a-1")
    for failed in (True, True, False):
        await queue.take()
        done(queue, "a-1", failed=failed, again=1.0)
    await queue.take()
    done(queue, "a-1", failed=True)
    assert await wait_for_next(queue) == 1.0


@in_virtual_time
async def test_a_forgotten_key_is_not_planned_any_more():
    queue = make_queue()
    queue.add_after(key("a-1"), 5.0)
    queue.forget(key("a-1"))
    await asyncio.sleep(100.0)
    assert await taken(queue) is None


@in_virtual_time
async def test_a_forgotten_key_has_not_failed():
    queue = make_queue()
    add(queue, "a-1")
    for _ in range(3):
        await queue.take()
        done(queue, "a-1", failed=True)
    queue.forget(key("a-1"))
    add(queue, "a-1")
    await taken(queue)
    done(queue, "a-1", failed=True)
    assert await wait_for_next(queue) == 1.0


@in_virtual_time
async def test_a_closed_queue_plans_nothing_any_more():
    queue = make_queue()
    queue.add_after(key("a-1"), 5.0)
    queue.add_after(key("b-1"), 5.0)
    queue.close()
    await asyncio.sleep(100.0)
    assert await taken(queue) is None


@in_virtual_time
async def test_depth_counts_what_waits_by_kind():
    queue = make_queue()
    add(queue, "a-1", "a-2", "b-1")
    queue.add(Key("ExecutionServer", "shop", "a"))
    queue.add_after(key("c-1"), 5.0)
    await taken(queue)
    assert queue.depth() == {"TestExecution": 2, "ExecutionServer": 1}


@in_virtual_time
async def test_oldest_is_the_longest_wait_of_a_kind():
    queue = make_queue()
    add(queue, "a-1")
    await asyncio.sleep(3.0)
    queue.add(Key("ExecutionServer", "shop", "a"))
    add(queue, "b-1", "a-1")
    await asyncio.sleep(1.0)
    assert queue.oldest() == {"TestExecution": 4.0, "ExecutionServer": 1.0}


@in_virtual_time
async def test_nothing_waits_in_an_empty_queue():
    queue = make_queue()
    assert (queue.depth(), queue.oldest()) == ({}, {})


@in_virtual_time
async def test_the_wait_of_each_key_is_measured():
    waits = Waits()
    queue = make_queue(meter=waits)
    add(queue, "a-1")
    await asyncio.sleep(2.0)
    await taken(queue)
    assert waits.seen == [("TestExecution", 2.0)]


@in_virtual_time
async def test_a_waiting_key_that_changes_its_lane_is_handed_out_once():
    # A run that waits for its server is deleted, and made anew for another server.
    lanes = {key("x"): Key("ExecutionServer", "shop", "hung")}
    queue = make_queue(lane_of=lanes.__getitem__)
    add(queue, "x")
    lanes[key("x")] = Key("ExecutionServer", "shop", "other")
    add(queue, "x")
    assert await all_taken(queue) == ["x"]


@in_virtual_time
async def test_a_waiting_key_that_changes_its_lane_does_not_wait_in_the_former():
    lanes = {key("x"): key("hung"), key("y"): key("hung")}
    queue = make_queue(per_lane=1, lane_of=lanes.__getitem__)
    add(queue, "y", "x")
    assert await all_taken(queue) == ["y"]
    await asyncio.sleep(3.0)
    lanes[key("x")] = key("other")
    add(queue, "x")
    assert queue.oldest() == {"TestExecution": 3.0}
    assert await all_taken(queue) == ["x"]


@in_virtual_time
async def test_a_lane_that_changed_meanwhile_gets_its_worker_back():
    lanes = {key("x"): key("one"), key("y"): key("one")}
    queue = make_queue(per_lane=1, lane_of=lanes.__getitem__)
    add(queue, "x")
    await taken(queue)
    lanes[key("x")] = key("two")
    done(queue, "x")
    add(queue, "y")
    assert await taken(queue) == "y"


@in_virtual_time
async def test_urgent_keys_go_first_and_keep_no_other_waiting_for_ever():
    queue = make_queue(per_lane=30, is_urgent=lambda one: "start" in one.name)
    add(queue, *(f"a-end{number}" for number in range(3)))
    add(queue, *(f"a-start{number}" for number in range(12)))
    order = [name.strip("a-0123456789") for name in await all_taken(queue)]
    assert order == ["start"] * 9 + ["end"] + ["start"] * 3 + ["end"] * 2
