"""What is told of a machine while something is wrong for a moment, for long, or in new words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.actions import Associate
from execution_operator.kinds.machines.associations import Associations
from execution_operator.kinds.machines.memories import Memories
from execution_operator.kinds.machines.patience import is_left_to_lists, missing_since
from execution_operator.kinds.machines.seen import Memory, WantedProject
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.standing import Standing
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.remote.errors import (
    Forbidden,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unreachable,
)
from execution_operator.remote.outage import Trouble
from execution_operator.remote.shared_list import Sight
from support.agents import RECORDED, agent, found, held_agent, seen, summarize
from support.conditions import said
from support.machine_stage import Stage
from support.runs import PERIODS, START, at

NOW = at(100.0)
AWAY = Problem(reason=Reason.SERVER_UNREACHABLE, message="cannot list agents: no answer")
SENSELESS = Problem(reason=Reason.PROTOCOL_ERROR, message="HTML")
REFUSED = Problem(reason=Reason.REJECTED, message="no", needs_person=True)


USABLE = [said("Ready", "True", "Ready", "usable"), said("Synced", "True", "Synced")]
TOLD_AWAY = [
    said("Ready", "Unknown", "ServerUnreachable", "refused"),
    said("Reconciling", "True", "ServerUnreachable", "refused"),
    said("Synced", "False", "ServerUnreachable", "refused"),
]


def recorded(conditions=USABLE, **more):
    status = {**RECORDED, "observedGeneration": 1, "state": "AVAILABLE", "conditions": conditions}
    return held_agent(status=status, **more)


def told(wanted, known, now=NOW):
    return summarize(wanted, known, now)


def shown(status):
    return {one.type: f"{one.status} {one.reason}" for one in status.conditions}


def failing(problem, since=None):
    return Memory(problem=problem, failing_since=since)


UNASKED = (WantedProject(id=None, name="Billing", problem=AWAY),)
MOMENTS = {
    "a request that got no answer": {"memory": failing(AWAY)},
    "one that got no sense": {"memory": failing(SENSELESS)},
    "for almost a minute": {"memory": failing(AWAY, 41.0)},
    "a name that cannot be looked up": {"projects": UNASKED},
    "an older object that cannot be known": {"blocker": AWAY},
}


@pytest.mark.parametrize("known", MOMENTS.values(), ids=MOMENTS.keys())
def test_what_fails_for_a_moment_is_not_told(known):
    wanted = recorded()
    assert told(wanted, seen(wanted, machine=found(state="BUSY"), **known)) == wanted.status


LASTING = {
    "a request": {"memory": failing(AWAY, 40.0)},
    "a name": {"memory": Memory(failing_since=40.0), "projects": UNASKED},
    "lists": {"sight": Sight(Trouble(Unreachable("no answer"), 90.0))},
    "lists of a project": {"projects": (WantedProject(id="7", problem=AWAY),)},
}


@pytest.mark.parametrize("known", LASTING.values(), ids=LASTING.keys())
def test_what_lasts_is_told(known):
    wanted = recorded()
    status = told(wanted, seen(wanted, machine=found(), **known))
    assert shown(status) == {
        "Ready": "Unknown ServerUnreachable",
        "Reconciling": "True ServerUnreachable",
        "Synced": "False ServerUnreachable",
    }


def test_what_only_a_person_can_mend_is_told_at_once():
    wanted = recorded()
    status = told(wanted, seen(wanted, failing(REFUSED), machine=found()))
    assert shown(status)["Stalled"] == "True Rejected"


def test_what_is_not_on_the_server_yet_tells_at_once_what_it_waits_for():
    wanted = agent()
    assert shown(told(wanted, seen(wanted, failing(AWAY))))["Ready"] == "Unknown ServerUnreachable"


def test_a_pause_is_told_while_something_fails():
    wanted = recorded(annotations={PAUSED_ANNOTATION: "true"})
    assert shown(told(wanted, seen(wanted, failing(AWAY))))["Ready"] == "Unknown Paused"


def test_what_fails_for_a_moment_is_no_news_of_a_paused_one():
    paused = [said("Ready", "Unknown", "Paused", "paused"), said("Synced", "True", "Synced")]
    wanted = recorded(paused, annotations={PAUSED_ANNOTATION: "true"})
    assert told(wanted, seen(wanted, machine=found(), projects=UNASKED)) == wanted.status


@pytest.mark.parametrize("conditions", [USABLE, TOLD_AWAY], ids=["usable", "out of reach"])
def test_before_the_first_list_of_a_process_there_is_no_news(conditions):
    wanted = recorded(conditions)
    assert told(wanted, seen(wanted)) == wanted.status


def test_what_comes_back_waits_for_the_lists_of_its_projects():
    wanted = recorded(TOLD_AWAY, spec={"projects": [{"id": "7"}]})
    back = seen(wanted, machine=found(), associations={"7": None})
    assert told(wanted, back) == wanted.status
    assert shown(told(wanted, replace(back, associations={"7": True})))["Ready"] == "True Ready"


OTHER_WORDS = {
    "another list": {"sight": Sight(Trouble(Unreachable("no answer in time"), 0.0))},
    "a request": {"memory": failing(replace(AWAY, message="cannot update: 502"), 0.0)},
}


@pytest.mark.parametrize("known", OTHER_WORDS.values(), ids=OTHER_WORDS.keys())
def test_an_outage_keeps_the_words_that_it_was_told_in(known):
    wanted = recorded(TOLD_AWAY)
    status = told(wanted, seen(wanted, machine=found(), **known))
    assert {one.message for one in status.conditions} == {"refused"}


def test_an_outage_of_another_kind_is_told_in_its_own_words():
    wanted = recorded(TOLD_AWAY)
    sight = Sight(Trouble(ProtocolError("HTML"), 0.0))
    status = told(wanted, seen(wanted, machine=found(), sight=sight))
    assert {one.message for one in status.conditions} == {"HTML"}


NOT_READY = Problem(reason=Reason.SERVER_NOT_READY, message="it is not ready")
LETS_NOBODY_IN = replace(NOT_READY, cause=Reason.UNAUTHORIZED)
BLIND = Sight(Trouble(Unauthorized("cannot list"), 0.0))


@pytest.mark.parametrize(
    ("conditions", "known", "synced"),
    [
        pytest.param(USABLE, {"blocker": LETS_NOBODY_IN}, "False Unauthorized", id="refused"),
        pytest.param(USABLE, {"blocker": NOT_READY}, "True Synced", id="not asked: as it was"),
        pytest.param(
            TOLD_AWAY, {"blocker": NOT_READY}, "False ServerUnreachable", id="not asked since"
        ),
        pytest.param(
            USABLE, {"blocker": NOT_READY, "sight": BLIND}, "False Unauthorized", id="lists fail"
        ),
        pytest.param([], {"blocker": NOT_READY}, None, id="never said"),
    ],
)
def test_synced_speaks_of_the_exchange_while_the_server_is_not_ready(conditions, known, synced):
    wanted = recorded(conditions)
    assert shown(told(wanted, seen(wanted, machine=found(), **known))).get("Synced") == synced


SILENT = Standing(NOT_READY, is_away=True)


@pytest.mark.parametrize(
    ("wanted", "standing", "left"),
    [
        pytest.param(recorded(), SILENT, True, id="away"),
        pytest.param(agent(), SILENT, False, id="not on record"),
        pytest.param(recorded(deleted_at=START), SILENT, False, id="being deleted"),
        pytest.param(recorded(), Standing(LETS_NOBODY_IN), False, id="refuses"),
    ],
)
def test_a_server_that_does_not_answer_is_left_to_the_lists(wanted, standing, left):
    assert is_left_to_lists(wanted, standing) is left


NO_SERVER = Problem(reason=Reason.SERVER_NOT_FOUND, message="create it")


@pytest.mark.parametrize(
    ("generation", "memory", "since"),
    [
        pytest.param(1, Memory(), -200.0, id="stalled before a restart"),
        pytest.param(0, Memory(), 100.0, id="stalled for another spec"),
        pytest.param(1, Memory(missing_since=90.0), 90.0, id="known"),
    ],
)
def test_what_was_missing_for_long_is_so_after_a_restart(generation, memory, since):
    wanted = recorded([said("Stalled", "True", "ServerNotFound", generation=generation)])
    known = seen(wanted, memory, blocker=NO_SERVER)
    assert missing_since(wanted, known, NOW, NO_SERVER, periods=PERIODS) == since
    assert missing_since(wanted, known, NOW, AWAY, periods=PERIODS) is None


DELETED = {"deleted_at": START, "status": {**RECORDED, "conditions": USABLE}}


def test_a_deletion_that_waits_for_others_does_not_say_that_it_waits_for_the_server():
    wanted = agent(**DELETED)
    assert "Reconciling" not in shown(told(wanted, seen(wanted, machine=found())))


def test_a_deletion_that_waits_for_the_server_says_so():
    wanted = held_agent(**DELETED)
    known = seen(wanted, failing(AWAY), machine=found())
    assert shown(told(wanted, known))["Reconciling"] == "True DeletionBlocked"


def no_list(*_what: object):
    return SimpleNamespace(hurry=lambda _machine_id: None)


@dataclass
class Refusing:
    """A server that associates nothing, and numbers its answers."""

    request: str

    async def associate(self, *_what: object, before_bytes: object) -> None:
        del before_bytes
        msg = f"may not: request {self.request}"
        raise Forbidden(msg)


DRIFTS = held_agent(spec={"ram": "16"}, status=RECORDED)


@pytest.mark.parametrize(
    ("first", "then", "changes"),
    [
        pytest.param(
            Rejected("refused: request 4f3a-1 at 10:00:01"),
            Rejected("refused: request 77bc-9 at 10:00:31"),
            0,
            id="moments and ids",
        ),
        pytest.param(Rejected("bad ram"), Rejected("bad disk"), 1, id="another cause"),
    ],
)
async def test_a_refusal_that_repeats_is_written_once(first, then, changes):
    stage = Stage(DRIFTS)
    stage.hub.refusal = first
    await stage.listed(found(ram="8"))
    outcome = await stage.look()
    before = stage.now_wanted.status
    assert shown(before)["Stalled"] == "True Rejected"
    stage.hub.refusal = then
    stage.seconds += outcome.look_again
    await stage.look()
    assert (stage.now_wanted.status != before) is bool(changes)


async def test_a_project_that_refuses_again_and_again_is_told_once():
    memories = Memories()
    fence: Any = SimpleNamespace(check=lambda: None)
    ports: Any = SimpleNamespace(fence=fence, clock=SimpleNamespace(now=lambda: NOW))
    associations = Associations(
        ports=ports, memories=memories, periods=PERIODS, traits=AgentTraits()
    )
    wanted, change = recorded(), Associate("7", "101")
    told_words = []
    for request in ("4f3a-1", "77bc-9"):
        hub = SimpleNamespace(agents=Refusing(request))
        connection: Any = SimpleNamespace(hub=hub, lists=SimpleNamespace(of_project=no_list))
        await associations.associate(change, wanted, seen(wanted), connection)
        told_words.append(memories.of(wanted).refusals[change].problem.message)
    assert told_words == ["may not: request 4f3a-1"] * 2
