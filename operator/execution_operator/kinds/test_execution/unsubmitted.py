"""What is to be said of a run that the server is not known to have; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.api.test_execution import Phase
from execution_operator.kinds.test_execution.attempts import is_between
from execution_operator.kinds.test_execution.judgement import (
    Judgement,
    Row,
    as_it_was,
    left_behind,
    retried,
)
from execution_operator.kinds.test_execution.retry import (
    backoff_left,
    failed_attempt,
    may_begin_another,
)
from execution_operator.kinds.test_execution.specification import refusal
from execution_operator.kinds.test_execution.standing import is_undecidable, is_unsent, may_adopt
from execution_operator.kinds.test_execution.timeouts import explained, overdue

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.capacity import Place
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now

_FOR_PEOPLE: Final = frozenset({Reason.HOST_NOT_ALLOWED, Reason.INVALID_SPEC})


def judge_unsubmitted(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Judgement:
    """Why there is no run yet, or why there will be none."""
    memory = seen.memory
    over = _never_submitted(wanted, seen, now, periods)
    if over is not None:
        return over
    problem = seen.blocker or seen.unready or memory.problem
    if is_between(wanted) and (problem is None or backoff_left(wanted, now) > 0):
        return _between(wanted)
    if not is_unsent(wanted, seen) and not may_adopt(wanted, seen):
        return _in_doubt(seen)
    if seen.place is not None:
        return _waits(wanted, seen.place)
    if problem is not None:
        row = Row.NEEDS_PERSON if problem.reason in _FOR_PEOPLE else Row.ACTIVE
        return Judgement(row, Phase.PENDING, problem.reason, problem.message, problem)
    text = "about to be followed" if wanted.spec.adopt else "about to be started"
    return Judgement(Row.ACTIVE, Phase.PENDING, Reason.PENDING, text)


def _between(wanted: TestExecution) -> Judgement:
    """An attempt ended and the next is to come: the words that were written at its end stand."""
    before = as_it_was(wanted, Phase.PENDING)
    if before.reason is Reason.RETRY_PENDING:
        return replace(before, phase=Phase.PENDING)
    text = f"attempt {wanted.status.attempt} has ended, the next one is about to begin"
    return Judgement(Row.ACTIVE, Phase.PENDING, Reason.RETRY_PENDING, text)


def _no_more(wanted: TestExecution) -> Judgement | None:
    """Somebody took the attempts away that were left when the last one ended."""
    if not is_between(wanted) or may_begin_another(wanted):
        return None
    previous = wanted.status.previous_attempts[-1]
    text = f"attempt {previous.attempt} ended and spec.retry.limit allows no other"
    reason = Reason(previous.reason or Reason.INCOMPLETE)
    return Judgement(Row.NOT_PASSED, Phase.ERROR, reason, text)


def _never_submitted(
    wanted: TestExecution, seen: Seen, now: Now, periods: Periods
) -> Judgement | None:
    """Why there is not going to be a run."""
    memory, refused = seen.memory, refusal(wanted.spec)
    if refused is not None:
        return Judgement(Row.NEEDS_PERSON, Phase.PENDING, Reason.INVALID_SPEC, refused)
    if memory.refused is not None:
        text = f"the server refused the run: {memory.refused.message}"
        if (failed := failed_attempt(wanted, seen, now)) is not None:
            return retried(wanted, failed, text)
        return Judgement(Row.NOT_PASSED, Phase.ERROR, Reason.SUBMIT_FAILED, text, memory.refused)
    if memory.left_behind is not None:
        return left_behind(wanted, seen, memory.left_behind)
    if is_unsent(wanted, seen):
        return _not_wanted(wanted, seen, now, periods) or _no_more(wanted)
    return None


def _not_wanted(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Judgement | None:
    """That it was cancelled, or came too late, before it was started."""
    if wanted.spec.cancel:
        text = f"cancelled before it was started{' again' if is_between(wanted) else ''}"
        return Judgement(Row.NOT_PASSED, Phase.STOPPED, Reason.STOPPED_BY_REQUEST, text)
    late = overdue(wanted, seen, now, periods)
    if late is None:
        return None
    text = explained(wanted, late)
    problem = seen.blocker or seen.unready or seen.memory.problem
    text = f"{text}: {problem.message}" if problem else text
    return Judgement(Row.NOT_PASSED, Phase.ERROR, late, text, problem)


def _waits(wanted: TestExecution, place: Place) -> Judgement:
    server = wanted.spec.server_ref.name
    text = (
        f'ExecutionServer "{server}" has {place.limit} active runs, as many as maxActiveRuns'
        f" allows: place {place.number} in the queue"
    )
    return Judgement(Row.ACTIVE, Phase.PENDING, Reason.WAITING_FOR_CAPACITY, text)


def _in_doubt(seen: Seen) -> Judgement:
    doubt, problem = seen.memory.doubt, seen.blocker or seen.memory.problem
    if doubt is not None and doubt.problem is not None and is_undecidable(seen):
        why = doubt.problem
        return Judgement(Row.NEEDS_PERSON, Phase.PENDING, why.reason, why.message, why)
    text = "it is not known whether the server started the run: looking for it there"
    if problem is not None:
        text = f"{text}: {problem.message}"
    return Judgement(Row.ACTIVE, Phase.SUBMITTING, Reason.SUBMITTING, text, problem)
