"""What a run's status says: the rows of the state table, and that nothing else moves."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.seen import Certainty, Denials, Doubt, Memory
from execution_operator.kinds.test_execution.summarize import summarize
from execution_operator.kinds.test_execution.words import COMPLETE, ENDED
from execution_operator.remote.errors import Unreachable
from execution_operator.remote.outage import Trouble
from execution_operator.remote.testhub.wire import TERMINAL_WORDS
from support.runs import (
    PERIODS,
    at,
    execution,
    held_run,
    intent,
    result,
    run,
    seen,
    started_status,
)

READY_FIRST = ("Ready", "Reconciling", "Stalled", "Succeeded", "Completed")
STARTED = held_run(status=started_status())
REFUSED = Problem(reason=Reason.REJECTED, message="no such asset", needs_person=True)
NOT_READY = Problem(reason=Reason.SERVER_NOT_READY, message="not ready")
TWO = Doubt(
    since=0.0,
    problem=Problem(reason=Reason.TOKEN_NOT_UNIQUE, message="two", needs_person=True),
)


def ended(word, verdict=None, **more):
    return Memory(
        run=execution(word), ended_at=90.0, result=result(verdict) if verdict else None, **more
    )


def status_of(wanted, memory, seconds=100.0, **changes):
    known = replace(seen(memory, intent=intent()), **changes)
    return summarize(wanted, known, at(seconds), PERIODS)


def row(status):
    found = {one.type: one for one in status.conditions}
    shown = [found[kind].status if kind in found else "-" for kind in READY_FIRST]
    return " ".join([status.phase, *shown, found["Succeeded"].reason])


@pytest.mark.parametrize(
    ("wanted", "memory", "changes", "expected"),
    [
        (held_run(), Memory(), {}, "Submitting Unknown True - Unknown False Submitting"),
        (
            run(),
            Memory(),
            {"blocker": NOT_READY, "intent": None},
            "Pending Unknown True - Unknown False ServerNotReady",
        ),
        (
            STARTED,
            Memory(run=execution("SCHEDULED")),
            {},
            "Scheduled Unknown True - Unknown False Scheduled",
        ),
        (
            STARTED,
            Memory(run=execution("IN_TRANSITION")),
            {},
            "InTransition Unknown True - Unknown False InTransition",
        ),
        (
            STARTED,
            Memory(run=execution("RUNNING")),
            {},
            "Running Unknown True - Unknown False Running",
        ),
        (
            STARTED,
            Memory(run=execution("STOPPING")),
            {},
            "Stopping Unknown True - Unknown False Stopping",
        ),
        (
            STARTED,
            Memory(run=execution("WAITING_FOR_AGENT")),
            {},
            "Running Unknown True - Unknown False Running",
        ),
        (
            STARTED,
            Memory(run=execution("RUNNING")),
            {"trouble": Trouble(Unreachable("cannot list"), 40.0)},
            "Running Unknown True - Unknown False ServerUnreachable",
        ),
        (STARTED, ended("COMPLETE"), {}, "Running Unknown True - Unknown False AwaitingVerdict"),
        (STARTED, ended("COMPLETE", "PASS"), {}, "Succeeded True - - True True TestsPassed"),
        (STARTED, ended("COMPLETE", "FAIL"), {}, "Failed False - True False True TestsFailed"),
        (STARTED, ended("COMPLETE", "ERROR"), {}, "Failed False - True False True TestsFailed"),
        (
            STARTED,
            ended("COMPLETE", "INCONCLUSIVE"),
            {},
            "Failed False - True False True Inconclusive",
        ),
        (
            STARTED,
            ended("COMPLETE", "SPLENDID"),
            {},
            "Running Unknown True - Unknown False AwaitingVerdict",
        ),
        (
            STARTED,
            ended("COMPLETE_WITH_ERROR"),
            {},
            "Failed False - True False True CompletedWithError",
        ),
        (STARTED, ended("INCOMPLETE"), {}, "Error False - True False True Incomplete"),
        (
            STARTED,
            ended("STOPPED_AUTOMATICALLY"),
            {},
            "Error False - True False True StoppedAutomatically",
        ),
        (STARTED, ended("LAUNCH_FAILED"), {}, "Error False - True False True LaunchFailed"),
        (STARTED, ended("STOPPED_BY_USER"), {}, "Stopped False - True False True StoppedByUser"),
        (STARTED, ended("CANCELED"), {}, "Stopped False - True False True Canceled"),
        (
            STARTED,
            ended("STOPPED_BY_USER", stop_sent=True),
            {},
            "Stopped False - True False True StoppedByRequest",
        ),
        (
            STARTED,
            Memory(denials=Denials(since=-30.0, count=3)),
            {"listed_at": 95.0},
            "Lost False - True False True Lost",
        ),
        (
            STARTED,
            Memory(denials=Denials(since=-30.0, count=2)),
            {"listed_at": 95.0},
            "Running Unknown True - Unknown False Pending",
        ),
        (
            STARTED,
            Memory(denials=Denials(since=-30.0, count=9)),
            {"listed_at": -31.0},
            "Running Unknown True - Unknown False Pending",
        ),
        (
            STARTED,
            Memory(),
            {"owner": 'TestExecution "first"'},
            "Running False - True Unknown False AlreadyOwned",
        ),
        (
            held_run(spec={"cancel": True}),
            Memory(left_behind="who knows"),
            {},
            "Stopped False - True False True StoppedByRequest",
        ),
        (
            held_run(),
            Memory(certainty=Certainty.UNSENT, refused=REFUSED),
            {},
            "Error False - True False True SubmitFailed",
        ),
        (
            held_run(),
            Memory(certainty=Certainty.DOUBTFUL, doubt=TWO),
            {},
            "Pending False - True Unknown False TokenNotUnique",
        ),
        (
            STARTED,
            Memory(),
            {"url": "https://other.example.com"},
            "Running False - True Unknown False ServerChanged",
        ),
        (
            held_run(),
            Memory(),
            {"intent": intent(uid="other")},
            "Pending False - True Unknown False RestoredObject",
        ),
        (
            run(spec={"requires": [{"interceptRuleRef": {"name": "r"}}]}),
            Memory(),
            {"intent": None},
            "Pending False - True Unknown False InvalidSpec",
        ),
        (
            run(metadata={"annotations": {"execution-operator.io/paused": "true"}}),
            Memory(),
            {"intent": None},
            "Pending Unknown - - Unknown False Paused",
        ),
        (
            run(spec={"cancel": True}),
            Memory(),
            {"intent": None},
            "Stopped False - True False True StoppedByRequest",
        ),
    ],
)
def test_each_state_shows_its_row(wanted, memory, changes, expected):
    assert row(status_of(wanted, memory, **changes)) == expected


def test_a_verdict_that_never_comes_is_an_error():
    late = status_of(STARTED, ended("COMPLETE", awaiting_since=90.0), seconds=210.0)
    assert row(late) == "Error False - True False True NoVerdict"


def test_a_result_that_cannot_be_read_is_no_missing_verdict():
    unread = ended("COMPLETE", problem=REFUSED, problem_since=90.0)
    late = status_of(STARTED, unread, seconds=210.0)
    assert row(late) == "Running Unknown True - Unknown False ServerUnreachable"


def test_an_accepted_verdict_is_a_success():
    wanted = held_run(status=started_status(), spec={"acceptedVerdicts": ["INCONCLUSIVE"]})
    status = status_of(wanted, ended("COMPLETE", "INCONCLUSIVE"))
    assert row(status) == "Succeeded True - - True True TestsPassed"
    assert status.verdict == "INCONCLUSIVE"


def test_pass_is_no_success_where_it_is_not_accepted():
    wanted = held_run(status=started_status(), spec={"acceptedVerdicts": ["FAIL"]})
    assert status_of(wanted, ended("COMPLETE", "PASS")).phase == "Failed"


def test_a_terminal_phase_is_never_left():
    wanted = held_run(status=started_status(phase="Failed"))
    assert status_of(wanted, ended("COMPLETE", "PASS")).phase == "Failed"


def test_a_terminal_status_still_follows_the_generation():
    wanted = held_run(status=started_status(phase="Failed"), metadata={"generation": 4})
    assert status_of(wanted, Memory()).observed_generation == 4


def test_a_second_look_changes_no_byte():
    memory = Memory(run=execution("RUNNING"))
    first = status_of(STARTED, memory)
    again = STARTED.model_copy(update={"status": first})
    assert status_of(again, memory, seconds=500.0) == first


def test_a_restarted_operator_changes_no_byte_before_the_first_list():
    first = status_of(STARTED, Memory(run=execution("RUNNING")))
    again = STARTED.model_copy(update={"status": first})
    assert status_of(again, Memory(), seconds=500.0) == first


def test_a_condition_keeps_its_time_until_it_flips():
    first = status_of(STARTED, Memory(run=execution("IN_TRANSITION")))
    again = STARTED.model_copy(update={"status": first})
    second = status_of(again, Memory(run=execution("RUNNING")), seconds=500.0)
    times = {one.type: one.last_transition_time for one in first.conditions}
    assert {one.type: one.last_transition_time for one in second.conditions} == times


def test_the_end_has_times_and_a_duration():
    began, over = "2026-11-22T09:00:10Z", "2026-11-22T09:01:40Z"
    memory = replace(
        ended("COMPLETE", "PASS"),
        run=execution("COMPLETE", startDate=began, completionDate=over),
    )
    status = status_of(STARTED, memory)
    shown = status.model_dump(mode="json", exclude_none=True)
    assert (shown["startTime"], shown["completionTime"], shown["duration"]) == (
        began,
        over,
        "1m30s",
    )


def test_the_result_opens_in_a_browser_below_the_context_path():
    status = status_of(STARTED, Memory(run=execution("RUNNING")))
    assert status.execution is not None
    assert status.execution.result_url == (
        "https://hub.example.com/test/funrep.html#/projects/1050/results/r1"
    )


def test_a_deletion_says_what_it_waits_for():
    wanted = held_run(status=started_status(), deleted_at=at(50.0).utc)
    memory = Memory(run=execution("RUNNING"), stop_sent=True)
    found = {one.type: one for one in status_of(wanted, memory).conditions}
    assert found["Reconciling"].reason == "DeletionBlocked"
    assert "seen ended" in found["Reconciling"].message


def test_no_end_is_told_before_the_last_reckoning():
    memory = ended("LAUNCH_FAILED", reckonings=(math.inf,), retry_at=130.0)
    status = status_of(STARTED, memory)
    assert row(status) == "Running Unknown True - Unknown False AwaitingVerdict"
    assert row(status_of(STARTED, replace(memory, stop_sent=True))).startswith("Stopping")
    assert status_of(STARTED, replace(memory, reckonings=())).phase == "Error"


def test_every_end_word_of_the_api_has_a_meaning():
    assert {COMPLETE, *ENDED} == TERMINAL_WORDS
