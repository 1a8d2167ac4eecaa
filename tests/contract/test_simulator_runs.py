"""The state machine of a run, step by step."""

import pytest

from execution_simulator.runs import (
    completed_at,
    current,
    ends_at,
    forced,
    planned,
    restarted,
    started_at,
    stopped,
)
from execution_simulator.scripts import Script

USUAL = Script(transition_seconds=10, run_seconds=20, stop_seconds=5, message="done")


@pytest.mark.parametrize(
    ("script", "due", "now", "status"),
    [
        pytest.param(USUAL, 0, 0, "IN_TRANSITION", id="starts at once"),
        pytest.param(USUAL, 0, 9.9, "IN_TRANSITION", id="is in transition until its time"),
        pytest.param(USUAL, 0, 10, "RUNNING", id="runs"),
        pytest.param(USUAL, 0, 29.9, "RUNNING", id="runs until its time"),
        pytest.param(USUAL, 0, 30, "COMPLETE", id="ends"),
        pytest.param(USUAL, 0, 1e9, "COMPLETE", id="stays ended"),
        pytest.param(USUAL, 50, 0, "SCHEDULED", id="waits for its time"),
        pytest.param(USUAL, 50, 50, "IN_TRANSITION", id="starts at its time"),
        pytest.param(USUAL, 50, 80, "COMPLETE", id="ends after its time"),
        pytest.param(
            Script(end_status="LAUNCH_FAILED", transition_seconds=3),
            0,
            3,
            "LAUNCH_FAILED",
            id="fails to launch without having run",
        ),
        pytest.param(
            Script(end_status="INCOMPLETE", transition_seconds=0, run_seconds=0),
            0,
            0,
            "INCOMPLETE",
            id="ends at once",
        ),
        pytest.param(Script(never_ends=True), 0, 1e9, "RUNNING", id="never ends"),
        pytest.param(Script(stuck_in_transition=True), 0, 1e9, "IN_TRANSITION", id="is stuck"),
        pytest.param(
            Script(transition_status="WAITING_FOR_AGENT"),
            0,
            0,
            "WAITING_FOR_AGENT",
            id="shows a word outside the enum",
        ),
    ],
)
def test_a_run_follows_its_script(script: Script, due: float, now: float, status: str) -> None:
    assert current(planned(script, created=0, due=due), now).status == status


@pytest.mark.parametrize(
    ("script", "due", "asked", "timeout", "lag", "now", "status"),
    [
        pytest.param(USUAL, 50, 1, 30, 0, 1, "CANCELED", id="a scheduled run is canceled"),
        pytest.param(USUAL, 0, 1, 30, 0, 1, "STOPPING", id="a run in transition stops"),
        pytest.param(USUAL, 0, 15, 30, 0, 19.9, "STOPPING", id="it is stopping for a while"),
        pytest.param(USUAL, 0, 15, 30, 0, 20, "STOPPED_BY_USER", id="it is stopped then"),
        pytest.param(USUAL, 0, 15, 2, 0, 17, "STOPPED_BY_USER", id="the time-out is the limit"),
        pytest.param(USUAL, 0, 31, 30, 0, 32, "COMPLETE", id="an ended run stays as it is"),
        pytest.param(USUAL, 0, 15, 30, 3, 17, "RUNNING", id="the old status is shown for the lag"),
        pytest.param(USUAL, 0, 15, 30, 3, 18, "STOPPING", id="after the lag it is stopping"),
        pytest.param(USUAL, 50, 1, 30, 3, 2, "SCHEDULED", id="the lag holds for scheduled ones"),
        pytest.param(
            USUAL.model_copy(update={"stop_ends_as": "COMPLETE"}),
            0,
            15,
            30,
            0,
            20,
            "COMPLETE",
            id="the natural end may win",
        ),
        pytest.param(
            USUAL.model_copy(update={"hard_stop_ends_as": "INCOMPLETE"}),
            0,
            15,
            2,
            0,
            17,
            "INCOMPLETE",
            id="a hard stop may leave it incomplete",
        ),
        pytest.param(
            Script(stuck_in_transition=True),
            0,
            99,
            0,
            0,
            99,
            "STOPPED_BY_USER",
            id="stuck ones too",
        ),
    ],
)
def test_a_stop_changes_the_course(  # noqa: PLR0917, PLR0913 -- the columns of the table
    script: Script, due: float, asked: float, timeout: float, lag: float, now: float, status: str
) -> None:
    course = planned(script, created=0, due=due)
    changed = stopped(course, script, now=asked, timeout_seconds=timeout, lag_seconds=lag)
    assert current(changed, now).status == status


@pytest.mark.parametrize("second", [16, 18.5], ids=["during the lag", "while stopping"])
def test_a_second_stop_changes_nothing(second: float) -> None:
    course = planned(USUAL, created=0, due=0)
    once = stopped(course, USUAL, now=15, timeout_seconds=30, lag_seconds=2)
    assert stopped(once, USUAL, now=second, timeout_seconds=1, lag_seconds=0) is once


def test_a_forced_status_stays_until_it_is_stopped() -> None:
    course = forced(planned(USUAL, created=0, due=0), now=12, status="RUNNING", message="held")
    assert current(course, 1e9).message == "held"
    changed = stopped(course, USUAL, now=100, timeout_seconds=30, lag_seconds=0)
    assert current(changed, 105).status == "STOPPED_BY_USER"


def test_a_restart_begins_with_the_transition() -> None:
    course = restarted(planned(USUAL, created=0, due=0), USUAL, now=15)
    shown = [current(course, now).status for now in (14, 15, 25, 45)]
    assert shown == ["RUNNING", "IN_TRANSITION", "RUNNING", "COMPLETE"]


def test_only_a_running_run_restarts() -> None:
    course = planned(USUAL, created=0, due=0)
    assert restarted(course, USUAL, now=5) is course


def test_the_dates_are_those_of_the_steps() -> None:
    course = planned(USUAL, created=0, due=0)
    assert (started_at(course, 9), started_at(course, 99)) == (None, 10)
    assert (completed_at(course, 29), completed_at(course, 99)) == (None, 30)
    assert ends_at(course) == 30


def test_the_message_is_told_at_the_end() -> None:
    course = planned(USUAL, created=0, due=0)
    assert (current(course, 15).message, current(course, 30).message) == ("", "done")
