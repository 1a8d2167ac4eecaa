"""Whole looks at a machine on a server, or in a cluster, that takes its time."""

from __future__ import annotations

import pytest

from execution_operator.api.machine import Origin
from execution_operator.reconcile.kind import Result
from execution_operator.reconcile.ports import ObjectsUnavailable
from execution_operator.remote.errors import Unreachable
from support.agents import RECORDED, agent, found, held_agent
from support.machine_stage import Stage
from support.runs import PERIODS


def slow(*, lists=0.0, check=0.0, write=0.0):
    """A new object; the three take so many seconds."""
    stage = Stage(agent(), list_takes=lists, check_takes=check)
    stage.cluster.write_takes = write
    return stage


@pytest.mark.parametrize(
    "takes",
    [
        pytest.param({"lists": 25.0}, id="a list"),
        pytest.param({"check": 25.0}, id="the try before it"),
        pytest.param({"write": 100.0}, id="the write of the intent"),
        pytest.param({"lists": 100.0, "check": 100.0, "write": 100.0}, id="everything"),
    ],
)
async def test_one_look_creates_it_once_however_long_things_take(takes):
    stage = slow(**takes)
    outcome = await stage.look()
    assert not outcome.restless
    assert stage.hub.asked[:2] == ["list", "create"]
    assert stage.hub.asked.count("create") == 1
    assert stage.now_wanted.status.origin is Origin.CREATED


async def test_a_slow_list_of_one_that_is_there_adopts_it():
    stage = slow(lists=25.0)
    stage.hub.there.append(found())
    outcome = await stage.look()
    assert (outcome.restless, stage.now_wanted.status.origin) == (False, Origin.ADOPTED)


async def test_an_intent_that_was_written_without_an_answer_is_followed_by_a_new_look_up():
    stage = slow()
    stage.hub.refusal = Unreachable("no connection")
    stage.seconds += (await stage.look()).look_again
    stage.hub.refusal = None
    stage.cluster.silent = ObjectsUnavailable("no answer")
    assert (await stage.look()).result is Result.TRANSIENT
    stage.seconds += 90.0
    stage.hub.asked.clear()
    await stage.look()
    assert stage.hub.asked[:2] == ["list", "create"]


async def test_no_intent_is_written_for_a_server_that_is_another_one_by_now():
    stage = Stage(agent(), url_after_check="https://other")
    await stage.look()
    assert (stage.hub.asked, stage.cluster.held) == (["list"], [])


DRIFTS = held_agent(spec={"ram": "16"}, status=RECORDED)


async def test_the_first_failure_after_a_long_peace_is_a_first_one_again():
    stage = Stage(DRIFTS)
    stage.hub.refusal = Unreachable("no connection")
    await stage.listed(found(ram="8"))
    for _ in range(6):
        outcome = await stage.look()
        stage.seconds += outcome.look_again
    assert outcome.look_again > 10.0
    await stage.listed(found(ram="16"))
    stage.seconds += PERIODS.fight
    await stage.look()
    await stage.listed(found(ram="8"))
    assert (await stage.look()).look_again < 1.0


async def test_an_id_that_was_gone_and_came_back_is_not_gone_at_the_next_doubt():
    stage = Stage(DRIFTS)
    stage.hub.denies = True
    await stage.listed(found(hostName="another"))
    stage.hub.there = [found(ram="8")]
    stage.seconds += 20.0
    await stage.look()
    assert stage.now_wanted.status.machine_id == "101"
    assert stage.cluster.held == [False, True], "let go of once, adopted once"


async def test_what_was_read_long_ago_is_not_told_again_when_new_lists_begin():
    stage = Stage(agent())
    await stage.listed(found(state="LOST"))
    await stage.look()
    stage.seconds += 5.0
    await stage.listed(found())
    await stage.look()
    assert stage.says("Ready")[:2] == ("True", "Ready")
    stage.reconnect()
    await stage.look()
    assert stage.says("Ready")[:2] == ("True", "Ready")
