"""Which projects an agent's object claims, associates and dissociates, and what it says of them."""

from __future__ import annotations

from execution_operator.kinds.machines.drift import Repairs
from execution_operator.kinds.machines.seen import (
    Association,
    Dissociate,
    Memory,
)
from support.agents import RECORDED, decide, found, held_agent, seen, summarize
from support.runs import at

NOW = at(100.0)


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
