"""How many are woken at a time."""

from __future__ import annotations

import asyncio

from execution_operator.remote.wakes import PacedWakes
from support.virtual_time import in_virtual_time


class Woken:
    def __init__(self):
        self.names = []

    def calls(self, *names):
        return [lambda name=name: self.names.append(name) for name in names]


async def counts(woken, seconds):
    """How many were woken after 0, 1, … seconds."""
    found = [len(woken.names)]
    for _ in range(seconds):
        await asyncio.sleep(1.0)
        found.append(len(woken.names))
    return found


@in_virtual_time
async def test_few_are_woken_at_once():
    wakes, woken = PacedWakes(), Woken()
    wakes.wake_all(woken.calls("a", "b"))
    assert woken.names == ["a", "b"]


@in_virtual_time
async def test_all_who_share_it_are_woken_fifty_a_second():
    wakes, woken = PacedWakes(), Woken()
    for _ in range(3):
        wakes.wake_all(woken.calls(*range(40)))
    assert await counts(woken, 3) == [40, 90, 120, 120]


@in_virtual_time
async def test_those_who_come_later_wait_for_those_before():
    wakes, woken = PacedWakes(), Woken()
    wakes.wake_all(woken.calls(*range(60)))
    wakes.wake_all(woken.calls("late"))
    await asyncio.sleep(1.0)
    assert woken.names == [*range(60), "late"]


@in_virtual_time
async def test_after_a_pause_the_next_are_woken_at_once():
    wakes, woken = PacedWakes(), Woken()
    wakes.wake_all(woken.calls("a"))
    await asyncio.sleep(10.0)
    wakes.wake_all(woken.calls("b"))
    assert woken.names == ["a", "b"]


@in_virtual_time
async def test_nobody_to_wake_takes_nobody_s_turn():
    wakes, woken = PacedWakes(), Woken()
    wakes.wake_all([])
    wakes.wake_all(woken.calls("a"))
    assert woken.names == ["a"]


@in_virtual_time
async def test_who_waits_already_keeps_its_turn_and_gets_no_second_one():
    wakes, woken = PacedWakes(), Woken()
    calls = woken.calls(*range(70))
    wakes.wake_all(calls)
    wakes.wake_all([*woken.calls("late"), *calls[60:]])
    assert await counts(woken, 3) == [50, 71, 71, 71]
    assert woken.names == [*range(70), "late"]


@in_virtual_time
async def test_who_had_its_turn_is_woken_again():
    wakes, woken = PacedWakes(), Woken()
    calls = woken.calls("a")
    wakes.wake_all(calls)
    wakes.wake_all(calls)
    assert await counts(woken, 1) == [1, 2]
