"""What a server means that answers 410 about a machine: it had it once."""

from __future__ import annotations

import pytest

from execution_operator.remote.errors import Rejected
from support.agents import RECORDED, found, held_agent
from support.machine_stage import Stage
from support.runs import at

OTHER = "loadgen-1.elsewhere.example.com"
GONE = Rejected("it was here once", status=410)


async def test_a_410_says_that_it_is_gone_to_a_deletion():
    stage = Stage(held_agent(status=RECORDED, deleted_at=at(1000.0).utc))
    stage.hub.silent = GONE
    await stage.look()
    assert (stage.told, stage.now_wanted.metadata.finalizers) == ([], ())


async def test_a_410_to_a_removal_says_that_it_is_gone():
    stage = Stage(held_agent(status=RECORDED, deleted_at=at(1000.0).utc))
    stage.hub.there = [found()]
    stage.hub.keeps = GONE
    await stage.look()
    assert (stage.told, stage.now_wanted.metadata.finalizers) == ([], ())


async def test_a_410_says_that_it_is_gone_to_whoever_looks_for_it():
    stage = Stage(held_agent(status=RECORDED))
    await stage.listed(found(hostName=OTHER))
    stage.hub.silent = GONE
    await stage.look()
    assert stage.told[0] == "NotFound"
    assert "create" in stage.hub.asked


@pytest.mark.parametrize(
    "says",
    [
        pytest.param({"silent": GONE}, id="read"),
        pytest.param({"refusal": GONE}, id="written"),
    ],
)
async def test_a_410_to_a_repair_says_that_it_is_gone_and_lists_decide(says):
    stage = Stage(held_agent(spec={"ram": "16"}, status=RECORDED))
    await stage.listed(found())
    for name, value in says.items():
        setattr(stage.hub, name, value)
    await stage.look()
    assert stage.says("Stalled") == ("", "", "")
    assert stage.says("Synced")[1] != "Rejected"
