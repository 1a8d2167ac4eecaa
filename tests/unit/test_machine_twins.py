"""What else has the name of what was created: looked for in time, told while it is there."""

from __future__ import annotations

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
