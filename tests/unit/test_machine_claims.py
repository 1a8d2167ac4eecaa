"""Whose an association is, whatever becomes of our requests; nobody else's is ever ended."""

from __future__ import annotations

import pytest

from execution_operator.remote.errors import (
    Closed,
    Forbidden,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    Unreachable,
)
from support.project_lab import Lab

LOST = Unreachable("no answer")
DENIED = Forbidden("no right")
GONE = Rejected("it was here once", status=410)


async def test_a_project_is_claimed_as_long_as_it_is_ours():
    lab = Lab()
    await lab.looks()
    assert (lab.claimed, lab.hub.changes, lab.ready) == ("7", ["+7"], ("True", "Ready"))


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(DENIED, id="Forbidden"),
        pytest.param(NotFound("no such project"), id="NotFound"),
        pytest.param(Rejected("not this one"), id="Rejected"),
    ],
)
async def test_what_the_server_surely_refused_is_no_claim(refusal):
    lab = Lab()
    lab.hub.fates["7"] = refusal
    await lab.looks()
    assert (lab.claimed, lab.ready) == ("", ("False", refusal.reason))


async def test_a_refused_project_is_tried_ever_more_rarely_and_claimed_before():
    lab, waits = Lab(), [1.0]
    lab.hub.fates["7"] = DENIED
    for _ in range(6):
        waits.append((await lab.looks(after=waits[-1])).look_again)
    assert lab.hub.changes == ["+7"] * 6
    assert waits[1:] == [60.0, 120.0, 240.0, 480.0, 600.0, 600.0]
    lab.hub.fates.clear()
    await lab.looks(after=waits[-1])
    assert (lab.claimed, lab.ready) == ("7", ("True", "Ready"))


async def test_a_refused_project_is_tried_at_once_when_people_change_the_spec():
    lab = Lab()
    lab.hub.fates["7"] = DENIED
    await lab.looks()
    await lab.looks()
    assert lab.hub.changes == ["+7"]
    lab.hub.fates.clear()
    lab.lists("78")
    await lab.looks()
    assert lab.hub.changes == ["+7", "+7", "+8"]


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "after a restart"])
async def test_what_a_person_associates_after_a_refusal_is_theirs(restarts):
    lab = Lab()
    lab.hub.fates["7"] = DENIED
    await lab.looks()
    lab.hub.uses.add("7")
    if restarts:
        lab.restart()
    await lab.looks()
    assert (lab.claimed, lab.ready) == ("", ("True", "Ready"))
    lab.hub.fates.clear()
    lab.lists("")
    await lab.looks()
    lab.stage.delete()
    await lab.looks()
    assert (lab.hub.changes, lab.hub.uses) == (["+7"], {"7"})


async def test_what_a_person_associates_between_claim_and_request_is_theirs():
    lab = Lab("34567")
    await lab.looks()
    assert (lab.claimed, lab.hub.uses) == ("34567", {*"3456"})  # others have their turn
    lab.hub.uses.add("7")
    await lab.looks()
    assert (lab.claimed, len(lab.hub.changes)) == ("3456", 4)


async def test_what_was_carried_out_although_the_answer_was_lost_is_ours():
    lab = Lab()
    lab.hub.fates["7"] = LOST
    await lab.looks()
    lab.hub.uses.add("7")
    await lab.looks()
    assert (lab.claimed, lab.ready) == ("7", ("True", "Ready"))


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "after a restart"])
async def test_what_is_carried_out_late_is_ended_although_it_is_not_wanted_any_more(restarts):
    lab = Lab()
    lab.hub.fates["7"] = LOST
    await lab.looks()
    lab.hub.fates.clear()
    lab.lists("")
    if restarts:
        lab.restart()
    outcome = await lab.looks()
    assert (lab.claimed, outcome.look_again) == ("7", pytest.approx(60.0, abs=1.0))
    lab.hub.uses.add("7")
    await lab.looks()
    assert (lab.claimed, lab.hub.changes, lab.hub.uses) == ("", ["+7", "-7"], set())


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "after a restart"])
async def test_what_is_surely_not_carried_out_any_more_is_let_go_without_a_request(restarts):
    lab = Lab()
    lab.hub.fates["7"] = LOST
    await lab.looks()
    lab.lists("")
    if restarts:
        lab.restart()
    outcome = await lab.looks()
    await lab.looks(after=outcome.look_again)
    assert (lab.claimed, lab.hub.changes) == ("", ["+7"])


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "after a restart"])
async def test_a_refusal_soon_after_a_lost_answer_ends_no_claim(restarts):
    lab = Lab()
    lab.hub.fates["7"] = LOST
    await lab.looks()
    lab.hub.fates["7"] = DENIED
    if restarts:
        lab.restart()
    else:
        lab.lists("78")  # tried at once
    await lab.looks()
    assert (lab.hub.changes[:2], lab.claimed[0]) == (["+7", "+7"], "7")
    lab.hub.uses.add("7")
    await lab.looks()
    assert lab.claimed[0] == "7"


async def test_a_refusal_long_after_a_lost_answer_ends_the_claim():
    lab = Lab()
    lab.hub.fates["7"] = LOST
    await lab.looks()
    lab.hub.fates["7"] = DENIED
    await lab.looks(after=60.0)
    assert (lab.hub.changes, lab.claimed) == (["+7", "+7"], "")


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "after a restart"])
async def test_a_deletion_waits_for_what_may_be_carried_out_late(restarts):
    lab = Lab()
    lab.hub.fates["7"] = LOST
    await lab.looks()
    lab.hub.fates.clear()
    lab.stage.delete()
    if restarts:
        lab.restart()
    outcome = await lab.looks()
    assert lab.stage.now_wanted.metadata.is_held
    lab.hub.uses.add("7")
    await lab.looks(after=outcome.look_again)
    assert (lab.hub.changes, lab.hub.uses) == (["+7", "-7"], set())
    assert not lab.stage.now_wanted.metadata.is_held


async def test_a_deletion_soon_after_a_restart_waits_for_nothing_that_is_there():
    lab = Lab()
    await lab.looks()
    lab.stage.delete()
    lab.restart()
    await lab.looks()
    assert (lab.hub.changes, lab.hub.uses) == (["+7", "-7"], set())
    assert not lab.stage.now_wanted.metadata.is_held


OF_ONE = [
    pytest.param(LOST, id="5xx"),
    pytest.param(ProtocolError("a proxy's page"), id="no sense"),
    pytest.param(DENIED, id="Forbidden"),
]


@pytest.mark.parametrize("fate", OF_ONE)
async def test_one_project_that_fails_keeps_nothing_else_waiting(fate):
    lab = Lab("78", members={"ram": "16"})
    lab.hub.fates["7"] = fate
    outcome = await lab.looks()
    assert (lab.hub.changes, lab.hub.uses) == (["+7", "+8"], {"8"})
    assert "update" in lab.hub.asked
    assert outcome.look_again <= 60.0
    assert lab.ready[1] == fate.reason


@pytest.mark.parametrize("fate", OF_ONE)
async def test_one_project_that_fails_keeps_no_other_from_being_dissociated(fate):
    lab = Lab("78")
    await lab.looks()
    lab.hub.fates["7"] = fate
    lab.lists("")
    await lab.looks()
    assert (lab.claimed, lab.hub.uses) == ("7", {"7"})
    assert lab.hub.changes[2:] == ["-7", "-8"]


@pytest.mark.parametrize(
    "fate",
    [
        pytest.param(RateLimited("slower", retry_after=70.0), id="slower"),
        pytest.param(Closed("another connection"), id="closed by us"),
    ],
)
async def test_what_is_not_about_one_project_stops_all_changes(fate):
    lab = Lab("78")
    lab.hub.fates["7"] = fate
    await lab.looks()
    assert (lab.hub.changes, lab.claimed) == (["+7"], "78")


@pytest.mark.parametrize(
    ("read", "changes"),
    [
        pytest.param(GONE, ["+7"], id="to a read"),
        pytest.param(DENIED, ["+7", "-7"], id="to a change"),
    ],
)
async def test_a_410_says_that_a_project_does_not_use_it(read, changes):
    lab = Lab()
    await lab.looks()
    await lab.looks(after=60.0)
    lab.hub.unreadable, lab.hub.fates["7"] = read, GONE
    lab.hub.uses.clear()
    lab.lists("")
    lab.stage.seconds += 1.0
    await lab.stage.look()
    assert (lab.claimed, lab.stage.says("Synced")[:2]) == ("", ("True", "Synced"))
    assert lab.hub.changes == changes


UNSEEN = [
    pytest.param(NotFound("no such project"), id="deleted on the server"),
    pytest.param(DENIED, id="not ours to see any more"),
]


@pytest.mark.parametrize("blind", UNSEEN)
async def test_a_claim_that_an_earlier_process_made_ends_although_nobody_sees_the_project(blind):
    lab = Lab()
    await lab.looks()
    lab.hub.uses.clear()
    lab.hub.blind["7"] = blind
    lab.lists("")
    lab.restart()
    outcome = await lab.looks()
    assert (lab.claimed, outcome.look_again) == ("7", pytest.approx(60.0, abs=1.0))
    outcome = await lab.looks(after=outcome.look_again)
    assert (lab.claimed, outcome.look_again) == ("", None)


@pytest.mark.parametrize("blind", UNSEEN)
async def test_the_claim_of_a_lost_request_ends_although_nobody_sees_the_project(blind):
    lab = Lab()
    lab.hub.fates["7"] = LOST
    await lab.looks()
    lab.hub.fates.clear()
    lab.hub.blind["7"] = blind
    lab.lists("")
    outcome = await lab.looks()
    assert (lab.claimed, outcome.look_again) == ("7", pytest.approx(60.0, abs=1.0))
    await lab.looks(after=outcome.look_again)
    assert lab.claimed == ""


async def test_what_is_seen_associated_again_is_ended_at_once():
    lab = Lab()
    await lab.looks()
    lab.hub.uses.clear()
    lab.hub.blind["7"] = DENIED
    lab.lists("")
    lab.restart()
    await lab.looks()
    lab.hub.blind.clear()
    lab.hub.uses.add("7")
    await lab.looks()
    assert (lab.claimed, lab.hub.uses) == ("", set())


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "after a restart"])
async def test_what_others_associated_stays_theirs_while_no_request_could_follow(restarts):
    lab = Lab(members={"ram": "16"})
    lab.hub.refusal = Rejected("no such ram")
    lab.hub.uses.add("7")
    await lab.looks()
    assert lab.ready == ("False", "Rejected")
    lab.hub.uses.clear()
    await lab.looks()
    assert lab.claimed == ""
    lab.hub.uses.add("7")
    if restarts:
        lab.restart()
    lab.lists("")
    await lab.looks()
    assert (lab.hub.changes, lab.hub.uses) == ([], {"7"})
