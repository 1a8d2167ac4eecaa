"""One list for all that follow a project's runs, and what each follower is told."""

from __future__ import annotations

import asyncio

from execution_operator.remote.snapshot import Listed, Unlisted, Unseen
from execution_operator.remote.testhub.wire import ACTIVE_WORDS
from support.snapshots import POLL, TAG, Scene, running
from support.virtual_time import in_virtual_time


@in_virtual_time
async def test_many_followers_share_one_list():
    scene = Scene()
    scene.follow_all("e1", "e2", "e3")
    await scene.answer(running("e1"), running("e2"), running("e3"))
    assert scene.lister.is_idle
    assert scene.follow_all("e1", "e2", "e3") == [
        Listed(running(one)) for one in ("e1", "e2", "e3")
    ]


@in_virtual_time
async def test_only_active_runs_of_the_cluster_are_asked_for():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    assert ask.project_id == "7"
    assert ask.chosen.tags == (TAG,)
    assert ask.chosen.status == ACTIVE_WORDS


@in_virtual_time
async def test_nobody_lists_before_somebody_follows():
    scene = Scene()
    await asyncio.sleep(100.0)
    assert scene.lister.is_idle


@in_virtual_time
async def test_the_first_list_is_asked_for_at_once():
    scene = Scene()
    scene.follow("e1")
    assert (await scene.lister.asked()).at == 0.0


@in_virtual_time
async def test_lists_follow_each_other_at_the_interval():
    scene = Scene()
    scene.follow("e1")
    assert [(await scene.answer(running())).at for _ in range(3)] == [0.0, POLL, 2 * POLL]


@in_virtual_time
async def test_there_is_never_a_second_list_while_one_is_under_way():
    scene = Scene()
    scene.follow("e1")
    await scene.lister.asked()
    await asyncio.sleep(100.0)
    scene.follow("e2")
    await asyncio.sleep(100.0)
    assert scene.lister.is_idle


@in_virtual_time
async def test_nothing_is_known_before_the_first_list():
    scene = Scene()
    assert scene.follow("e1") == Unseen()
    assert (scene.snapshot.trouble, scene.snapshot.age) == (None, None)


@in_virtual_time
async def test_a_follower_is_woken_by_its_first_sighting():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    assert scene.was_woken() == ["e1"]


@in_virtual_time
async def test_a_follower_is_not_woken_while_nothing_changes():
    scene = Scene()
    scene.follow("e1")
    for _ in range(5):
        await scene.answer(running())
    assert scene.was_woken() == ["e1"]


@in_virtual_time
async def test_only_the_followers_of_what_changed_are_woken():
    scene = Scene()
    scene.follow_all("e1", "e2", "e3")
    await scene.answer(running("e1"), running("e2"), running("e3"))
    scene.was_woken()
    await scene.answer(running("e1"), running("e2", "STOPPING"))
    assert scene.was_woken() == ["e2", "e3"]


@in_virtual_time
async def test_runs_that_nobody_follows_wake_nobody():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    scene.was_woken()
    await scene.answer(running(), running("e9"))
    assert scene.was_woken() == []


@in_virtual_time
async def test_a_run_that_is_not_in_the_list_is_unlisted_since_that_list_began():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running())
    ask = await scene.lister.asked()
    await asyncio.sleep(2.0)
    await ask.answer()
    assert scene.follow("e1") == Unlisted(POLL)


@in_virtual_time
async def test_a_run_that_stays_away_is_unlisted_since_the_first_list_without_it():
    scene = Scene()
    scene.follow("e1")
    for _ in range(3):
        await scene.answer()
    assert scene.follow("e1") == Unlisted(0.0)
    assert scene.was_woken() == ["e1"]


@in_virtual_time
async def test_a_run_that_comes_back_is_listed_again():
    scene = Scene()
    scene.follow("e1")
    await scene.answer()
    await scene.answer(running())
    assert scene.follow("e1") == Listed(running())
    assert scene.was_woken() == ["e1", "e1"]


@in_virtual_time
async def test_a_list_that_began_before_a_run_was_followed_says_nothing_of_its_absence():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(1.0)
    scene.follow("e2")
    await ask.answer(running("e1"))
    assert scene.follow("e2") == Unseen()
    assert scene.was_woken() == ["e1"]


@in_virtual_time
async def test_a_list_that_began_after_a_run_was_followed_says_that_it_is_absent():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(0.1)
    scene.follow("e2")
    await ask.answer(running("e1"))
    second = await scene.answer(running("e1"))
    assert scene.follow("e2") == Unlisted(second.at)


@in_virtual_time
async def test_a_list_that_began_before_a_run_was_followed_may_still_show_it():
    scene = Scene()
    scene.follow("e1")
    ask = await scene.lister.asked()
    await asyncio.sleep(1.0)
    scene.follow("e2")
    await ask.answer(running("e1"), running("e2"))
    assert scene.follow("e2") == Listed(running("e2"))


@in_virtual_time
async def test_listed_runs_that_nobody_follows_are_told():
    strangers = []
    scene = Scene(on_strangers=strangers.append)
    scene.follow("e1")
    await scene.answer(running("e1"), running("e8"), running("e9"))
    await scene.answer(running("e1"))
    assert strangers == [{"e8", "e9"}, set()]


@in_virtual_time
async def test_a_run_that_did_not_change_is_held_as_it_was_first_read():
    scene = Scene()
    scene.follow("e1")
    first = running()
    await scene.answer(first)
    await scene.answer(running())
    assert scene.follow("e1").execution is first


@in_virtual_time
async def test_who_follows_a_run_of_a_closed_snapshot_starts_nothing():
    scene = Scene()
    scene.follow("e1")
    await scene.answer(running("e1"))
    await scene.snapshot.close()
    scene.follow("e1")
    await asyncio.sleep(100.0)
    assert scene.lister.is_idle
