"""Requests that leave late, since their process was frozen, and runs that are listed late."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from execution_operator.kinds.test_execution.identity import cluster_tag
from support.exactly_once import World, moment
from support.exactly_once_cluster import run_key
from support.exactly_once_points import Point
from support.exactly_once_server import SETTLING_SECONDS, Fate
from support.virtual_time import in_virtual_time

AGES = 6 * SETTLING_SECONDS


@asynccontextmanager
async def second_request(*fates):
    """A world in which one process is frozen with a request, and the next one has repeated it."""
    with capture_logs():
        world = World()
        await world.take_over()
        world.leader.trap = Point.AFTER_FENCE
        world.server.fates.append(Fate.ANSWERED)
        world.create()
        await moment()
        world.server.fates.extend(fates)
        await world.take_over()
        await asyncio.sleep(SETTLING_SECONDS + 1.0)
        assert len(world.server.runs) == 1
        yield world
        await world.crash()


def survivors(world):
    return [run.id for run in world.server.runs if run.survives]


def warnings(world):
    return [reason for _, reason, _ in world.told.warnings]


@pytest.mark.parametrize("late", [0, 50, 200, 290])
@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.LOST_AFTER], ids=["answered", "lost"])
@in_virtual_time
async def test_a_deleted_object_goes_when_a_late_second_run_is_stopped(fate, late):
    async with second_request(fate) as world:
        await asyncio.sleep(5.0)
        world.delete("u1")
        await asyncio.sleep(late)
        await world.thaw()
        await asyncio.sleep(AGES)
        assert len(world.server.runs) == 2
        assert survivors(world) == []
        assert warnings(world) == ["SecondRunStopped"]
        assert run_key("u1") not in world.cluster.objects


@in_virtual_time
async def test_a_deleted_object_waits_until_its_second_run_is_seen_ended():
    async with second_request() as world:
        await asyncio.sleep(5.0)
        world.delete("u1")
        await world.thaw()
        for _ in range(1000):
            if run_key("u1") not in world.cluster.objects:
                break
            await asyncio.sleep(1.0)
        assert run_key("u1") not in world.cluster.objects
        assert [run.word for run in world.server.runs] == ["STOPPED_BY_USER"] * 2


@in_virtual_time
async def test_the_deletion_of_an_object_with_one_request_waits_for_its_end_alone():
    with capture_logs():
        world = World()
        await world.take_over()
        world.create()
        await asyncio.sleep(30.0)
        world.delete("u1")
        await asyncio.sleep(45.0)
        assert run_key("u1") not in world.cluster.objects
        await world.crash()


@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.LOST_AFTER], ids=["answered", "lost"])
@in_virtual_time
async def test_a_long_run_is_looked_up_once_more_at_its_end(fate):
    async with second_request(fate) as world:
        (kept,) = world.server.runs
        await asyncio.sleep(3600.0)  # no unclaimed run makes anybody look so long after
        await world.thaw()
        world.server.end(kept, "LAUNCH_FAILED")
        await asyncio.sleep(SETTLING_SECONDS)
        assert survivors(world) == []
        assert warnings(world).count("SecondRunStopped") == 1
        status = world.cluster.objects[run_key("u1")]["status"]
        assert (status["execution"]["id"], status["phase"]) == (kept.id, "Error")


@pytest.mark.parametrize("late", [0, 300, 1800])
@in_virtual_time
async def test_the_successor_of_who_asked_a_second_time_stops_a_late_second_run(late):
    async with second_request() as world:
        (kept,) = world.server.runs
        await world.crash()
        await world.take_over()
        await asyncio.sleep(late)
        await world.thaw()
        await asyncio.sleep(AGES)
        assert survivors(world) == [kept.id]
        assert warnings(world) == ["SecondRunStopped"]


@in_virtual_time
async def test_a_run_that_is_too_young_for_the_lists_makes_no_server_untrusted():
    with capture_logs():
        world = World()
        await world.take_over()
        world.server.fates.extend([Fate.ANSWERED, Fate.LOST_BEFORE])
        world.server.lag = 58.0
        world.create()
        await moment()
        world.create()
        await moment()
        world.server.lag = 0.0
        nobodys = {"testAsset": {"assetId": "nobody"}, "tags": [cluster_tag("c1")]}
        await world.server.carry_out(Fate.ANSWERED, nobodys)
        await world.crash()
        await world.take_over()
        await asyncio.sleep(SETTLING_SECONDS + 10.0)
        assert [run.owner for run in world.server.runs] == ["u1", "nobody", "u2"]
        await world.crash()
