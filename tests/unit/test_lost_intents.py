"""Somebody takes away the annotation that says that a run was asked for."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from support.exactly_once import World, moment
from support.exactly_once_cluster import run_key
from support.exactly_once_server import Fate
from support.virtual_time import in_virtual_time

KEY = run_key("u1")


@asynccontextmanager
async def started(fate, *, dies):
    """A world whose run is known, or in doubt, and whose intent somebody takes away."""
    with capture_logs():
        world = World()
        await world.take_over()
        world.server.fates.append(fate)
        world.server.is_away = False
        world.create()
        await moment()
        if dies:
            await world.crash()
        world.take_intent_away("u1")
        yield world
        await world.crash()


@pytest.mark.parametrize("dies", [False, True], ids=["goes on", "dies"])
@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.LOST_AFTER, Fate.HUNG_STARTED], ids=str)
@pytest.mark.parametrize("ask", [World.cancel, World.delete], ids=["cancelled", "deleted"])
@in_virtual_time
async def test_a_run_is_stopped_although_its_intent_is_gone(ask, fate, dies):
    async with started(fate, dies=dies) as world:
        ask(world, "u1")
        if dies:
            await world.take_over()
        await asyncio.sleep(300.0)
        (run,) = world.server.runs
        assert run.word == "STOPPED_BY_USER"
        assert not world.cluster.objects.get(KEY, {"metadata": {}})["metadata"].get("finalizers")
