"""Which projects an agent's object claims, associates and dissociates, and what it says of them."""

from __future__ import annotations

import pytest

from execution_operator.api.machine import AssociatedProject
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.actions import Associate, Dissociate, Remove, Update
from execution_operator.kinds.machines.memories import Memories
from execution_operator.kinds.machines.room import in_room
from execution_operator.kinds.machines.seen import Association, Memory, Refusal, WantedProject
from execution_operator.kinds.machines.streak import Streak
from execution_operator.kinds.problems import Problem
from execution_operator.remote.errors import Unreachable
from execution_operator.remote.outage import Trouble
from execution_operator.remote.shared_list import Sight
from support.agents import RECORDED, USER, decide, found, held_agent, seen, summarize
from support.runs import START, at

NOW = at(100.0)
AWAY = Problem(reason=Reason.SERVER_NOT_READY, message="it is not ready")
DENIED = Problem(reason=Reason.FORBIDDEN, message="cannot end it: no right", needs_person=True)
PAUSED = {"execution-operator.io/paused": "true"}


def listed(*ids):
    return {"projects": [{"id": one} for one in ids]}


def known(*, spec=(), ours=(), memory=None, annotations=None, deleted_at=None, **more):
    """An agent whose spec lists some projects, some of which, or others, are on record as ours."""
    one = held_agent(
        spec=listed(*spec),
        status=RECORDED | listed(*ours),
        annotations=annotations or {},
        deleted_at=deleted_at,
    )
    return one, seen(one, memory, **({"machine": found()} | more))


def claimed(of):
    return [one.id for one in summarize(*of, NOW).projects]


def said(of, kind):
    conditions = summarize(*of, NOW).conditions
    return next(((one.status, one.reason) for one in conditions if one.type == kind), None)


OLD = [str(one) for one in range(100, 150)]
NEW = [str(one) for one in range(200, 230)]


def replaced(old, new):
    """Old ones are associated, new ones are not."""
    return dict.fromkeys(old, True) | dict.fromkeys(new, False)


def test_no_more_projects_are_claimed_than_the_status_holds():
    of = known(spec=NEW, ours=OLD[:30], associations=replaced(OLD[:30], NEW))
    assert claimed(of) == [*OLD[:30], *NEW[:20]]


def test_projects_that_found_no_room_wait_until_others_are_dissociated():
    of = known(spec=NEW, ours=OLD, associations=replaced(OLD, NEW))
    assert decide(*of, NOW).action == Dissociate("100", "101")
    of = known(spec=NEW, ours=OLD, associations=replaced(OLD[1:], NEW) | {"100": False})
    assert claimed(of)[-1] == "200"


def test_projects_that_found_no_room_make_nothing_busy():
    memory = Memory(
        reassociations=dict.fromkeys(OLD, Streak(1, 98.0)),
        associations=dict.fromkeys(OLD, Association(there=True, since=98.0, in_vain=True)),
    )
    plan = decide(*known(spec=NEW, ours=OLD, memory=memory, associations=replaced(OLD, NEW)), NOW)
    assert (plan.action, plan.look_again) == (None, 3.0)


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(known(spec="7", ours="7", associations={"7": False}, changes=4), id="to use"),
        pytest.param(known(ours="7", associations={"7": True}, changes=4), id="to use no more"),
        pytest.param(
            known(ours="7", memory=Memory(is_confirmed=True), deleted_at=START, changes=4),
            id="deleted",
        ),
    ],
)
def test_after_some_changes_of_projects_others_have_their_turn(of):
    plan = decide(*of, at(1.0))
    assert (plan.action, plan.look_again) == (None, 0.0)


UNKNOWN = (WantedProject(id=None, name="Shop", problem=AWAY),)


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(
            known(spec="7", ours="7", projects=(), associations={"7": False}, blocker=AWAY),
            id="blocked",
        ),
        pytest.param(
            known(ours="7", projects=UNKNOWN, associations={"7": False}),
            id="what the spec names cannot be looked up",
        ),
        pytest.param(
            known(spec="78", ours="7", associations={"8": False}, annotations=PAUSED), id="paused"
        ),
        pytest.param(
            known(
                spec="78",
                ours="7",
                associations={"8": False},
                machine=None,
                sight=Sight(misses=1, missed_since=90.0),
            ),
            id="the agent is not seen",
        ),
        pytest.param(
            known(spec="78", ours="7", associations={"8": False}, memory=Memory(retry_at=130.0)),
            id="the server is left in peace for a while",
        ),
    ],
)
def test_the_record_of_projects_stays_as_it_is(of):
    assert claimed(of) == ["7"]


def test_nothing_is_dissociated_while_a_project_of_the_spec_cannot_be_looked_up():
    of = known(ours="7", projects=UNKNOWN, associations={"7": True})
    assert decide(*of, NOW).action is None


REFUSED = {Dissociate("7", "101"): Refusal(DENIED, 130.0)}
OVER = {Dissociate("7", "101"): Refusal(DENIED, 100.0)}
TO_USE = {Associate("7", "101"): Refusal(DENIED, 130.0)}
BOTH = {"7": True, "8": True}


@pytest.mark.parametrize(
    ("refusals", "ours", "action", "look_again"),
    [
        pytest.param(REFUSED, "78", Dissociate("8", "101"), None, id="refused: others first"),
        pytest.param(REFUSED, "7", None, 30.0, id="refused: later"),
        pytest.param(OVER, "7", Dissociate("7", "101"), None, id="refused a while ago"),
        pytest.param(TO_USE, "7", Dissociate("7", "101"), None, id="another change was refused"),
    ],
)
def test_a_refused_dissociation_keeps_nothing_else_waiting(refusals, ours, action, look_again):
    of = known(ours=ours, associations=BOTH, memory=Memory(refusals=refusals))
    plan = decide(*of, NOW)
    assert (plan.action, plan.look_again) == (action, look_again)


def test_drift_is_repaired_although_a_dissociation_is_refused():
    of = known(ours="7", associations=BOTH, memory=Memory(refusals=REFUSED), members={"ram": "16"})
    assert decide(*of, NOW).action == Update(USER, "101")


def test_a_refused_dissociation_is_told_and_the_agent_is_usable():
    of = known(ours="7", associations=BOTH, memory=Memory(refusals=REFUSED))
    assert (said(of, "Ready"), said(of, "Synced")) == (("True", "Ready"), ("False", "Forbidden"))
    (ready,) = (one for one in summarize(*of, NOW).conditions if one.type == "Ready")
    assert ready.message == "usable, but cannot end it: no right"


@pytest.mark.parametrize(
    ("ours", "policy", "action"),
    [
        pytest.param("78", "Delete", Dissociate("8", "101"), id="others first"),
        pytest.param("7", "Delete", Remove(USER, "101"), id="it goes with what is removed"),
        pytest.param("7", None, None, id="adopted: later"),
    ],
)
def test_a_deletion_does_what_it_can_beside_a_refused_dissociation(ours, policy, action):
    wanted = held_agent(
        spec={"deletionPolicy": policy},
        status=RECORDED | {"origin": "Adopted"} | listed(*ours),
        deleted_at=START,
    )
    wanted.metadata.annotations.clear()
    memory = Memory(refusals=REFUSED, is_confirmed=True)
    of = wanted, seen(wanted, memory)
    assert decide(*of, NOW).action == action
    told = next(one for one in summarize(*of, NOW).conditions if one.type == "Reconciling")
    assert "cannot end it: no right" in told.message


AILING = Sight(trouble=Trouble(error=Unreachable("no answer"), since=1.0))


@pytest.mark.parametrize(
    ("of", "synced"),
    [
        pytest.param(known(annotations=PAUSED), ("True", "Synced"), id="paused"),
        pytest.param(
            known(annotations=PAUSED, sight=AILING),
            ("False", "ServerUnreachable"),
            id="paused, and the lists fail",
        ),
        pytest.param(known(rival="another"), None, id="an older object's"),
    ],
)
def test_an_exchange_is_told_of_only_as_it_went(of, synced):
    assert said(of, "Synced") == synced


def test_what_was_done_to_a_project_is_forgotten_with_its_claim():
    memories, (before, _), (after, _) = Memories(), known(ours="78"), known(ours="8")
    done, again = Association(there=False, since=1.0), Streak(4, 1.0)
    ends = {Dissociate(one, "101"): Refusal(DENIED, 130.0) for one in "78"}
    memories.keep(
        before,
        associations={"7": done, "8": done},
        reassociations={"7": again, "8": again},
        refusals=ends,
        settles={"7": 1.0, "8": 1.0},
    )
    memories.recorded(before, after)
    assert memories.of(after) == Memory(
        associations={"8": done},
        reassociations={"8": again},
        refusals={Dissociate("8", "101"): Refusal(DENIED, 130.0)},
        settles={"8": 1.0},
    )


@pytest.mark.parametrize(
    ("generation", "kept"),
    [pytest.param(1, True, id="the same spec"), pytest.param(0, False, id="of an older spec")],
)
def test_a_refusal_outlives_its_claim_as_long_as_the_spec_is_the_same(generation, kept):
    memories, (before, _), (after, _) = Memories(), known(ours="7"), known()
    denied = {Associate("7", "101"): Refusal(DENIED, 130.0, asked_for=(generation, ""))}
    memories.keep(before, refusals=denied)
    memories.recorded(before, after)
    assert memories.of(after).refusals == (denied if kept else {})


FAILING = {Associate("7", "101"): Refusal(DENIED, 130.0), **REFUSED}


@pytest.mark.parametrize(
    ("more", "ready"),
    [
        pytest.param({"machine": found(state="LOST")}, ("False", "AgentLost"), id="lost"),
        pytest.param({"sight": AILING}, ("Unknown", "ServerUnreachable"), id="lists fail"),
        pytest.param({}, ("False", "Forbidden"), id="else it is told"),
        pytest.param(
            {"associations": {"7": True}}, ("True", "Ready"), id="associated all the same"
        ),
    ],
)
def test_what_one_project_fails_of_hides_nothing_worse(more, ready):
    memory = Memory(refusals=FAILING, lost_since=-900.0)
    of = known(spec="7", memory=memory, **({"associations": {"7": False}} | more))
    assert said(of, "Ready") == ready


def fought_over(*, there=True, last=99.0, **told):
    memory = Memory(
        reassociations={"7": Streak(3, last)},
        associations={"7": Association(there=True, since=last, **told)},
    )
    return known(spec="7", ours="7", memory=memory, associations={"7": there})


@pytest.mark.parametrize(
    ("of", "ready", "synced"),
    [
        pytest.param(
            fought_over(there=False), ("False", "Pending"), ("False", "Conflict"), id="taken away"
        ),
        pytest.param(
            fought_over(), ("False", "Pending"), ("False", "Conflict"), id="given back just now"
        ),
        pytest.param(fought_over(last=-1101.0), ("True", "Ready"), ("True", "Synced"), id="peace"),
        pytest.param(
            fought_over(in_vain=True),
            ("True", "Ready"),
            ("True", "Synced"),
            id="nobody fought: the server showed it late",
        ),
    ],
)
def test_a_project_that_is_fought_over_can_be_relied_on_only_in_peace(of, ready, synced):
    assert (said(of, "Ready"), said(of, "Synced")) == (ready, synced)


def test_an_object_is_looked_at_when_a_fight_may_be_over():
    plan = decide(*fought_over(), NOW)
    assert (plan.action, plan.look_again) == (None, 1199.0)


def project(one, name=None):
    return AssociatedProject(id=one, name=name)


@pytest.mark.parametrize(
    ("projects", "names"),
    [
        pytest.param([project("7", "Shop"), project("8")], ["Shop", None], id="they fit"),
        pytest.param(
            [project(f"{one:04}", "n" * 253) for one in range(50)],
            ["n" * 75 + "…"] * 50,
            id="cut alike",
        ),
        pytest.param(
            [project(f"{one:0128}", "n" * 253) for one in range(50)],
            [None] * 50,
            id="no room beside the ids",
        ),
    ],
)
def test_names_of_projects_are_cut_to_the_room_that_they_have(projects, names):
    cut = in_room(projects)
    assert [one.name for one in cut] == names
    assert in_room(cut) == cut


def test_what_is_recorded_of_fifty_projects_leaves_room_for_the_rest_of_a_status():
    ids = [str(one) for one in range(1050, 3550, 50)]
    projects = tuple(WantedProject(id=one, name="é" * 253) for one in ids)
    wanted, of = known(projects=projects, associations=dict.fromkeys(ids, False))
    status = summarize(wanted, of, NOW)
    assert len(status.projects) == 50
    assert sum(len(one.model_dump_json().encode()) + 1 for one in status.projects) < 5 * 1024
    assert wanted.model_copy(update={"status": status}).status == summarize(
        wanted.model_copy(update={"status": status}), of, NOW
    )


def message(of):
    conditions = summarize(*of, NOW).conditions
    return next(one.message for one in conditions if one.type == "Ready")


VAIN = Memory(associations={"7": Association(there=False, since=0.0, in_vain=True)})


@pytest.mark.parametrize(
    ("name", "memory", "says"),
    [
        pytest.param(
            *("Shop", Memory()),
            'project "Shop" (7) may not use the agent yet; waiting for the server',
            id="by its name",
        ),
        pytest.param(None, Memory(), "project 7 may not use the agent yet", id="by its id"),
        pytest.param(
            *("Shop", VAIN), 'the server accepted that project "Shop" (7) uses', id="in vain"
        ),
    ],
)
def test_a_project_that_is_waited_for_is_called_as_the_spec_calls_it(name, memory, says):
    wanted = (WantedProject(id="7", name=name),)
    of = known(spec="7", ours="7", memory=memory, projects=wanted, associations={"7": False})
    assert says in message(of)


def test_another_server_names_the_annotation_that_a_new_object_must_not_have():
    of = known(cluster_id="c2")
    assert message(of).endswith(
        "create a new object, without the annotation execution-operator.io/intent"
    )
