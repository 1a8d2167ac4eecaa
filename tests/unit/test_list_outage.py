"""Who is told that lists fail, when, and what holds when its turn has come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from execution_operator.remote.errors import Forbidden, RemoteError, Unreachable
from execution_operator.remote.outage import Outage, Trouble
from support.virtual_time import in_virtual_time, seconds

AWAY, STILL_AWAY = Unreachable("away"), Unreachable("still away")
NO_RIGHT = Forbidden("no right any more")


@dataclass(slots=True)
class Follower:
    told: Trouble | None = None
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1


class Scene:
    """An outage with its followers; wakes wait for the test where it asks for that."""

    def __init__(self, *followers: Follower, holds: bool = False) -> None:
        self.followers = dict(enumerate(followers))
        self.turns: list[object] = []
        self.reported: list[Trouble | None] = []
        self.outage = Outage(
            self.followers.values(),
            monotonic=seconds,
            wake_all=self.turns.extend if holds else self._wake_all,
            on_trouble=self.reported.append,
        )

    def fails(self, error: RemoteError = AWAY, *, patience: float = 60.0) -> None:
        self.outage.failed(error, began=seconds(), patience_seconds=patience)

    def _wake_all(self, wakes) -> None:
        for wake in wakes:
            wake()


@pytest.mark.parametrize(
    ("patience", "after", "told"), [(0.0, 0.0, 1), (60.0, 59.0, 0), (60.0, 61.0, 1)]
)
@in_virtual_time
async def test_followers_are_told_once_it_has_lasted(patience, after, told):
    one = Follower()
    scene = Scene(one)
    scene.fails(patience=patience)
    scene.fails(STILL_AWAY, patience=patience)
    await asyncio.sleep(after)
    assert one.woken == told
    assert (one.told is not None) == (told == 1)
    assert scene.outage.trouble == Trouble(STILL_AWAY, 0.0)
    assert scene.reported == [Trouble(AWAY, 0.0)]
    scene.outage.close()


@in_virtual_time
async def test_whose_turn_comes_when_it_is_over_is_not_woken():
    one = Follower()
    scene = Scene(one, holds=True)
    scene.fails(patience=0.0)
    scene.outage.recovered()
    for turn in scene.turns:
        turn()
    assert (one.woken, one.told) == (0, None)
    assert scene.reported == [Trouble(AWAY, 0.0), None]


@in_virtual_time
async def test_a_follower_that_began_with_what_is_told_is_woken_by_the_end_alone():
    scene = Scene(Follower())
    scene.fails(patience=0.0)
    late = scene.followers[1] = Follower(scene.outage.told)
    scene.fails()
    assert late.woken == 0
    scene.outage.recovered()
    assert (late.woken, late.told) == (1, None)


@in_virtual_time
async def test_what_nobody_follows_is_not_in_trouble():
    scene = Scene()
    scene.fails(patience=0.0)
    assert (scene.outage.trouble, scene.reported) == (None, [])


@in_virtual_time
async def test_nobody_is_told_after_it_was_closed():
    one = Follower()
    scene = Scene(one)
    scene.fails()
    scene.outage.close()
    await asyncio.sleep(100.0)
    assert one.woken == 0


@in_virtual_time
async def test_followers_are_told_when_lists_fail_for_another_reason():
    one = Follower()
    scene = Scene(one)
    scene.fails(patience=0.0)
    scene.fails(STILL_AWAY)
    assert (one.told, one.woken) == (Trouble(AWAY, 0.0), 1)
    scene.fails(NO_RIGHT)
    assert (one.told, one.woken) == (Trouble(NO_RIGHT, 0.0), 2)
    assert scene.outage.told == Trouble(NO_RIGHT, 0.0)
    assert scene.reported == [Trouble(AWAY, 0.0), Trouble(NO_RIGHT, 0.0)]


@in_virtual_time
async def test_another_reason_makes_nobody_hear_of_it_before_it_has_lasted():
    one = Follower()
    scene = Scene(one)
    scene.fails()
    scene.fails(NO_RIGHT)
    assert one.told is None
    await asyncio.sleep(61.0)
    assert (one.told, one.woken) == (Trouble(NO_RIGHT, 0.0), 1)


@in_virtual_time
async def test_who_waits_for_its_turn_gets_no_second_one():
    one = Follower()
    scene = Scene(one, holds=True)
    scene.fails(patience=0.0)
    scene.fails(NO_RIGHT)
    assert len(scene.turns) == 1
    scene.turns.pop()()
    assert (one.told, one.woken) == (Trouble(NO_RIGHT, 0.0), 1)
    scene.outage.recovered()
    assert len(scene.turns) == 1
