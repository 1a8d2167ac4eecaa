"""What is to be said of a run: its phase and why, from what is known; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.reasons import Reason
from execution_operator.api.test_execution import Phase
from execution_operator.kinds.test_execution.judgement import Judgement, Row
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_elsewhere,
    is_restored,
    is_unfollowable_copy,
    may_adopt,
)
from execution_operator.kinds.test_execution.submitted import judge_submitted
from execution_operator.kinds.test_execution.unsubmitted import judge_unsubmitted

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now


def judge(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Judgement:
    """The one row that holds."""
    phase = wanted.status.phase or Phase.PENDING
    foreign = _foreign(wanted, seen, phase)
    if foreign is not None:
        return foreign
    if wanted.metadata.is_paused and not wanted.metadata.is_deleted:
        text = "nothing is changed while the object is annotated as paused"
        return Judgement(Row.PAUSED, phase, Reason.PAUSED, text)
    if execution_id(wanted, seen) is None:
        return judge_unsubmitted(wanted, seen, now, periods)
    return judge_submitted(wanted, seen, now, periods)


def _foreign(wanted: TestExecution, seen: Seen, phase: Phase) -> Judgement | None:
    if seen.owner is not None:
        text = f"the run belongs to {seen.owner}: delete one of the two"
        return Judgement(Row.NEEDS_PERSON, phase, Reason.ALREADY_OWNED, text)
    if is_unfollowable_copy(wanted, seen) and not may_adopt(wanted, seen):
        text = (
            "this object was copied or restored from another one and never starts a run:"
            " create a new TestExecution to run the test"
        )
        return Judgement(Row.NEEDS_PERSON, phase, Reason.RESTORED_OBJECT, text)
    if not is_restored(wanted, seen) and is_elsewhere(wanted, seen):
        text = (
            "the run was asked for on another server, project or cluster than the one in use"
            " now: put the ExecutionServer back, or create a new TestExecution"
        )
        return Judgement(Row.NEEDS_PERSON, phase, Reason.SERVER_CHANGED, text)
    return None
