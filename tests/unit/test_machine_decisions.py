"""What is done next about an agent: a table of what is known and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from execution_operator.api.machine import Origin
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.actions import (
    Associate,
    Confirm,
    Create,
    Dissociate,
    LookUp,
    Release,
    Remove,
    Update,
    Withdraw,
    WriteIntent,
)
from execution_operator.kinds.machines.seen import Association, Certainty, Memory
from execution_operator.kinds.machines.streak import Streak
from execution_operator.kinds.problems import Problem
from execution_operator.remote.shared_list import Sight
from support.agents import (
    RECORDED,
    USER,
    agent,
    decide,
    found,
    held_agent,
    intent,
    listed,
    seen,
    summarize,
)
from support.runs import START, at

NOW = at(100.0)
NONE, ONE = listed(100.0), listed(100.0, found())
TWO = listed(100.0, found(), found("102"))
SLOW, ELSEWHERE = listed(20.0, ended=100.0), listed(100.0, url="https://other")
SLOW_TWO = listed(20.0, found(), found("102"), ended=100.0)
ADOPTED = intent(origin=Origin.ADOPTED)
CREATES = WriteIntent(intent(writer=""))
ADOPTS = WriteIntent(intent(origin=Origin.ADOPTED, writer=""))
AWAY = Problem(reason=Reason.SERVER_NOT_READY, message="it is not ready")


def remembered(**changes):
    return Memory(certainty=Certainty.UNSENT, **changes)


def kept(*, memory=None, spec=None, status=None, machine=None, **known):
    """An agent that is recorded, and what is known of it."""
    one = held_agent(spec=spec, status=RECORDED | (status or {}))
    return one, seen(one, memory, machine=machine or found(), **known)


NEW, CREATING, ADOPTING = agent(), held_agent(), held_agent(of=ADOPTED)
RESTORED = held_agent(of=intent(uid="another"))
STRIPPED = agent(held=True)


@pytest.mark.parametrize(
    ("wanted", "memory", "action"),
    [
        pytest.param(NEW, Memory(), LookUp(USER, 90.0), id="new: looked up"),
        pytest.param(NEW, Memory(found=ONE), ADOPTS, id="there: adopted"),
        pytest.param(NEW, Memory(found=NONE), CREATES, id="absent: an intent first"),
        pytest.param(NEW, Memory(found=listed(80.0)), LookUp(USER, 90.0), id="old look-up"),
        pytest.param(NEW, Memory(found=SLOW), CREATES, id="new when it ended, however slow"),
        pytest.param(NEW, Memory(found=ELSEWHERE), LookUp(USER, 90.0), id="of another server"),
        pytest.param(NEW, Memory(found=TWO), None, id="several: a person decides"),
        pytest.param(NEW, Memory(found=SLOW_TWO), None, id="several, after a slow list"),
        pytest.param(CREATING, remembered(found=NONE), Create(USER), id="intent: created"),
        pytest.param(
            CREATING, remembered(found=listed(10.0)), Create(USER), id="a slow write: created"
        ),
        pytest.param(
            CREATING, remembered(found=ONE), ADOPTS, id="came after a refused create: adopted"
        ),
        pytest.param(CREATING, Memory(), LookUp(USER, 50.0), id="after a crash: looked up"),
        pytest.param(CREATING, Memory(found=NONE), None, id="after a crash: waits to settle"),
        pytest.param(
            CREATING, Memory(found=listed(51.0, ended=99.0)), None, id="after a crash: a slow list"
        ),
        pytest.param(ADOPTING, Memory(found=NONE), CREATES, id="adopted in vain: an intent first"),
        pytest.param(RESTORED, Memory(found=ONE), ADOPTS, id="restored: adopted"),
        pytest.param(STRIPPED, Memory(found=NONE), None, id="intent taken away: waits to settle"),
    ],
)
def test_an_agent_without_an_id_is_found_or_made(wanted, memory, action):
    assert decide(wanted, seen(wanted, memory, term_began=50.0), NOW).action == action


@pytest.mark.parametrize(
    ("began", "seconds", "action", "look_again"),
    [
        pytest.param(100.0, 120.0, None, 40.0, id="too early"),
        pytest.param(100.0, 160.0, LookUp(USER, 160.0), None, id="settled: once more"),
        pytest.param(160.0, 160.0, Withdraw(), None, id="surely absent: the intent is taken back"),
    ],
)
def test_a_lost_answer_is_repeated_only_when_the_lists_have_settled(
    began, seconds, action, look_again
):
    memory = Memory(certainty=Certainty.DOUBTFUL, doubt_since=100.0, found=listed(began))
    plan = decide(CREATING, seen(CREATING, memory), at(seconds))
    assert (plan.action, plan.look_again) == (action, look_again)


TRY_LATER = {"retry_at": 130.0, "problem": AWAY}


@pytest.mark.parametrize(
    ("wanted", "memory", "known", "action"),
    [
        pytest.param(CREATING, remembered(**TRY_LATER), {}, Withdraw(), id="refused: taken back"),
        pytest.param(CREATING, remembered(), {}, Withdraw(), id="before another look-up"),
        pytest.param(
            CREATING, remembered(found=TWO), {}, Withdraw(), id="before a person has to decide"
        ),
        pytest.param(CREATING, remembered(found=NONE), {"blocker": AWAY}, Withdraw(), id="blocked"),
        pytest.param(
            CREATING, remembered(found=NONE), {"rival": "another"}, Withdraw(), id="a rival came"
        ),
        pytest.param(
            CREATING, remembered(), {"connecting": True}, Withdraw(), id="the server changes"
        ),
        pytest.param(
            CREATING, remembered(), {"url": "https://other"}, Withdraw(), id="another server"
        ),
        pytest.param(
            held_agent(status=RECORDED),
            remembered(gone="101"),
            {},
            Withdraw(),
            id="gone: before the status forgets it",
        ),
        pytest.param(CREATING, remembered(gone="101"), {}, Withdraw(), id="gone, and forgotten"),
        pytest.param(CREATING, remembered(machine=found()), {}, None, id="created: kept"),
        pytest.param(CREATING, Memory(**TRY_LATER), {}, None, id="after a crash: kept"),
        pytest.param(
            CREATING,
            Memory(certainty=Certainty.DOUBTFUL, **TRY_LATER),
            {},
            None,
            id="lost answer: kept",
        ),
        pytest.param(ADOPTING, remembered(**TRY_LATER), {}, None, id="to be adopted: kept"),
    ],
)
def test_an_intent_to_create_stands_only_while_something_may_have_been_created(
    wanted, memory, known, action
):
    assert decide(wanted, seen(wanted, memory, **known), NOW).action == action


def test_a_paused_object_takes_back_what_it_announced_in_vain():
    wanted = held_agent(annotations={"execution-operator.io/paused": "true"})
    assert decide(wanted, seen(wanted, remembered()), NOW).action == Withdraw()


SEVEN = {"projects": [{"id": "7"}]}
OURS = {"projects": [{"id": "7"}]}
BOTH = {"projects": [{"id": "7"}, {"id": "8"}]}
IN_VAIN = Memory(
    reassociations={"7": Streak(1, 98.0)},
    associations={"7": Association(there=None, since=98.0, in_vain=True)},
)
KEPT_ON = Memory(
    reassociations={"7": Streak(1, 98.0)},
    associations={"7": Association(there=True, since=98.0, in_vain=True)},
)
RAM = {"ram": "16"}
DRIFTED = {"machine": found(ram="8")}


@pytest.mark.parametrize(
    ("known", "action"),
    [
        pytest.param(kept(), None, id="as wanted"),
        pytest.param(kept(spec=RAM, **DRIFTED), Update(USER, "101"), id="drift"),
        pytest.param(
            kept(spec=RAM, **DRIFTED, memory=Memory(repairs=Streak(1, 98.0))),
            None,
            id="drift, just repaired",
        ),
        pytest.param(
            kept(spec=RAM, **DRIFTED, memory=Memory(repairs=Streak(1, 95.0))),
            Update(USER, "101"),
            id="drift, repaired a while ago",
        ),
        pytest.param(kept(spec=SEVEN, associations={"7": None}), None, id="project not known yet"),
        pytest.param(kept(spec=SEVEN, associations={"7": True}), None, id="others associated it"),
        pytest.param(kept(spec=SEVEN, associations={"7": False}), None, id="recorded first"),
        pytest.param(
            kept(spec=SEVEN, status=OURS, associations={"7": False}),
            Associate("7", "101"),
            id="recorded, then associated",
        ),
        pytest.param(
            kept(spec=SEVEN, status=OURS, associations={"7": False}, memory=IN_VAIN),
            None,
            id="associated in vain: later",
        ),
        pytest.param(
            kept(memory=IN_VAIN, spec=BOTH, status=BOTH, associations={"7": False, "8": False}),
            Associate("8", "101"),
            id="associated in vain: others first",
        ),
        pytest.param(
            kept(status=OURS, associations={"7": True}), Dissociate("7", "101"), id="unlisted"
        ),
        pytest.param(
            kept(status=OURS, associations={"7": True}, memory=KEPT_ON),
            None,
            id="dissociated in vain: later",
        ),
        pytest.param(
            kept(status=BOTH, associations={"7": True, "8": True}, memory=KEPT_ON),
            Dissociate("8", "101"),
            id="dissociated in vain: others first",
        ),
        pytest.param(
            kept(status=OURS, associations={"7": True}, memory=IN_VAIN),
            Dissociate("7", "101"),
            id="associated in vain, unlisted: at once",
        ),
        pytest.param(
            kept(status=OURS, associations={"7": False}), None, id="dissociated: recorded"
        ),
        pytest.param(kept(blocker=AWAY, **DRIFTED, spec=RAM), None, id="server not ready"),
        pytest.param(kept(rival="another", **DRIFTED, spec=RAM), None, id="an older object's"),
        pytest.param(kept(url="https://other", **DRIFTED, spec=RAM), None, id="another server"),
        pytest.param(kept(cluster_id="c2", **DRIFTED, spec=RAM), None, id="another cluster"),
    ],
)
def test_an_agent_that_is_ours_is_kept_as_wanted(known, action):
    assert decide(*known, NOW).action == action


def test_what_was_accepted_in_vain_is_told_and_when_it_is_tried_again():
    known = kept(spec=SEVEN, status=OURS, associations={"7": False}, memory=IN_VAIN)
    (ready,) = (one for one in summarize(*known, NOW).conditions if one.type == "Ready")
    assert (ready.status, ready.reason) == ("False", "Pending")
    assert "accepted that project 7 uses the agent, and does not show it" in ready.message
    assert decide(*known, NOW).look_again == 3.0


def test_what_was_dissociated_in_vain_stays_on_record_and_is_told():
    known = kept(status=OURS, associations={"7": True}, memory=KEPT_ON)
    status = summarize(*known, NOW)
    (ready,) = (one for one in status.conditions if one.type == "Ready")
    assert ([one.id for one in status.projects], ready.status) == (["7"], "True")
    assert "uses the agent no longer, and still shows it there" in ready.message
    assert decide(*known, NOW).look_again == 3.0


def test_a_project_is_claimed_before_it_is_associated_and_dropped_after_it_is_not():
    claimed = summarize(*kept(spec=SEVEN, associations={"7": False}), NOW)
    assert [one.id for one in claimed.projects] == ["7"]
    dropped = summarize(*kept(status=OURS, associations={"7": False}), NOW)
    assert dropped.projects == ()


@pytest.mark.parametrize(
    ("sight", "action"),
    [
        pytest.param(Sight(), None, id="no list yet"),
        pytest.param(Sight(misses=3, missed_since=90.0), None, id="not long enough"),
        pytest.param(Sight(misses=2, missed_since=-900.0), None, id="not often enough"),
        pytest.param(Sight(misses=3, missed_since=-20.0), Confirm(USER, "101"), id="asked for"),
    ],
)
def test_an_agent_that_lists_lack_is_not_given_up_early(sight, action):
    wanted = held_agent(status=RECORDED)
    assert decide(wanted, seen(wanted, sight=sight), NOW).action == action


def test_an_id_that_lists_show_with_another_name_is_asked_for():
    wanted = held_agent(status=RECORDED)
    assert decide(wanted, seen(wanted, is_another=True), NOW).action == Confirm(USER, "101")


def test_an_agent_that_is_gone_is_forgotten_before_it_is_looked_up():
    wanted = agent(status=RECORDED | OURS)
    known = seen(wanted, remembered(gone="101"))
    assert decide(wanted, known, NOW).action is None
    status = summarize(wanted, known, NOW)
    assert (status.machine_id, status.origin, status.projects) == (None, None, ())


def deleted(  # noqa: PLR0913 - what is known, each by its name
    *, of=None, status=RECORDED, spec=None, memory=None, seconds=1.0, confirmed=True, **known
):
    wanted = held_agent(of=of, status=status, spec=spec, deleted_at=START)
    memory = replace(memory or Memory(), is_confirmed=confirmed)
    return decide(wanted, seen(wanted, memory, **known), at(seconds)).action


DISSOCIATED = {"7": Association(there=False, since=1.0)}
UNSURE = Memory(associations={"7": Association(there=None, since=1.0)})
WAS_ADOPTED = {"of": ADOPTED, "status": RECORDED | {"origin": "Adopted"}}
ADOPTED_OURS = {"of": ADOPTED, "status": RECORDED | {"origin": "Adopted"} | OURS}


@pytest.mark.parametrize(
    ("known", "action"),
    [
        pytest.param({}, Remove(USER, "101"), id="created: removed"),
        pytest.param(
            {"status": RECORDED | OURS, "confirmed": False},
            Confirm(USER, "101"),
            id="is it still ours?",
        ),
        pytest.param({"status": RECORDED | OURS}, Dissociate("7", "101"), id="dissociated first"),
        pytest.param(
            {"status": RECORDED | OURS, "memory": remembered(gone="101")},
            Release(),
            id="its id means a stranger's now",
        ),
        pytest.param(
            {"status": RECORDED | OURS, "memory": Memory(associations=DISSOCIATED)},
            Remove(USER, "101"),
            id="then removed",
        ),
        pytest.param(
            {"status": RECORDED | OURS, "memory": UNSURE},
            Dissociate("7", "101"),
            id="not known whether it is dissociated",
        ),
        pytest.param(
            {"status": RECORDED | OURS, "memory": KEPT_ON, "seconds": 99.0},
            Remove(USER, "101"),
            id="dissociated in vain: removed all the same",
        ),
        pytest.param(
            ADOPTED_OURS | {"memory": KEPT_ON, "seconds": 99.0},
            None,
            id="adopted, dissociated in vain: waits",
        ),
        pytest.param(
            ADOPTED_OURS | {"memory": IN_VAIN, "seconds": 99.0},
            Dissociate("7", "101"),
            id="adopted, associated in vain: at once",
        ),
        pytest.param(
            ADOPTED_OURS | {"memory": KEPT_ON, "seconds": 103.0},
            Dissociate("7", "101"),
            id="adopted, dissociated in vain: repeated",
        ),
        pytest.param({"memory": Memory(is_removed=True)}, Release(), id="then let go"),
        pytest.param(WAS_ADOPTED, Release(), id="adopted: left"),
        pytest.param(
            WAS_ADOPTED | {"spec": {"deletionPolicy": "Delete"}},
            Remove(USER, "101"),
            id="adopted, Delete",
        ),
        pytest.param({"spec": {"deletionPolicy": "Orphan"}}, Release(), id="Orphan"),
        pytest.param(
            {"rival": "another"}, Release("another object manages it now"), id="another object's"
        ),
        pytest.param(WAS_ADOPTED | {"rival": "another"}, Release(), id="another's, nothing ours"),
        pytest.param({"blocker": AWAY}, Remove(USER, "101"), id="server not ready: tried"),
        pytest.param({"url": None}, None, id="no connection: waits"),
        pytest.param({"status": {}}, LookUp(USER, 0.0), id="in doubt: looked up"),
        pytest.param(
            {"status": {}, "memory": Memory(found=listed(60.0)), "seconds": 61.0},
            Release(),
            id="surely never created",
        ),
        pytest.param(
            {"status": {}, "memory": Memory(found=TWO), "seconds": 159.0},
            None,
            id="several: a person decides",
        ),
        pytest.param(
            {"status": {}, "memory": Memory(found=TWO), "seconds": 160.0},
            LookUp(USER, 160.0),
            id="several: looked up again",
        ),
    ],
)
def test_a_deletion_cleans_up_what_is_ours_and_no_more(known, action):
    assert deleted(**known) == action


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({"server_gone": True}, id="server gone"),
        pytest.param({"url": "https://other"}, id="another server"),
        pytest.param({"cluster_id": "c2"}, id="another cluster"),
        pytest.param({"seconds": 600.0, "url": None}, id="too long"),
    ],
)
def test_a_deletion_always_ends_and_says_what_may_be_left(known):
    action = deleted(**known)
    assert isinstance(action, Release)
    assert action.left_behind is not None


def test_a_waiting_deletion_is_looked_at_when_its_time_is_over():
    wanted = held_agent(status=RECORDED, deleted_at=START)
    plan = decide(wanted, seen(wanted, url=None), at(590.0))
    assert plan.look_again == 10.0


def test_the_last_contact_is_told_with_another_change_only():
    moment = START + timedelta(minutes=5)
    wanted, known = kept(machine=found(contactTime=moment.timestamp() * 1000))
    told = summarize(wanted, known, NOW)
    assert told.last_contact_time == moment
    later = found(contactTime=(moment.timestamp() + 60) * 1000)
    again = wanted.model_copy(update={"status": told})
    assert summarize(again, seen(again, machine=later), NOW) == told
