"""The state machine of a run as pure functions over its timeline; knows no clock and no HTTP.

A timeline is what has happened and what will happen unless somebody interferes. Looking at a run
is reading its timeline at a moment, so that ten thousand active runs cost no task and no timer.
"""

import math
from dataclasses import dataclass

from execution_simulator.scripts import Script
from execution_simulator.words import ENDED


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` (seconds since the epoch) on the run shows this status and message."""

    at: float
    status: str
    message: str = ""


Timeline = tuple[Step, ...]
"""Never empty, in order of time."""


def planned(script: Script, *, created: float, due: float) -> Timeline:
    """The course of a new run that begins at `due`."""
    course = _course(script, due)
    return (Step(created, "SCHEDULED"), *course) if due > created else course


def stopped(
    timeline: Timeline, script: Script, *, now: float, timeout_seconds: float, lag_seconds: float
) -> Timeline:
    """The course after a stop: nothing for an ended or stopping run, CANCELED before its time.

    `lag_seconds` is how long the old status is still shown.
    """
    seen = current(timeline, now).status
    if seen in ENDED or _is_stopping(timeline, now):
        return timeline
    past, begins = _until(timeline, now), now + lag_seconds
    if seen == "SCHEDULED":
        return (*past, Step(begins, "CANCELED"))
    hard = script.stop_seconds > timeout_seconds
    status = script.hard_stop_ends_as if hard else script.stop_ends_as
    ends = begins + min(script.stop_seconds, timeout_seconds)
    message = script.message if status == script.end_status else ""
    return (*past, Step(begins, "STOPPING"), Step(ends, status, message))


def forced(timeline: Timeline, *, now: float, status: str, message: str) -> Timeline:
    """The course after somebody set a status: it stays until it is set again or stopped."""
    return (*_until(timeline, now), Step(now, status, message))


def restarted(timeline: Timeline, script: Script, *, now: float) -> Timeline:
    """The course of a running run that is deployed anew; any other keeps its own."""
    if current(timeline, now).status != "RUNNING":
        return timeline
    return (*_until(timeline, now), *_course(script, now))


def current(timeline: Timeline, now: float) -> Step:
    """The step in force; the first one also before its time."""
    for step in reversed(timeline):
        if step.at <= now:
            return step
    return timeline[0]


def started_at(timeline: Timeline, now: float) -> float | None:
    """When it first was RUNNING."""
    for step in timeline:
        if step.status == "RUNNING" and step.at <= now:
            return step.at
    return None


def completed_at(timeline: Timeline, now: float) -> float | None:
    """When it ended, None while it has not."""
    step = current(timeline, now)
    return step.at if step.status in ENDED else None


def ends_at(timeline: Timeline) -> float:
    """When it will have ended unless somebody interferes; infinity for never."""
    last = timeline[-1]
    return last.at if last.status in ENDED else math.inf


def _course(script: Script, due: float) -> Timeline:
    waiting = Step(due, script.transition_status)
    launched = due + script.transition_seconds
    if script.stuck_in_transition:
        return (waiting,)
    if script.end_status == "LAUNCH_FAILED":
        return (waiting, Step(launched, script.end_status, script.message))
    if script.never_ends:
        return (waiting, Step(launched, "RUNNING"))
    end = Step(launched + script.run_seconds, script.end_status, script.message)
    return (waiting, Step(launched, "RUNNING"), end)


def _until(timeline: Timeline, now: float) -> Timeline:
    return tuple(step for step in timeline if step.at <= now) or timeline[:1]


def _is_stopping(timeline: Timeline, now: float) -> bool:
    ahead = any(step.status == "STOPPING" for step in timeline if step.at > now)
    return ahead or current(timeline, now).status == "STOPPING"
