"""When a project's runs are listed, and what is told when that fails."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from execution_operator.remote.errors import RateLimited, Unreachable
from execution_operator.remote.outage import Trouble
from execution_operator.remote.snapshot import Listed, Unseen
from support.snapshots import AWAY, OUTAGE, POLL, Scene, running
from support.virtual_time import in_virtual_time, seconds


@in_virtual_time
async def test_a_failed_list_changes_no_sighting():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    await scene.fail()
    assert scene.follow("e1") == Listed(running())


@in_virtual_time
async def test_trouble_is_told_when_it_begins_and_not_again():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    for _ in range(5):
        await scene.fail()
    assert scene.told == [Trouble(AWAY, POLL)]


@in_virtual_time
async def test_trouble_shows_its_newest_cause_and_its_first_moment():
    scene = Scene()
    scene.follow("e1")
    await scene.fail()
    other = Unreachable("cannot list executions: refused")
    await scene.fail(other)
    assert scene.snapshot.trouble == Trouble(other, 0.0)


@in_virtual_time
async def test_a_short_outage_wakes_no_follower():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    scene.was_woken()
    while seconds() < OUTAGE - POLL:
        await scene.fail()
    await scene.answer(running())
    assert scene.was_woken() == []


@in_virtual_time
async def test_a_long_outage_wakes_each_follower_once():
    scene = Scene()
    scene.follow_all("e1", "e2")
    while seconds() < 3 * OUTAGE:
        await scene.fail()
    assert scene.was_woken() == ["e1", "e2"]


@in_virtual_time
async def test_a_long_outage_is_told_after_the_outage_period():
    scene = Scene()
    scene.follow("e1")
    while not scene.woken:
        await scene.fail()
    assert seconds() == OUTAGE


@in_virtual_time
async def test_an_outage_is_told_in_time_however_long_the_lists_take_to_fail():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    scene.was_woken()
    await scene.fail()
    since = seconds()
    await scene.lister.asked()  # and never answered
    await asyncio.sleep(since + OUTAGE - seconds() + 1.0)
    assert scene.was_woken() == ["e1"]


@in_virtual_time
async def test_the_end_of_a_long_outage_wakes_all():
    scene = Scene()
    scene.follow_all("e1", "e2")
    await scene.answer(running("e1"), running("e2"))
    while seconds() <= 2 * OUTAGE:
        await scene.fail()
    scene.was_woken()
    await scene.answer(running("e1"), running("e2"))
    assert scene.was_woken() == ["e1", "e2"]
    assert (scene.told[-1], scene.snapshot.trouble) == (None, None)


@in_virtual_time
async def test_many_followers_are_woken_fifty_a_second():
    scene = Scene()
    scene.follow_all(*(f"e{number}" for number in range(120)))
    while not scene.woken:
        await scene.fail()
    counts = [len(scene.woken)]
    for _ in range(2):
        await asyncio.sleep(1.0)
        counts.append(len(scene.woken))
    assert counts == [50, 100, 120]


@in_virtual_time
async def test_the_end_of_a_short_outage_is_told():
    scene = Scene()
    scene.follow("e1")
    await scene.fail()
    await scene.answer(running())
    assert scene.told == [Trouble(AWAY, 0.0), None]


@in_virtual_time
async def test_a_second_outage_is_told_anew():
    scene = Scene()
    scene.follow("e1")
    for _ in range(2):
        began = seconds()
        while seconds() <= began + 2 * OUTAGE:
            await scene.fail()
        await scene.answer(running())
    assert len(scene.told) == 4
    assert scene.was_woken().count("e1") >= 4


@in_virtual_time
async def test_a_good_server_tells_no_trouble():
    scene = Scene()
    scene.follow("e1")
    for _ in range(5):
        await scene.answer(running())
    assert scene.told == []


@in_virtual_time
async def test_nobody_lists_after_the_last_one_stopped_to_follow():
    scene = Scene()
    scene.follow_all("e1", "e2")
    await scene.answer(running("e1"), running("e2"))
    scene.snapshot.unfollow("e1")
    scene.snapshot.unfollow("e2")
    scene.snapshot.unfollow("e3")
    await asyncio.sleep(100.0)
    assert scene.lister.is_idle


@in_virtual_time
async def test_lists_go_on_while_one_follows():
    scene = Scene()
    scene.follow_all("e1", "e2")
    await scene.answer(running("e1"), running("e2"))
    scene.snapshot.unfollow("e1")
    assert (await scene.answer(running("e2", "STOPPING"))).at == POLL
    assert scene.was_woken() == ["e1", "e2", "e2"]


@in_virtual_time
async def test_lists_begin_again_with_a_new_follower():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    scene.snapshot.unfollow("e1")
    await asyncio.sleep(100.0)
    assert scene.follow("e2") == Unseen()
    assert (await scene.answer(running("e2"))).at == 100.0 + POLL
    assert scene.follow("e2") == Listed(running("e2"))


@in_virtual_time
async def test_who_comes_back_at_once_is_told_nothing_old():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    scene.snapshot.unfollow("e1")
    assert scene.follow("e1") == Unseen()


@in_virtual_time
async def test_a_slow_list_is_repeated_after_twenty_times_its_duration():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(2.0)
    await ask.answer(running())
    assert (await scene.lister.asked()).at == 2.0 + 20 * 2.0


@in_virtual_time
async def test_a_server_that_asks_for_patience_gets_it():
    scene = Scene()
    scene.follow("e1")
    await scene.fail(RateLimited("cannot list executions: too many", retry_after=30.0))
    assert (await scene.lister.asked()).at == 30.0


@in_virtual_time
async def test_an_error_does_not_shorten_the_interval():
    scene = Scene()
    scene.follow("e1")
    await scene.fail(RateLimited("cannot list executions: too many", retry_after=0.1))
    assert (await scene.lister.asked()).at == POLL


@pytest.mark.parametrize("chance", [0.0, 0.999], ids=["least", "most"])
@in_virtual_time
async def test_jitter_is_a_tenth(chance):
    scene = Scene(chance=chance)
    scene.follow("e1")
    await scene.answer(running())
    assert 0.9 * POLL <= (await scene.lister.asked()).at <= 1.1 * POLL


@in_virtual_time
async def test_jitter_never_makes_lists_take_more_than_a_twentieth_of_the_time():
    scene = Scene(chance=0.0)
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(2.0)
    await ask.answer(running())
    assert (await scene.lister.asked()).at - 2.0 >= 20 * 2.0


@in_virtual_time
async def test_jitter_never_shortens_what_a_server_asks_for():
    scene = Scene(chance=0.0)
    scene.follow("e1")
    await scene.fail(RateLimited("cannot list executions: too many", retry_after=30.0))
    assert (await scene.lister.asked()).at >= 30.0


@in_virtual_time
async def test_lists_that_time_out_are_not_repeated_sooner_than_good_ones():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(10.0)
    await ask.fail()
    # a minute and no more: a server that is back has to be noticed
    assert 60.0 <= (await scene.lister.asked()).at - 10.0 <= 66.0


@in_virtual_time
async def test_trouble_from_before_nobody_followed_is_not_shown_to_a_new_follower():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    await scene.fail()
    scene.snapshot.unfollow("e1")
    await asyncio.sleep(3600.0)
    scene.follow("e2")
    assert scene.snapshot.trouble is None


@in_virtual_time
async def test_a_bug_in_one_list_does_not_end_all_lists():
    scene = Scene()
    scene.follow("e1")
    try:
        await scene.fail(ZeroDivisionError("oops"))
        await asyncio.sleep(100.0)
        scene.follow("e1")
        await asyncio.sleep(100.0)
        assert not scene.lister.is_idle
    finally:
        await scene.snapshot.close()


@in_virtual_time
async def test_a_bug_in_one_list_is_told_with_its_traceback_and_does_not_change_the_pace():
    scene = Scene()
    scene.follow("e1")
    with capture_logs() as logs:
        await scene.fail(ZeroDivisionError("oops"))
    assert [(line["log_level"], line["exc_info"]) for line in logs] == [("error", True)]
    assert (await scene.answer(running())).at == POLL
    assert scene.follow("e1") == Listed(running())


@in_virtual_time
async def test_a_poller_that_died_begins_again_with_who_followed_already():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    (poller,) = [task for task in asyncio.all_tasks() if task.get_name() == "snapshot"]
    poller.cancel()
    await asyncio.gather(poller, return_exceptions=True)
    scene.follow("e1")
    assert (await scene.lister.asked()).at == POLL


@in_virtual_time
async def test_an_error_after_a_slow_good_list_keeps_to_its_interval():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(2.0)
    await ask.answer(running())
    failed = await scene.fail()
    assert (await scene.lister.asked()).at - failed.at == 20 * 2.0


@in_virtual_time
async def test_the_end_of_trouble_is_told_when_nobody_follows_any_more():
    scene = Scene()
    scene.follow_all("e1", "e2")
    await scene.fail()
    scene.snapshot.unfollow("e1")
    assert scene.told == [Trouble(AWAY, 0.0)]
    scene.snapshot.unfollow("e2")
    assert scene.told == [Trouble(AWAY, 0.0), None]


@in_virtual_time
async def test_a_list_that_fails_after_the_last_follower_is_no_trouble():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    scene.snapshot.unfollow("e1")
    await ask.fail()
    assert (scene.told, scene.snapshot.trouble) == ([], None)


@in_virtual_time
async def test_wakes_are_paced_by_who_is_given():
    held = []
    scene = Scene(wake_all=held.extend)
    scene.follow_all("e1", "e2")
    while seconds() < 2 * OUTAGE:
        await scene.fail()
    assert scene.was_woken() == []
    assert len(held) == 2


@in_virtual_time
async def test_a_closed_snapshot_lists_no_more():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await scene.snapshot.close()
    assert ask.answered.cancelled()
    await asyncio.sleep(100.0)
    assert scene.lister.is_idle


@in_virtual_time
async def test_a_snapshot_that_nobody_followed_can_be_closed():
    scene = Scene()
    await scene.snapshot.close()
    assert scene.lister.is_idle


@in_virtual_time
async def test_the_age_is_that_of_the_newest_complete_list():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    await scene.fail()
    await asyncio.sleep(2.0)
    assert scene.snapshot.age == POLL + 2.0


@in_virtual_time
async def test_a_list_that_nobody_wants_has_no_age():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    scene.snapshot.unfollow("e1")
    await asyncio.sleep(100.0)
    assert scene.snapshot.age is None


@in_virtual_time
async def test_a_list_that_waited_for_our_own_limit_is_not_called_slow():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(10.0)
    ask.waited_seconds = 10.0
    await ask.answer(running())
    assert (await scene.lister.asked()).at == 10.0 + POLL


@in_virtual_time
async def test_a_list_that_failed_after_it_waited_for_our_own_limit_is_not_called_slow():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(10.0)
    ask.waited_seconds = 10.0
    await ask.fail()
    assert (await scene.lister.asked()).at == 10.0 + POLL
