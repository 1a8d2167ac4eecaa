"""How long what some projects fail of is told and remembered, and what goes on meanwhile."""

from __future__ import annotations

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.actions import Associate, Dissociate
from execution_operator.kinds.machines.claims import due_again
from execution_operator.kinds.machines.seen import Memory, Refusal, WantedProject
from execution_operator.kinds.problems import Problem
from support.agents import RECORDED, decide, found, held_agent, seen, summarize
from support.agents_server import AgentsServer
from support.machine_stage import Stage
from support.runs import START, at

NOW = at(100.0)
AWAY = Problem(reason=Reason.SERVER_UNREACHABLE, message="no answer")
TO_USE = {Associate("7", "101"): Refusal(AWAY, 130.0)}
DENIED = {
    Associate("7", "101"): Refusal(Problem(reason=Reason.FORBIDDEN, message="no right"), 130.0)
}
TO_USE_NO_MORE = {Dissociate("7", "101"): Refusal(AWAY, 130.0)}


def said(kind, status, reason):
    told = {"type": kind, "status": status, "reason": reason, "message": "so it was"}
    return told | {"observedGeneration": 1, "lastTransitionTime": START.isoformat()}


USABLE = [said("Ready", "True", "Ready"), said("Synced", "True", "Synced")]


def known(*, spec="", ours="", conditions=USABLE, memory=None, **more):
    """An agent on record whose spec lists some projects, and some of which are ours."""
    status = {"state": "AVAILABLE", "observedGeneration": 1, "conditions": conditions}
    one = held_agent(
        spec={"projects": [{"id": of} for of in spec]},
        status=RECORDED | status | {"projects": [{"id": of} for of in ours]},
    )
    return one, seen(one, memory, **({"machine": found()} | more))


@pytest.mark.parametrize(
    ("refusals", "of", "is_told"),
    [
        pytest.param(TO_USE, {"spec": "7", "associations": {"7": False}}, True, id="it lacks it"),
        pytest.param(
            TO_USE, {"spec": "7", "associations": {"7": True}}, False, id="it uses it by now"
        ),
        pytest.param(TO_USE, {}, False, id="it left the spec"),
        pytest.param(
            TO_USE_NO_MORE, {"ours": "7", "associations": {"7": True}}, True, id="it still uses it"
        ),
        pytest.param(
            TO_USE_NO_MORE,
            {"spec": "7", "ours": "7", "associations": {"7": True}},
            False,
            id="it is to use it again",
        ),
    ],
)
def test_only_what_a_project_still_fails_of_is_told_at_once(refusals, of, is_told):
    wanted, now_seen = known(memory=Memory(refusals=refusals, problem=AWAY), **of)
    assert (summarize(wanted, now_seen, NOW) != wanted.status) is is_told


@pytest.mark.parametrize(
    ("asked_for", "kept"),
    [
        pytest.param((1, ""), {"7": 130.0, "8": 130.0, "9": 130.0}, id="the same"),
        pytest.param((0, ""), {"7": 0.0, "8": 0.0}, id="an older spec"),
    ],
)
def test_a_refusal_of_an_older_spec_is_due_at_once_or_forgotten(asked_for, kept):
    old = Refusal(AWAY, 130.0, tries=3, asked_for=asked_for)
    refusals = {Associate(one, "101"): old for one in "789"}
    of = known(spec="7", ours="8", memory=Memory(refusals=refusals), associations={"7": False})
    assert {one.project_id: refusal.until for one, refusal in due_again(*of).items()} == kept


NAMELESS = WantedProject(id=None, name="Billing", problem=AWAY)
UNASKED = (NAMELESS, WantedProject(id="7"), WantedProject(id="8"))


@pytest.mark.parametrize(
    ("ours", "memory", "recorded"),
    [
        pytest.param("8", Memory(), ["7", "8"], id="claimed"),
        pytest.param("78", Memory(settles={"7": None}, refusals=DENIED), ["8"], id="taken back"),
    ],
)
def test_claims_are_written_while_a_name_that_cannot_be_looked_up_is_not_told(
    ours, memory, recorded
):
    wanted, now_seen = known(
        ours=ours, memory=memory, projects=UNASKED, associations={"7": False, "8": True}
    )
    status = summarize(wanted, now_seen, NOW)
    assert [one.id for one in status.projects] == recorded
    assert status.conditions == wanted.status.conditions


def test_others_are_associated_while_a_name_cannot_be_looked_up():
    of = known(ours="78", projects=UNASKED, associations={"7": False, "8": True})
    assert decide(*of, NOW).action == Associate("7", "101")


AWAY_TOLD = [
    said("Ready", "Unknown", "ServerUnreachable"),
    said("Reconciling", "True", "ServerUnreachable"),
    said("Synced", "False", "ServerUnreachable"),
]


def coming_back(back_since):
    """It is seen again, and one of its projects has no list that proves anything."""
    memory = Memory(back_since=back_since)
    return known(spec="7", conditions=AWAY_TOLD, memory=memory, associations={"7": None})


def test_what_comes_back_waits_for_lists_of_its_projects_as_long_as_an_outage_is_not_told():
    of = coming_back(back_since=41.0)
    assert summarize(*of, NOW).conditions == of[0].status.conditions
    assert decide(*of, NOW).look_again == 1.0


def test_what_came_back_is_told_although_the_list_of_a_project_proves_nothing():
    of = coming_back(back_since=40.0)
    told = {one.type: (one.status, one.reason) for one in summarize(*of, NOW).conditions}
    assert (told["Ready"], told["Synced"]) == (("False", "Pending"), ("True", "Synced"))
    assert decide(*of, NOW).look_again is None


async def test_the_list_of_a_project_that_never_proves_anything_keeps_no_outage_told():
    wanted, _ = known(spec="7", conditions=AWAY_TOLD)
    hub = AgentsServer(there=[found()], shifts="7")
    hub.shifted = [(found(str(one)),) for one in range(200, 300)]
    stage = Stage(wanted, hub=hub)
    await stage.goes_by(50.0)
    assert stage.says("Ready")[:2] == ("Unknown", "ServerUnreachable")
    await stage.goes_by(60.0)
    assert stage.says("Ready")[:2] == ("False", "Pending")
    assert stage.says("Synced")[:2] == ("True", "Synced")
