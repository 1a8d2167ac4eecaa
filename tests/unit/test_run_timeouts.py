"""When a run's time is over, what is recorded of it, and what it ends as."""

from __future__ import annotations

from datetime import timedelta

import pytest

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.kinds.test_execution.actions import LeaveBehind, LookUp, Stop, WriteIntent
from execution_operator.kinds.test_execution.decide import decide
from execution_operator.kinds.test_execution.seen import Certainty, Doubt, Memory
from execution_operator.kinds.test_execution.summarize import summarize
from execution_operator.kinds.test_execution.timeouts import deadline, overdue
from execution_operator.remote import errors
from execution_operator.remote.outage import Trouble
from execution_operator.remote.snapshot import Listed
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

QUEUE = {"timeouts": {"queue": "5m"}}
RUN = {"timeouts": {"run": "1h"}}
BOTH = {"timeouts": {"queue": "5m", "run": "1h"}}


def moment(seconds):
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def recorded(word=None, *, began=None, submitted=0.0, **more):
    """The status of a run that the server has."""
    known = started_status(**more)
    known["execution"] |= {"status": word, "submittedAt": moment(submitted)}
    return known | ({"startTime": moment(began)} if began is not None else {})


def asked(reason, seconds=0.0):
    return {"stopRequest": {"reason": reason, "time": moment(seconds)}}


def says(word, **more):
    """What is known of a run of which the server says that word."""
    found = execution(word, **more)
    return seen(Memory(run=found), intent=intent(), sighting=Listed(found))


IN_TRANSITION = says("IN_TRANSITION")
RUNNING = says("RUNNING")


def planned(wanted, known, seconds):
    return decide(wanted, known, at(seconds), PERIODS)


def told(wanted, known, seconds):
    """The phase and the reason of the status that follows."""
    status = summarize(wanted, known, at(seconds), PERIODS)
    reason = {one.type: one.reason for one in status.conditions}["Succeeded"]
    return f"{status.phase} {reason}"


@pytest.mark.parametrize(
    ("wanted", "known", "over_at"),
    [
        pytest.param(run(spec=QUEUE), seen(), 300, id="from creation"),
        pytest.param(run(spec=RUN), seen(), None, id="a run's bound begins with the run"),
        pytest.param(
            run(spec=QUEUE | {"scheduled": {"at": moment(7200)}}), seen(), 7500, id="from at"
        ),
        pytest.param(
            run(spec=QUEUE | {"scheduled": {"in": "PT1H"}}), seen(), 3900, id="in, from creation"
        ),
        pytest.param(
            held_run(
                spec=QUEUE | {"scheduled": {"in": "PT1H"}},
                status=recorded("SCHEDULED", submitted=60, phase="Scheduled"),
            ),
            says("SCHEDULED"),
            3960,
            id="in, from the submission",
        ),
        pytest.param(
            run(spec={"scheduled": {"at": moment(-60)}}), seen(), 3540, id="at past, no bound"
        ),
        pytest.param(
            held_run(spec={"scheduled": {"at": moment(60)}}, status=recorded("SCHEDULED")),
            says("SCHEDULED"),
            None,
            id="at, submitted, no bound",
        ),
        pytest.param(
            run(spec=QUEUE | {"scheduled": {"at": "2026-02-30T00:00:00Z"}}),
            seen(),
            300,
            id="at is no day",
        ),
        pytest.param(
            held_run(spec=BOTH, status=recorded(phase="InTransition")),
            IN_TRANSITION,
            300,
            id="in transition",
        ),
        pytest.param(
            held_run(spec=BOTH, status=recorded(began=100)), RUNNING, 3700, id="from its start"
        ),
        pytest.param(
            held_run(spec=BOTH, status=recorded(began=-9000, submitted=50)),
            RUNNING,
            3650,
            id="a server whose clock is slow",
        ),
        pytest.param(
            held_run(spec=BOTH, status=recorded(began=100)),
            IN_TRANSITION,
            3700,
            id="deployed anew",
        ),
        pytest.param(
            held_run(spec=BOTH | {"completion": "Running"}, status=recorded(began=100)),
            RUNNING,
            None,
            id="a stub that runs",
        ),
        pytest.param(
            held_run(spec=BOTH, status=recorded(began=100)), says("COMPLETE"), None, id="over"
        ),
        pytest.param(
            held_run(spec=BOTH, status=recorded(began=100), metadata={"uid": "u2"}),
            RUNNING,
            None,
            id="a copy",
        ),
        pytest.param(
            held_run(spec={"timeouts": {"queue": "5m"}}, status=recorded()),
            says("WAITING_FOR_AGENT"),
            None,
            id="a word that is not known is taken as running",
        ),
    ],
)
def test_the_bound_that_runs(wanted, known, over_at):
    bound = deadline(wanted, known, PERIODS)
    assert (bound and (bound.at - START).total_seconds()) == over_at
    if over_at is not None:
        assert overdue(wanted, known, at(over_at - 0.1), PERIODS) is None
        assert overdue(wanted, known, at(over_at), PERIODS) is bound.reason


def test_a_bound_past_all_times_is_none():
    wanted = run(spec=QUEUE | {"scheduled": {"at": "9999-12-31T23:59:59Z"}})
    assert overdue(wanted, seen(), at(1e9), PERIODS) is None


@pytest.mark.parametrize(
    ("wanted", "known"),
    [
        pytest.param(run(spec=QUEUE), seen(), id="before its intent"),
        pytest.param(
            held_run(spec=QUEUE),
            seen(Memory(certainty=Certainty.UNSENT), intent=intent()),
            id="its intent written, nothing sent",
        ),
        pytest.param(run(spec=QUEUE), seen(url=None), id="no server"),
        pytest.param(
            run(spec=QUEUE | {"adopt": {"executionId": "e9"}}), seen(), id="nothing to adopt"
        ),
        pytest.param(
            run(spec={"scheduled": {"at": "2020-01-01T00:00:00Z"}}), seen(), id="at long past"
        ),
    ],
)
def test_a_run_that_waited_too_long_ends_without_a_request(wanted, known):
    assert planned(wanted, known, 400.0).action is None
    assert told(wanted, known, 400.0) == "Error QueueTimeout"


def test_a_run_is_looked_at_again_when_its_time_is_over():
    wanted = held_run(spec=BOTH, status=recorded(phase="InTransition"))
    assert planned(wanted, IN_TRANSITION, 100.0).look_again == 200.0


@pytest.mark.parametrize(
    ("wanted", "known", "seconds", "reason"),
    [
        (held_run(spec=BOTH, status=recorded()), IN_TRANSITION, 300.0, "QueueTimeout"),
        (held_run(spec=BOTH, status=recorded(began=0)), RUNNING, 3600.0, "RunTimeout"),
        (
            held_run(spec=BOTH | {"cancel": True}, status=recorded(began=0)),
            RUNNING,
            3600.0,
            "StoppedByRequest",
        ),
    ],
    ids=["in transition", "running", "cancelled before"],
)
def test_why_a_run_is_stopped_is_recorded_before_it_is_stopped(wanted, known, seconds, reason):
    assert planned(wanted, known, seconds).action is None
    status = summarize(wanted, known, at(seconds), PERIODS)
    assert (status.phase, status.stop_request.reason) == ("Stopping", reason)
    then = wanted.model_copy(update={"status": status})
    assert planned(then, known, seconds).action == Stop("1050", "e1")


def test_a_run_that_this_process_has_not_seen_is_not_stopped_for_its_time():
    wanted = held_run(spec=RUN, status=recorded("RUNNING", began=0))
    assert summarize(wanted, seen(intent=intent()), at(4000.0), PERIODS).stop_request is None
    trouble = Trouble(errors.Unreachable("cannot list executions"), 40.0)
    blind = seen(intent=intent(), trouble=trouble)
    assert summarize(wanted, blind, at(4000.0), PERIODS).stop_request is not None


@pytest.mark.parametrize("word", ["STOPPED_BY_USER", "CANCELED", "COMPLETE", "LAUNCH_FAILED"])
@pytest.mark.parametrize("reason", ["QueueTimeout", "RunTimeout"])
def test_any_end_after_a_time_out_is_that_time_out(word, reason):
    wanted = held_run(status=recorded(**asked(reason, 100.0)))
    assert told(wanted, says(word, completionDate=moment(105)), 200.0) == f"Error {reason}"
    assert planned(wanted, says(word), 200.0).action is None


def test_a_run_that_ended_before_it_was_asked_to_stop_has_its_own_end():
    wanted = held_run(status=recorded(**asked("RunTimeout", 100.0)))
    found = execution("COMPLETE", completionDate=moment(99))
    known = seen(Memory(run=found, result=result("PASS")), intent=intent())
    assert told(wanted, known, 200.0) == "Succeeded TestsPassed"


@pytest.mark.parametrize(
    ("spec", "request_", "seconds", "expected"),
    [
        ({}, asked("RunTimeout"), 599.0, None),
        ({}, asked("RunTimeout"), 600.0, LeaveBehind),
        ({"deletionTimeout": "1m"}, asked("RunTimeout"), 60.0, LeaveBehind),
        ({"cancel": True}, asked("StoppedByRequest"), 1e6, None),
        (RUN | {"cancel": True}, asked("StoppedByRequest"), 3599.0, None),
        (RUN | {"cancel": True}, asked("StoppedByRequest"), 3600.0, LeaveBehind),
    ],
    ids=["not yet", "after 10 min", "after deletionTimeout", "cancelled", "in time", "too long"],
)
def test_a_stop_that_never_ends_is_left_behind(spec, request_, seconds, expected):
    wanted = held_run(spec=spec, status=recorded(began=0, **request_))
    known = seen(Memory(run=execution("STOPPING"), stop_sent=True), intent=intent())
    plan = planned(wanted, known, seconds)
    assert (type(plan.action) if plan.action else None) is expected


def test_a_run_that_was_left_behind_is_an_error():
    wanted = held_run(spec=RUN, status=recorded(began=0, **asked("RunTimeout")))
    known = seen(Memory(run=execution("STOPPING"), left_behind="it goes on"), intent=intent())
    assert told(wanted, known, 700.0) == "Error RunTimeout"


def test_a_run_in_doubt_is_looked_up_before_its_time_out_is_told():
    doubtful = Memory(certainty=Certainty.DOUBTFUL)
    wanted, known = held_run(spec=QUEUE), seen(doubtful, intent=intent())
    assert planned(wanted, known, 300.0).action is None
    status = summarize(wanted, known, at(300.0), PERIODS)
    assert (status.phase, status.stop_request.reason) == ("Submitting", "QueueTimeout")
    asked_for = wanted.model_copy(update={"status": status})
    assert planned(asked_for, known, 300.0).action == LookUp(1)
    absent = Doubt(since=0.0, looked_at=400.0, absent=True)
    proven = seen(Memory(certainty=Certainty.DOUBTFUL, doubt=absent), intent=intent())
    assert planned(asked_for, proven, 400.0).action is None
    assert told(asked_for, proven, 400.0) == "Error QueueTimeout"
    assert isinstance(planned(asked_for, known, 900.0).action, LeaveBehind)


def test_a_paused_run_has_no_time_out():
    paused = {"annotations": {PAUSED_ANNOTATION: "true"}}
    wanted = run(spec=QUEUE, metadata=paused)
    assert planned(wanted, seen(), 9000.0).look_again is None
    assert told(wanted, seen(), 9000.0) == "Pending Paused"
    running = held_run(spec=RUN, status=recorded(began=0), metadata=paused)
    assert summarize(running, RUNNING, at(9000.0), PERIODS).stop_request is None


def test_a_run_in_time_goes_on():
    assert isinstance(planned(run(spec=QUEUE), seen(), 299.0).action, WriteIntent)


def test_a_start_that_the_server_dates_early_is_no_start():
    wanted = held_run(spec=QUEUE, status=recorded(phase="InTransition"))
    known = says("IN_TRANSITION", startDate=moment(1))
    assert summarize(wanted, known, at(10.0), PERIODS).start_time is None
