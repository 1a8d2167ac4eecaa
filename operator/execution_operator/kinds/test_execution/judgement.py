"""What can be said of a run, and the sayings that fit before and after its submission; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import durationpy

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.api.test_execution import Phase
from execution_operator.kinds.test_execution.retry import attempts_allowed, backoff_of
from execution_operator.kinds.test_execution.timeouts import explained, late_reason

if TYPE_CHECKING:
    from execution_operator.api.run_status import Attempt
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.problems import Problem
    from execution_operator.kinds.test_execution.seen import Seen


class Row(Enum):
    """What a state amounts to; `summarize` has the conditions of each."""

    ACTIVE = "goes on by itself"
    STUB_RUNS = "is a stub and runs"
    PAUSED = "is paused"
    PASSED = "passed"
    NOT_PASSED = "did not pass, was stopped, ended in error or is lost"
    NEEDS_PERSON = "needs a person"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a run.

    Attributes:
        problem: what keeps it from going on, for Accepted, Submitted and Synced.
        failed: the attempt that just ended, when another one follows.
    """

    row: Row
    phase: Phase
    reason: Reason
    message: str
    problem: Problem | None = None
    failed: Attempt | None = None


def as_it_was(wanted: TestExecution, phase: Phase) -> Judgement:
    """Nothing was read yet by this process: what is stored stands."""
    said = wanted.status.condition(ConditionType.SUCCEEDED)
    if said is None:
        return Judgement(Row.ACTIVE, phase, Reason.PENDING, "about to be looked at")
    row = Row.STUB_RUNS if said.reason == Reason.STUB_RUNNING else Row.ACTIVE
    return Judgement(row, phase, Reason(said.reason), said.message)


def retried(wanted: TestExecution, failed: Attempt, why: str) -> Judgement:
    """An attempt has just ended and another one follows."""
    which = f"attempt {failed.attempt} of {attempts_allowed(wanted)}"
    text = f"{which} ended, the next begins {durationpy.to_str(backoff_of(wanted))} later: {why}"
    return Judgement(Row.ACTIVE, Phase.PENDING, Reason.RETRY_PENDING, text, failed=failed)


def left_behind(wanted: TestExecution, seen: Seen, why: str) -> Judgement:
    """It was to be stopped, and nobody can say whether it was."""
    late = late_reason(wanted, seen)
    if late is None:
        text = f"cancelled; a run may go on all the same: {why}, look there"
        return Judgement(Row.NOT_PASSED, Phase.STOPPED, Reason.STOPPED_BY_REQUEST, text)
    text = f"{explained(wanted, late)}; it may go on all the same: {why}, look on the server"
    return Judgement(Row.NOT_PASSED, Phase.ERROR, late, text)
