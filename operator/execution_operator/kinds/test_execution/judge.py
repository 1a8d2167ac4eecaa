"""What is to be said of a run: its phase and why, from what is known; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

import durationpy

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.api.test_execution import Phase, Verdict
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.test_execution.attempts import is_between
from execution_operator.kinds.test_execution.configuration import refusal as unconfigured
from execution_operator.kinds.test_execution.details import next_detail
from execution_operator.kinds.test_execution.retry import (
    attempts_allowed,
    backoff_left,
    backoff_of,
    failed_attempt,
    may_begin_another,
)
from execution_operator.kinds.test_execution.specification import refusal
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_elsewhere,
    is_lost,
    is_over,
    is_restored,
    is_stub,
    is_undecidable,
    is_unfollowable_copy,
    is_unsent,
    may_adopt,
    verdict_is_late,
)
from execution_operator.kinds.test_execution.timeouts import (
    explained,
    late_reason,
    overdue,
    stop_request,
    timed_out,
)
from execution_operator.kinds.test_execution.words import (
    ACTIVE,
    BY_REQUEST,
    COMPLETE,
    ENDED,
    Ending,
    by_stub,
    by_verdict,
)

if TYPE_CHECKING:
    from execution_operator.api.test_execution import Attempt, TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.capacity import Place
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now


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


ACCEPTED_BY_DEFAULT: Final = (Verdict.PASS,)
_FOR_PEOPLE: Final = frozenset({Reason.HOST_NOT_ALLOWED, Reason.INVALID_SPEC})


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
        return _not_submitted(wanted, seen, now, periods)
    return _submitted(wanted, seen, now, periods)


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


def _not_submitted(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Judgement:
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
    as_it_was = _as_it_was(wanted, Phase.PENDING)
    if as_it_was.reason is Reason.RETRY_PENDING:
        return replace(as_it_was, phase=Phase.PENDING)
    text = f"attempt {wanted.status.attempt} has ended, the next one is about to begin"
    return Judgement(Row.ACTIVE, Phase.PENDING, Reason.RETRY_PENDING, text)


def _retry(wanted: TestExecution, failed: Attempt, why: str) -> Judgement:
    """An attempt has just ended and another one follows."""
    which = f"attempt {failed.attempt} of {attempts_allowed(wanted)}"
    text = f"{which} ended, the next begins {durationpy.to_str(backoff_of(wanted))} later: {why}"
    return Judgement(Row.ACTIVE, Phase.PENDING, Reason.RETRY_PENDING, text, failed=failed)


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
            return _retry(wanted, failed, text)
        return Judgement(Row.NOT_PASSED, Phase.ERROR, Reason.SUBMIT_FAILED, text, memory.refused)
    if memory.left_behind is not None:
        return _left_behind(wanted, seen, memory.left_behind)
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


def _left_behind(wanted: TestExecution, seen: Seen, why: str) -> Judgement:
    late = late_reason(wanted, seen)
    if late is None:
        text = f"cancelled; a run may go on all the same: {why}, look there"
        return Judgement(Row.NOT_PASSED, Phase.STOPPED, Reason.STOPPED_BY_REQUEST, text)
    text = f"{explained(wanted, late)}; it may go on all the same: {why}, look on the server"
    return Judgement(Row.NOT_PASSED, Phase.ERROR, late, text)


def _in_doubt(seen: Seen) -> Judgement:
    doubt, problem = seen.memory.doubt, seen.blocker or seen.memory.problem
    if doubt is not None and doubt.problem is not None and is_undecidable(seen):
        why = doubt.problem
        return Judgement(Row.NEEDS_PERSON, Phase.PENDING, why.reason, why.message, why)
    text = "it is not known whether the server started the run: looking for it there"
    if problem is not None:
        text = f"{text}: {problem.message}"
    return Judgement(Row.ACTIVE, Phase.SUBMITTING, Reason.SUBMITTING, text, problem)


def _submitted(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Judgement:
    if seen.memory.left_behind is not None:
        return _left_behind(wanted, seen, seen.memory.left_behind)
    reckoned = not seen.memory.reckonings
    if is_lost(seen, now, periods) and reckoned:
        text = "the server says that there is no such run any more"
        return Judgement(Row.NOT_PASSED, Phase.LOST, Reason.LOST, text)
    if is_over(seen):
        going = _ended(wanted, seen, now, periods) if reckoned else _reckoning(seen)
    else:
        stopping = stop_request(wanted, seen, now, periods) is not None
        going = _going(wanted, seen, stopping=stopping)
    if going.row not in {Row.ACTIVE, Row.STUB_RUNS} or going.failed is not None:
        return going
    memory = seen.memory
    failing = memory.problem_since is not None and (
        now.monotonic - memory.problem_since >= periods.outage
    )
    if memory.problem is not None and failing:
        return _out_of_sight(going, memory.problem)
    if seen.trouble is not None:
        return _out_of_sight(going, problem_of(seen.trouble.error))
    if seen.url is None and seen.blocker is not None:
        return _out_of_sight(going, seen.blocker)
    return going


def _going(wanted: TestExecution, seen: Seen, *, stopping: bool) -> Judgement:
    """What a run that is not over does, by the word that was read, or as it was before."""
    run, phase = seen.memory.run, wanted.status.phase or Phase.IN_TRANSITION
    if run is None and not (stopping and phase is not Phase.STOPPING):
        return _as_it_was(wanted, phase)
    word = (run.status if run else _last_word(wanted)) or "IN_TRANSITION"
    phase, reason = ACTIVE.get(word, (Phase.RUNNING, Reason.RUNNING))
    if seen.memory.stop_sent or stopping:
        phase, reason = Phase.STOPPING, Reason.STOPPING
    text = f"the server says {word}"
    if is_stub(wanted) and reason is Reason.RUNNING and word in ACTIVE:
        text = "the stub runs until this object is cancelled or deleted"
        return Judgement(Row.STUB_RUNS, phase, Reason.STUB_RUNNING, text)
    if word not in ACTIVE:
        text = f'the server says "{word}", a word that is not known: taken as running'
    return Judgement(Row.ACTIVE, phase, reason, text, unconfigured(wanted, seen))


def _last_word(wanted: TestExecution) -> str | None:
    return wanted.status.execution.status if wanted.status.execution else None


def _reckoning(seen: Seen) -> Judgement:
    """A run that is over, of an attempt that may have a second one: no end is told before."""
    text = "the run is over; the attempt was asked for twice: looking whether it has a second one"
    if seen.memory.stop_sent:
        return Judgement(Row.ACTIVE, Phase.STOPPING, Reason.STOPPING, text)
    return Judgement(Row.ACTIVE, Phase.RUNNING, Reason.AWAITING_VERDICT, text)


def _as_it_was(wanted: TestExecution, phase: Phase) -> Judgement:
    """Nothing was read yet by this process: what is stored stands."""
    said = next(
        (one for one in wanted.status.conditions if one.type == ConditionType.SUCCEEDED), None
    )
    if said is None:
        return Judgement(Row.ACTIVE, phase, Reason.PENDING, "about to be looked at")
    row = Row.STUB_RUNS if said.reason == Reason.STUB_RUNNING else Row.ACTIVE
    return Judgement(row, phase, Reason(said.reason), said.message)


def _out_of_sight(going: Judgement, problem: Problem) -> Judgement:
    text = f"the run cannot be seen, it may well go on: {problem.message}"
    unseen = replace(problem, message=text)
    return Judgement(Row.ACTIVE, going.phase, Reason.SERVER_UNREACHABLE, text, unseen)


def _ended(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Judgement:
    run, result = seen.memory.run, seen.memory.result
    word = run.status if run else None
    words = (result.message if result else None) or (run.message if run else None)
    late = timed_out(wanted, seen)
    if late is not None:
        return _judged(Ending(Phase.ERROR, late, explained(wanted, late)), words)
    failed = failed_attempt(wanted, seen, now)
    if failed is not None:
        return _retry(wanted, failed, _judged(ENDED[word or ""], words).message)
    if is_stub(wanted):
        return _judged(_asked(wanted, seen, by_stub(word or "")), words)
    if seen.memory.failures and next_detail(wanted, seen, now, periods) is not None:
        text = "the run is over, its result could not be read yet"
        return Judgement(Row.ACTIVE, Phase.RUNNING, Reason.AWAITING_VERDICT, text)
    if word != COMPLETE:
        return _judged(_asked(wanted, seen, ENDED[word or ""]), words)
    verdict = _verdict(seen)
    if verdict is not None:
        accepted = wanted.spec.accepted_verdicts or ACCEPTED_BY_DEFAULT
        return _judged(by_verdict(verdict, accepted), words)
    if verdict_is_late(seen, now, periods):
        text = "the run is complete but the server gives no verdict: look at its result there"
        return Judgement(Row.NOT_PASSED, Phase.ERROR, Reason.NO_VERDICT, text)
    text = "the run is complete, its verdict is not there yet"
    return Judgement(Row.ACTIVE, Phase.RUNNING, Reason.AWAITING_VERDICT, text)


def _asked(wanted: TestExecution, seen: Seen, ending: Ending) -> Ending:
    """The same ending, with our name on it when it was we who stopped the run."""
    asked = seen.memory.stop_sent or bool(wanted.spec.cancel)
    return BY_REQUEST if asked and ending.phase is Phase.STOPPED else ending


def _judged(ending: Ending, words: str | None) -> Judgement:
    text = f"{ending.message}: {words}" if words else ending.message
    row = Row.PASSED if ending.phase is Phase.SUCCEEDED else Row.NOT_PASSED
    return Judgement(row, ending.phase, ending.reason, text)


def _verdict(seen: Seen) -> Verdict | None:
    said = seen.memory.result.verdict if seen.memory.result else None
    try:
        return Verdict(said) if said else None
    except ValueError:
        return None
