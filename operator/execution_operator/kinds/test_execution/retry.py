"""Whether and when a run is tried again: for the infrastructure's reasons alone; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.api.run_status import Attempt
from execution_operator.api.test_execution import Phase
from execution_operator.kinds.test_execution.attempts import attempt_of
from execution_operator.kinds.test_execution.standing import is_adopted
from execution_operator.kinds.test_execution.words import ENDED, RETRIED

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now

_BACKOFF: Final = timedelta(seconds=30)


def attempts_allowed(wanted: TestExecution) -> int:
    """How many attempts there may be in all."""
    return 1 + (wanted.spec.retry.limit if wanted.spec.retry else 0)


def backoff_of(wanted: TestExecution) -> timedelta:
    """How long to wait between two attempts."""
    asked = wanted.spec.retry.backoff if wanted.spec.retry else None
    return _BACKOFF if asked is None else asked


def may_begin_another(wanted: TestExecution) -> bool:
    """Whether an attempt is left after the one that the object is at."""
    return attempt_of(wanted) < attempts_allowed(wanted) and not wanted.spec.cancel


def failed_attempt(wanted: TestExecution, seen: Seen, now: Now) -> Attempt | None:
    """The attempt as it is recorded when it ended and another one follows; else None.

    A run that was being stopped is never tried again, whatever it ended as.
    """
    memory, run = seen.memory, seen.memory.run
    asked = wanted.status.stop_request is not None
    stopped = asked or memory.stop_sent or wanted.status.phase is Phase.STOPPING
    if not may_begin_another(wanted) or stopped or is_adopted(wanted, seen):
        return None
    ended = now.utc.replace(microsecond=0)
    if memory.refused is not None:
        return Attempt(
            attempt=attempt_of(wanted), reason=Reason.SUBMIT_FAILED, completion_time=ended
        )
    if run is None or run.status not in RETRIED:
        return None
    return Attempt(
        attempt=attempt_of(wanted),
        execution_id=run.id,
        reason=ENDED[run.status].reason,
        completion_time=ended,
    )


def backoff_left(wanted: TestExecution, now: Now) -> float:
    """Seconds until the next attempt may begin; never more than the whole backoff."""
    backoff = backoff_of(wanted).total_seconds()
    ended = wanted.status.previous_attempts[-1].completion_time
    passed = (now.utc - ended).total_seconds() if ended else 0.0
    return backoff - max(passed, 0.0)
