"""What is decided about a run, one situation a line."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.actions import (
    Adopt,
    IgnoreAdoption,
    LeaveBehind,
    LookUp,
    LookUpOriginal,
    Read,
    ReadResult,
    ReadTests,
    Reckon,
    Release,
    Start,
    Stop,
    WriteIntent,
)
from execution_operator.kinds.test_execution.decide import decide
from execution_operator.kinds.test_execution.seen import Certainty, Denials, Doubt, Memory
from execution_operator.remote.snapshot import Listed, Unlisted, Unseen
from support.runs import (
    PERIODS,
    START,
    at,
    execution,
    held_run,
    intent,
    result,
    run,
    seen,
    started_status,
)

UNSENT = Memory(certainty=Certainty.UNSENT)
BLOCKED = Problem(reason=Reason.SERVER_NOT_READY, message="not ready")
ASKED_BEFORE = Doubt(since=0.0, looked_at=1.0, absent=True)
SETTLED = Doubt(since=0.0, looked_at=60.0, absent=True)
UNDECIDABLE = Doubt(
    since=0.0,
    looked_at=480.0,
    problem=Problem(reason=Reason.TOKEN_NOT_UNIQUE, message="two", needs_person=True),
)


def action(wanted, known, seconds=100.0):
    return decide(wanted, known, at(seconds), PERIODS).action


def again(wanted, known, seconds=100.0):
    plan = decide(wanted, known, at(seconds), PERIODS)
    assert plan.action is None
    return plan.look_again


def test_a_new_run_gets_its_intent_first():
    assert action(run(), seen()) == WriteIntent(intent(writer=""))


def test_a_run_whose_intent_this_process_wrote_is_started():
    assert action(held_run(), seen(UNSENT, intent=intent())) == Start(1)


@pytest.mark.parametrize(
    ("doubt", "seconds", "expected"),
    [
        pytest.param(None, 100.0, LookUp(1), id="nothing known: looked up at once"),
        pytest.param(ASKED_BEFORE, 59.0, None, id="absent, not settled: waits"),
        pytest.param(ASKED_BEFORE, 60.0, LookUp(1), id="absent, settled: looked up again"),
        pytest.param(SETTLED, 61.0, Start(1), id="absent after settling: started"),
        pytest.param(UNDECIDABLE, 500.0, None, id="undecidable: never a blind second start"),
    ],
)
def test_a_run_in_doubt(doubt, seconds, expected):
    memory = Memory(certainty=Certainty.DOUBTFUL, doubt=doubt)
    assert action(held_run(), seen(memory, intent=intent()), seconds) == expected


def test_a_run_whose_intent_somebody_else_wrote_is_looked_up_and_not_started():
    assert action(held_run(), seen(intent=intent())) == LookUp(1)


def test_a_doubtful_run_is_looked_at_again_when_it_has_settled():
    memory = Memory(certainty=Certainty.DOUBTFUL, doubt=ASKED_BEFORE)
    assert again(held_run(), seen(memory, intent=intent()), 50.0) == 10.0


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({"blocker": BLOCKED}, run(), id="server not ready"),
        pytest.param({"url": None}, run(), id="no connection"),
        pytest.param({"project_id": None}, run(), id="project unknown"),
        pytest.param({"connecting": True}, run(), id="connection about to be there"),
        pytest.param(
            {}, run(metadata={"annotations": {"execution-operator.io/paused": "true"}}), id="paused"
        ),
        pytest.param({}, run(spec={"cancel": True}), id="cancelled before it began"),
        pytest.param({}, run(spec={"requires": [{"interceptRuleRef": {"name": "r"}}]}), id="later"),
        pytest.param(
            {"intent": intent(uid="other"), "original_lives": True}, held_run(), id="copied"
        ),
        pytest.param({"intent": intent(uid="")}, held_run(), id="intent broken by somebody"),
        pytest.param(
            {"intent": intent(uid="other", server="https://b")}, held_run(), id="restored elsewhere"
        ),
        pytest.param({"owner": "another"}, run(spec={"adopt": {"executionId": "e9"}}), id="owned"),
        pytest.param({"intent": intent(server="https://b")}, held_run(), id="another server"),
        pytest.param({"intent": intent(project="7")}, held_run(), id="another project"),
        pytest.param({"intent": intent(cluster="c2")}, held_run(), id="another cluster"),
    ],
)
def test_nothing_is_sent(changes, wanted):
    assert action(wanted, replace(seen(UNSENT), **changes)) is None


def test_a_refused_request_is_not_repeated_before_its_time():
    memory = replace(UNSENT, retry_at=130.0)
    assert again(held_run(), seen(memory, intent=intent())) == 30.0


def test_a_refused_request_is_repeated_in_its_time():
    memory = replace(UNSENT, retry_at=100.0)
    assert action(held_run(), seen(memory, intent=intent())) == Start(1)


def test_a_server_that_becomes_unready_is_not_sent_the_request():
    assert action(held_run(), seen(UNSENT, intent=intent(), blocker=BLOCKED)) is None


RESTORED = intent(uid="other")


def test_a_restored_object_looks_for_its_originals_runs_once():
    wanted = held_run()
    assert action(wanted, seen(intent=RESTORED)) == LookUpOriginal(RESTORED, 1)
    assert action(wanted, seen(Memory(restored_at=50.0), intent=RESTORED)) is None


def test_a_restored_object_whose_run_was_found_is_followed_and_never_stops_it():
    wanted = held_run(spec={"cancel": True})
    memory = Memory(run=execution("RUNNING"), adopted=True, restored_at=50.0)
    known = seen(memory, intent=RESTORED, sighting=Unlisted(90.0))
    assert action(wanted, known) == Read("1050", "e1")
    assert action(deleted(), seen(memory, intent=RESTORED)) == Release()


ADOPT = {"adopt": {"executionId": "e9"}}


def test_an_adoption_needs_no_intent():
    assert action(run(spec=ADOPT), seen()) == Adopt("1050", "e9")


def test_an_adoption_waits_for_its_server():
    assert action(run(spec=ADOPT), seen(blocker=BLOCKED)) is None


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        pytest.param(
            Memory(certainty=Certainty.DOUBTFUL, doubt=UNDECIDABLE),
            Adopt("1050", "e9"),
            id="only a person can decide: obeyed",
        ),
        pytest.param(UNSENT, IgnoreAdoption(), id="a run of its own is begun: told"),
        pytest.param(replace(UNSENT, adoption_ignored=True), Start(1), id="told already"),
    ],
)
def test_an_adoption_after_the_intent(memory, expected):
    assert action(held_run(spec=ADOPT), seen(memory, intent=intent())) == expected


def test_an_adoption_after_the_start_is_ignored():
    wanted = held_run(status=started_status(), spec=ADOPT)
    assert action(wanted, seen(intent=intent())) == IgnoreAdoption()


def test_a_cancelled_run_in_doubt_is_looked_up_first():
    wanted, known = held_run(spec={"cancel": True}), seen(intent=intent())
    assert action(wanted, known) == LookUp(1)
    undecidable = Memory(certainty=Certainty.DOUBTFUL, doubt=UNDECIDABLE)
    assert isinstance(action(wanted, seen(undecidable, intent=intent())), LeaveBehind)
    absent = Memory(certainty=Certainty.DOUBTFUL, doubt=SETTLED)
    assert action(wanted, seen(absent, intent=intent())) is None


def test_an_undecidable_doubt_is_looked_at_again_in_time():
    memory = Memory(certainty=Certainty.DOUBTFUL, doubt=UNDECIDABLE)
    assert action(held_run(), seen(memory, intent=intent()), 540.0) == LookUp(1)


@pytest.mark.parametrize(
    ("memory", "seconds", "expected"),
    [
        (Memory(run=execution("RUNNING"), reckonings=(110.0, 150.0)), 109.0, None),
        (
            Memory(run=execution("RUNNING"), reckonings=(110.0, 150.0)),
            110.0,
            Reckon("1050", "e1", 1),
        ),
        (
            Memory(run=execution("COMPLETE"), ended_at=90.0, reckonings=(150.0,)),
            100.0,
            Reckon("1050", "e1", 1),
        ),
        (Memory(run=execution("RUNNING"), reckonings=(math.inf,)), 9000.0, None),
        (
            Memory(run=execution("LAUNCH_FAILED"), ended_at=90.0, reckonings=(math.inf,)),
            100.0,
            Reckon("1050", "e1", 1),
        ),
    ],
    ids=["not yet", "in time", "at the run's end", "only at its end", "only that of its end"],
)
def test_after_a_second_request_there_is_a_reckoning(memory, seconds, expected):
    known = seen(memory, intent=intent(), sighting=Listed(execution("RUNNING")))
    assert action(STARTED, known, seconds) == expected


STARTED = held_run(status=started_status())


def test_a_reckoning_at_the_runs_end_alone_sets_no_timer():
    memory = Memory(run=execution("RUNNING"), reckonings=(math.inf,))
    known = seen(memory, intent=intent(), sighting=Listed(execution("RUNNING")))
    assert again(STARTED, known) is None


def test_a_lost_run_is_reckoned_with_before_it_is_called_lost():
    memory = Memory(denials=Denials(since=-100.0, count=3), reckonings=(math.inf,))
    known = seen(memory, intent=intent(), sighting=Unlisted(90.0), listed_at=95.0)
    assert action(STARTED, known) == Reckon("1050", "e1", 1)


@pytest.mark.parametrize(
    ("memory", "sighting", "seconds", "expected"),
    [
        pytest.param(Memory(), Unseen(), 100, None, id="no list yet"),
        pytest.param(Memory(), Listed(execution("RUNNING")), 100, None, id="listed"),
        pytest.param(Memory(), Unlisted(90.0), 100, Read("1050", "e1"), id="left the list"),
        pytest.param(Memory(read_at=95.0), Unlisted(90.0), 154, None, id="read, still active"),
        pytest.param(
            Memory(read_at=95.0), Unlisted(90.0), 155, Read("1050", "e1"), id="a minute later"
        ),
        pytest.param(
            Memory(read_at=95.0, denials=Denials(since=95.0, count=1)),
            Unlisted(90.0),
            100,
            Read("1050", "e1"),
            id="denied: asked again soon",
        ),
        pytest.param(
            Memory(read_at=230.0, denials=Denials(since=95.0, count=3)),
            Unlisted(90.0),
            240,
            None,
            id="lost",
        ),
        pytest.param(
            Memory(run=execution("COMPLETE"), ended_at=99.0),
            Unlisted(90.0),
            100,
            ReadResult("1050", "r1"),
            id="complete: its result",
        ),
        pytest.param(
            Memory(run=execution("COMPLETE"), ended_at=99.0, result=result(None)),
            Unlisted(90.0),
            100,
            ReadResult("1050", "r1"),
            id="verdict not there yet",
        ),
        pytest.param(
            Memory(
                run=execution("COMPLETE"), ended_at=99.0, awaiting_since=99.0, result=result(None)
            ),
            Unlisted(90.0),
            219,
            None,
            id="verdict never came",
        ),
        pytest.param(
            Memory(run=execution("COMPLETE"), ended_at=99.0),
            Unlisted(90.0),
            9000,
            ReadResult("1050", "r1"),
            id="result could not be read for long: no verdict is not NoVerdict",
        ),
        pytest.param(
            Memory(
                run=execution("COMPLETE"), ended_at=99.0, result=result("PASS"), tests_read=True
            ),
            Unlisted(90.0),
            100,
            None,
            id="all known",
        ),
        pytest.param(
            Memory(run=execution("COMPLETE"), ended_at=99.0, result=result("PASS")),
            Unlisted(90.0),
            100,
            ReadTests("1050", "r1"),
            id="its tests are counted",
        ),
        pytest.param(
            Memory(run=execution("COMPLETE"), ended_at=99.0, result=result("PASS"), failures=3),
            Unlisted(90.0),
            100,
            None,
            id="its tests could not be counted three times",
        ),
        pytest.param(
            Memory(run=execution("INCOMPLETE"), ended_at=99.0),
            Unlisted(90.0),
            100,
            ReadResult("1050", "r1"),
            id="its result may say why it ended",
        ),
        pytest.param(
            Memory(run=execution("INCOMPLETE"), ended_at=99.0, awaiting_since=99.0),
            Unlisted(90.0),
            100,
            None,
            id="it has no result",
        ),
        pytest.param(
            Memory(run=execution("STOPPED_BY_USER"), ended_at=99.0, result=result(None)),
            Unlisted(90.0),
            100,
            ReadTests("1050", "r1"),
            id="stopped, without a verdict",
        ),
        pytest.param(
            Memory(run=execution("LAUNCH_FAILED"), ended_at=99.0),
            Unlisted(90.0),
            100,
            None,
            id="its word is enough",
        ),
        pytest.param(
            Memory(run=execution("WAITING_FOR_AGENT"), read_at=95.0),
            Unlisted(90.0),
            100,
            None,
            id="an unknown word is active",
        ),
    ],
)
def test_a_run_that_goes_on(memory, sighting, seconds, expected):
    known = seen(memory, intent=intent(), sighting=sighting, listed_at=200.0)
    assert action(STARTED, known, seconds) == expected


def test_a_cancelled_run_is_stopped_once_and_not_before_that_is_recorded():
    wanted = held_run(status=started_status(), spec={"cancel": True})
    known = seen(Memory(), intent=intent(), sighting=Listed(execution("RUNNING")))
    assert action(wanted, known) is None
    asked = {"reason": "StoppedByRequest", "time": START.isoformat()}
    wanted = held_run(status=started_status(stopRequest=asked), spec={"cancel": True})
    assert action(wanted, known) == Stop("1050", "e1")
    assert action(wanted, replace(known, memory=Memory(stop_sent=True))) is None


def test_a_run_on_a_server_that_was_exchanged_is_left_alone():
    known = seen(intent=intent(), url="https://other.example.com", sighting=Unlisted(90.0))
    assert action(STARTED, known) is None


def test_a_finished_run_lets_go_of_its_finalizer_and_then_rests():
    done = started_status(phase="Succeeded")
    assert action(held_run(status=done), seen()) == Release()
    assert action(run(status=done), seen()) is None


NOW = START + timedelta(seconds=100)


def deleted(**more):
    return held_run(deleted_at=NOW, **more)


@pytest.mark.parametrize(
    ("wanted", "memory", "changes", "expected"),
    [
        pytest.param(
            deleted(status=started_status()), Memory(), {}, Stop("1050", "e1"), id="active: stopped"
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(stop_sent=True),
            {"sighting": Listed(execution("STOPPING"))},
            None,
            id="stopping: waited for",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(stop_sent=True),
            {"sighting": Unlisted(99.0)},
            Read("1050", "e1"),
            id="left the list: read",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(stop_sent=True, run=execution("STOPPED_BY_USER"), ended_at=99.0),
            {},
            Release(),
            id="seen ended: let go",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(denials=Denials(since=99.0, count=1)),
            {},
            Release(),
            id="not found: let go",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(reckonings=(90.0,)),
            {},
            Stop("1050", "e1"),
            id="asked for twice: stopped first",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(stop_sent=True, reckonings=(90.0, math.inf)),
            {"sighting": Listed(execution("STOPPING"))},
            Reckon("1050", "e1", 1),
            id="asked for twice, stopping: looked up in time",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(stop_sent=True, run=execution("CANCELED"), reckonings=(150.0, math.inf)),
            {},
            None,
            id="asked for twice, ended: each look-up has its time",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(stop_sent=True, run=execution("CANCELED"), reckonings=(math.inf,)),
            {},
            Reckon("1050", "e1", 1),
            id="asked for twice, ended: the last look-up",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(denials=Denials(since=99.0, count=1), reckonings=(math.inf,)),
            {},
            Reckon("1050", "e1", 1),
            id="asked for twice, not found: the last look-up",
        ),
        pytest.param(
            deleted(status=started_status(), spec={"deletionPolicy": "Orphan"}),
            Memory(reckonings=(90.0,)),
            {},
            Release(),
            id="orphaned",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(),
            {"server_gone": True},
            Release("its ExecutionServer or the Secret of it is gone"),
            id="server gone",
        ),
        pytest.param(deleted(), UNSENT, {}, Release(), id="intent, surely not sent"),
        pytest.param(deleted(), Memory(), {}, LookUp(1), id="intent, in doubt: looked up"),
        pytest.param(
            deleted(),
            Memory(certainty=Certainty.DOUBTFUL, doubt=SETTLED),
            {},
            Release(),
            id="in doubt, proven absent",
        ),
        pytest.param(
            deleted(status=started_status()),
            Memory(),
            {"url": None, "blocker": BLOCKED},
            None,
            id="server not usable: waits",
        ),
    ],
)
def test_a_deletion(wanted, memory, changes, expected):
    known = replace(seen(memory, intent=intent()), **changes)
    assert action(wanted, known) == expected


def test_a_deletion_ends_after_its_time_out():
    wanted = deleted(status=started_status(), spec={"deletionTimeout": "1m"})
    known = seen(Memory(stop_sent=True), intent=intent(), sighting=Listed(execution("STOPPING")))
    assert again(wanted, known, 110.0) == 50.0
    left = action(wanted, known, 160.0)
    assert isinstance(left, Release)
    assert left.left_behind == "it was not seen ended within deletionTimeout"


def test_a_deletion_looks_again_when_the_next_reckoning_is_due():
    ended = Memory(stop_sent=True, run=execution("CANCELED"), reckonings=(150.0, math.inf))
    assert again(deleted(status=started_status()), seen(ended, intent=intent()), 110.0) == 40.0


def test_a_deletion_ends_although_a_second_run_could_not_be_ruled_out():
    wanted = deleted(status=started_status(), spec={"deletionTimeout": "1m"})
    memory = Memory(stop_sent=True, run=execution("CANCELED"), reckonings=(200.0, math.inf))
    known = seen(memory, intent=intent())
    assert again(wanted, known, 110.0) == 50.0
    left = action(wanted, known, 160.0)
    assert left == Release(
        "a second run of its attempt could not be ruled out within deletionTimeout"
    )


def test_a_deleted_object_without_intent_never_starts():
    wanted = run(deleted_at=NOW, metadata={"finalizers": ["another.io/one"]})
    assert action(wanted, seen()) is None


def test_an_object_with_a_broken_intent_never_starts():
    wanted = run(held=True, metadata={"annotations": {INTENT_ANNOTATION: "{"}})
    known = seen(UNSENT, intent=type(intent()).load("{"))
    assert action(wanted, known) is None


MISSING = Problem(reason=Reason.REFERENCE_NOT_FOUND, message="there is no such asset")
AWAY = Problem(reason=Reason.SERVER_UNREACHABLE, message="cannot list test assets")
DOUBTFUL = Memory(certainty=Certainty.DOUBTFUL)
ABSENT = Memory(certainty=Certainty.DOUBTFUL, doubt=SETTLED)


@pytest.mark.parametrize(
    ("wanted", "memory"),
    [
        pytest.param(run(), Memory(), id="nothing is written"),
        pytest.param(held_run(), UNSENT, id="nothing is sent"),
        pytest.param(held_run(), ABSENT, id="nothing is sent again"),
    ],
)
def test_a_run_whose_asset_is_not_known_is_not_started(wanted, memory):
    known = seen(memory, asset_id=None, unready=MISSING)
    known = replace(known, intent=intent() if wanted.metadata.is_held else None)
    assert action(wanted, known) is None
    assert again(wanted, known, 100.0) == PERIODS.secret


def test_a_run_in_doubt_is_looked_up_whatever_becomes_of_its_asset():
    known = seen(DOUBTFUL, asset_id=None, unready=MISSING, intent=intent())
    assert action(held_run(), known) == LookUp(1)


@pytest.mark.parametrize(
    ("problem", "seconds"),
    [
        pytest.param(AWAY, 5.0, id="the look-up failed"),
        pytest.param(replace(AWAY, retry_after=9.0), 9.0, id="the server says when"),
        pytest.param(replace(AWAY, needs_person=True), PERIODS.secret, id="it was refused"),
        pytest.param(
            replace(AWAY, reason=Reason.REFERENCE_NOT_READY),
            PERIODS.secret,
            id="its agent wakes it when it is ready",
        ),
    ],
)
def test_a_look_up_that_failed_is_repeated_in_time(problem, seconds):
    known = seen(asset_id=None, unready=problem)
    assert again(run(), known, 100.0) == seconds
