"""Which projects an agent's object claims, associates and dissociates, and what it says of them."""

from __future__ import annotations

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.drift import Repairs
from execution_operator.kinds.machines.seen import (
    Association,
    Dissociate,
    Memory,
    WantedProject,
)
from execution_operator.kinds.problems import Problem
from execution_operator.remote.errors import Unreachable
from execution_operator.remote.outage import Trouble
from execution_operator.remote.shared_list import Sight
from support.agents import RECORDED, decide, found, held_agent, seen, summarize
from support.runs import at

NOW = at(100.0)
AWAY = Problem(reason=Reason.SERVER_NOT_READY, message="it is not ready")
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
    return [one.id for one in summarize(*of, NOW, None).projects]


def said(of, kind):
    conditions = summarize(*of, NOW, None).conditions
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
        reassociations=dict.fromkeys(OLD, Repairs(1, 98.0)),
        associations=dict.fromkeys(OLD, Association(there=True, since=98.0, in_vain=True)),
    )
    plan = decide(*known(spec=NEW, ours=OLD, memory=memory, associations=replaced(OLD, NEW)), NOW)
    assert (plan.action, plan.look_again) == (None, 3.0)


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
    ],
)
def test_the_record_of_projects_stays_as_it_is(of):
    assert claimed(of) == ["7"]


def test_nothing_is_dissociated_while_a_project_of_the_spec_cannot_be_looked_up():
    of = known(ours="7", projects=UNKNOWN, associations={"7": True})
    assert decide(*of, NOW).action is None


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
