"""What is decided between and about the attempts of a run, one situation a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.api.run_status import Attempt
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.actions import BeginAttempt, LookUp, Release, Start
from execution_operator.kinds.test_execution.attempts import attempt_at, of_attempt
from execution_operator.kinds.test_execution.decide import decide
from execution_operator.kinds.test_execution.memories import Memories
from execution_operator.kinds.test_execution.retry import failed_attempt
from execution_operator.kinds.test_execution.seen import Certainty, Memory
from execution_operator.kinds.test_execution.summarize import summarize
from support.runs import (
    PERIODS,
    START,
    at,
    between_status,
    execution,
    held_run,
    intent,
    seen,
    started_status,
)

RETRY = {"retry": {"limit": 2, "backoff": "30s"}}
FAILED = Memory(run=execution("LAUNCH_FAILED"), ended_at=0.0)
REFUSED = Problem(reason=Reason.REJECTED, message="no such asset", needs_person=True)
BETWEEN = held_run(spec=RETRY, status=between_status())
SECOND = held_run(spec=RETRY, status=between_status(attempt=2))


def plan(wanted, memory, seconds=100.0, **known):
    return decide(wanted, seen(memory, intent=intent(), **known), at(seconds), PERIODS)


@pytest.mark.parametrize(
    ("seconds", "action", "again"),
    [(0.0, None, 30.0), (29.0, None, 1.0), (30.0, BeginAttempt(2), None)],
    ids=["at its end", "during the backoff", "after the backoff"],
)
@pytest.mark.parametrize("memory", [FAILED, Memory()], ids=["seen ended", "not seen ended"])
def test_the_next_attempt_begins_after_the_backoff(memory, seconds, action, again):
    planned = plan(BETWEEN, memory, seconds)
    assert (planned.action, planned.look_again) == (action, again)


def test_a_clock_that_was_set_back_never_makes_the_backoff_longer_than_it_is():
    assert plan(BETWEEN, Memory(), -7200.0).look_again == 30.0


def test_no_attempt_begins_while_the_server_is_not_ready():
    blocker = Problem(reason=Reason.SERVER_NOT_READY, message="not ready")
    assert plan(BETWEEN, Memory(), blocker=blocker).action is None


@pytest.mark.parametrize(
    ("memory", "action"),
    [
        pytest.param(
            Memory(attempt=2, certainty=Certainty.UNSENT), Start(2), id="this process began it"
        ),
        pytest.param(Memory(), LookUp(2), id="another process began it"),
        pytest.param(FAILED, LookUp(2), id="another one, though this one saw the first end"),
        pytest.param(
            Memory(certainty=Certainty.UNSENT), LookUp(2), id="what was certain of the first alone"
        ),
    ],
)
def test_a_begun_attempt_is_started_unseen_only_by_who_began_it(memory, action):
    assert plan(SECOND, memory).action == action


@pytest.mark.parametrize("wanted", [BETWEEN, SECOND], ids=["between", "begun"])
def test_nothing_that_is_known_of_an_earlier_attempt_is_of_the_next(wanted):
    memory = replace(FAILED, stop_sent=True, certainty=Certainty.DOUBTFUL, refused=REFUSED)
    assert of_attempt(attempt_at(wanted), memory) == Memory(attempt=2, saw_end=True)


def test_an_attempt_that_was_not_seen_ended_was_not():
    going = Memory(run=execution("RUNNING"))
    assert of_attempt(2, going) == Memory(attempt=2, saw_end=False)


def test_a_memory_is_kept_by_attempt():
    memories = Memories()
    memories.keep(held_run(status=started_status()), run=execution("LAUNCH_FAILED"))
    memories.keep(BETWEEN, failures=3)
    assert memories.of(SECOND) == Memory(attempt=2, saw_end=True, failures=3)


@pytest.mark.parametrize(
    ("spec", "status", "memory"),
    [
        pytest.param({}, {}, FAILED, id="no retry"),
        pytest.param({"retry": {"limit": 0}}, {}, FAILED, id="none allowed"),
        pytest.param(RETRY, {"attempt": 3}, FAILED, id="the last one"),
        pytest.param(RETRY | {"cancel": True}, {}, FAILED, id="cancelled"),
        pytest.param(RETRY, {"origin": "Adopted"}, FAILED, id="adopted"),
        pytest.param(RETRY, {"phase": "Stopping"}, FAILED, id="was being stopped"),
        pytest.param(RETRY, {}, replace(FAILED, stop_sent=True), id="stopped by us"),
        pytest.param(RETRY, {}, Memory(run=execution("RUNNING")), id="goes on"),
        *(
            pytest.param(RETRY, {}, Memory(run=execution(word)), id=word)
            for word in ("CANCELED", "COMPLETE", "COMPLETE_WITH_ERROR", "STOPPED_BY_USER")
        ),
    ],
)
def test_what_is_not_tried_again(spec, status, memory):
    wanted = held_run(spec=spec, status=started_status(**status))
    assert failed_attempt(wanted, seen(memory, intent=intent()), at(5.0)) is None


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        pytest.param(
            FAILED,
            Attempt(attempt=1, execution_id="e1", reason="LaunchFailed", completion_time=START),
            id="an end",
        ),
        pytest.param(
            Memory(refused=REFUSED),
            Attempt(attempt=1, reason="SubmitFailed", completion_time=START),
            id="a refusal",
        ),
    ],
)
def test_an_attempt_is_recorded_with_its_end(memory, expected):
    wanted = held_run(spec=RETRY, status=started_status())
    assert failed_attempt(wanted, seen(memory, intent=intent()), at(0.4)) == expected


def test_the_status_between_two_attempts_speaks_of_none():
    wanted = held_run(spec=RETRY, status=started_status(startTime=START.isoformat()))
    status = summarize(wanted, seen(FAILED, intent=intent()), at(5.0), PERIODS)
    known = (status.phase, status.attempt, status.execution, status.start_time)
    assert known == ("Pending", 1, None, None)
    assert [one.execution_id for one in status.previous_attempts] == ["e1"]


def test_a_status_between_two_attempts_is_written_once():
    wanted = held_run(spec=RETRY, status=started_status())
    status = summarize(wanted, seen(FAILED, intent=intent()), at(5.0), PERIODS)
    again = wanted.model_copy(update={"status": status})
    assert summarize(again, seen(FAILED, intent=intent()), at(9.0), PERIODS) == status
    assert summarize(again, seen(Memory(), intent=intent()), at(9.0), PERIODS) == status


def test_an_object_that_is_deleted_between_two_attempts_is_let_go():
    wanted = held_run(spec=RETRY, status=between_status(), deleted_at=START)
    assert plan(wanted, Memory()).action == Release()


def test_a_begun_attempt_that_is_deleted_is_looked_for():
    wanted = held_run(spec=RETRY, status=between_status(attempt=2), deleted_at=START)
    assert plan(wanted, Memory()).action == LookUp(2)
