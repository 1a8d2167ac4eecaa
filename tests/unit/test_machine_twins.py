"""What else has the name of what was created: looked for in time, told while it is there."""

from __future__ import annotations

import pytest

from execution_operator.remote.errors import Forbidden, Unreachable
from support.agents import agent, found
from support.machine_stage import Stage


async def created() -> Stage:
    """A stage on which an agent was created a moment ago."""
    stage = Stage(agent())
    await stage.look()
    return stage


async def told_of_a_twin() -> Stage:
    """The same, minutes after another process made a twin of it."""
    stage = await created()
    stage.hub.there.append(found("102"))
    await stage.goes_by(300.0)
    assert "remove 102 there" in stage.says("Ready")[2]
    return stage


async def test_a_twin_that_is_gone_is_told_no_more_although_people_asked_for_a_look():
    stage = await told_of_a_twin()
    stage.hub.there.pop()
    stage.request("now")
    await stage.goes_by(180.0)
    assert stage.says("Synced")[:2] == ("True", "Synced")
    assert (await stage.look()).look_again is None


async def test_a_twin_is_looked_for_although_people_ask_for_a_look_before():
    stage = await created()
    stage.hub.there.append(found("102"))
    stage.request("now")
    await stage.goes_by(300.0)
    assert stage.says("Synced")[:2] == ("False", "Conflict")


OTHERS_FAIL = [
    pytest.param(Forbidden("no right to see team spaces"), id="Forbidden"),
    pytest.param(Unreachable("no answer"), id="5xx"),
]


@pytest.mark.parametrize("error", OTHERS_FAIL)
async def test_a_search_for_twins_that_fails_makes_nothing_unusable(error):
    stage = await created()
    stage.hub.there.append(found("102"))
    stage.spaces_fail = error
    await stage.goes_by(900.0)
    assert stage.says("Ready")[:2] == ("True", "Ready")
    assert stage.says("Stalled") == ("", "", "")


async def test_a_search_for_twins_that_fails_is_repeated_each_minute():
    stage = await created()
    stage.hub.there.append(found("102"))
    stage.spaces_fail = Unreachable("no answer")
    await stage.goes_by(600.0)
    assert 3 <= stage.spaces_asked <= 10
    stage.spaces_fail = None
    await stage.goes_by(61.0)
    assert stage.says("Synced")[:2] == ("False", "Conflict")


async def test_a_twin_is_told_while_the_search_for_it_fails():
    stage = await told_of_a_twin()
    stage.spaces_fail = Forbidden("no right to see team spaces")
    await stage.goes_by(300.0)
    assert stage.says("Synced")[:2] == ("False", "Conflict")
    assert "remove 102 there" in stage.says("Ready")[2]
