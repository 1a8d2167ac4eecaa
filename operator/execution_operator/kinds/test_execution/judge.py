"""What is to be said of a run: its phase and why, from what is known; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.api.test_execution import Phase, Verdict
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.test_execution.configuration import refusal
from execution_operator.kinds.test_execution.specification import unsupported
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_elsewhere,
    is_lost,
    is_over,
    is_restored,
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
    by_verdict,
)

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.capacity import Place
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now


class Row(Enum):
    """What a state amounts to; `summarize` has the conditions of each."""

    ACTIVE = "goes on by itself"
    PAUSED = "is paused"
    PASSED = "passed"
    NOT_PASSED = "did not pass, was stopped, ended in error or is lost"
    NEEDS_PERSON = "needs a person"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a run.

    Attributes:
        problem: what keeps it from going on, for Accepted, Submitted and Synced.
    """

    row: Row
    phase: Phase
    reason: Reason
    message: str
    problem: Problem | None = None


ACCEPTED_BY_DEFAULT: Final = (Verdict.PASS,)


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
    problem = seen.blocker or memory.problem
    if not is_unsent(wanted, seen) and not may_adopt(wanted, seen):
        return _in_doubt(seen)
    if seen.place is not None:
        return _waits(wanted, seen.place)
    if problem is not None:
        row = Row.NEEDS_PERSON if problem.reason is Reason.HOST_NOT_ALLOWED else Row.ACTIVE
        return Judgement(row, Phase.PENDING, problem.reason, problem.message, problem)
    text = "about to be followed" if wanted.spec.adopt else "about to be started"
    return Judgement(Row.ACTIVE, Phase.PENDING, Reason.PENDING, text)


def _never_submitted(
    wanted: TestExecution, seen: Seen, now: Now, periods: Periods
) -> Judgement | None:
    """Why there is not going to be a run."""
    memory, not_yet = seen.memory, unsupported(wanted.spec)
    if not_yet is not None:
        return Judgement(Row.NEEDS_PERSON, Phase.PENDING, Reason.INVALID_SPEC, not_yet)
    if memory.refused is not None:
        text = f"the server refused the run: {memory.refused.message}"
        return Judgement(Row.NOT_PASSED, Phase.ERROR, Reason.SUBMIT_FAILED, text, memory.refused)
    if memory.left_behind is not None:
        return _left_behind(wanted, seen, memory.left_behind)
    if not is_unsent(wanted, seen):
        return None
    if wanted.spec.cancel:
        text = "cancelled before it was started"
        return Judgement(Row.NOT_PASSED, Phase.STOPPED, Reason.STOPPED_BY_REQUEST, text)
    late = overdue(wanted, seen, now, periods)
    if late is not None:
        text = explained(wanted, late)
        problem = seen.blocker or memory.problem
        text = f"{text}: {problem.message}" if problem else text
        return Judgement(Row.NOT_PASSED, Phase.ERROR, late, text, problem)
    return None


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
    if going.row is not Row.ACTIVE:
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
    if word not in ACTIVE:
        text = f'the server says "{word}", a word that is not known: taken as running'
    return Judgement(Row.ACTIVE, phase, reason, text, refusal(wanted, seen))


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
    return Judgement(Row.ACTIVE, phase, Reason(said.reason), said.message)


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
    if word != COMPLETE:
        return _judged(_ending_of(wanted, seen, word or ""), words)
    verdict = _verdict(seen)
    if verdict is not None:
        accepted = wanted.spec.accepted_verdicts or ACCEPTED_BY_DEFAULT
        return _judged(by_verdict(verdict, accepted), words)
    if verdict_is_late(seen, now, periods):
        text = "the run is complete but the server gives no verdict: look at its result there"
        return Judgement(Row.NOT_PASSED, Phase.ERROR, Reason.NO_VERDICT, text)
    text = "the run is complete, its verdict is not there yet"
    return Judgement(Row.ACTIVE, Phase.RUNNING, Reason.AWAITING_VERDICT, text)


def _ending_of(wanted: TestExecution, seen: Seen, word: str) -> Ending:
    ending = ENDED[word]
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
