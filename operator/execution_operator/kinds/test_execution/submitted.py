"""What is to be said of a run that the server has, or had; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.api.test_execution import Phase, Verdict
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.test_execution.configuration import refusal as unconfigured
from execution_operator.kinds.test_execution.details import next_detail
from execution_operator.kinds.test_execution.judgement import (
    Judgement,
    Row,
    as_it_was,
    left_behind,
    retried,
)
from execution_operator.kinds.test_execution.retry import failed_attempt
from execution_operator.kinds.test_execution.standing import (
    is_lost,
    is_over,
    is_stub,
    verdict_is_late,
)
from execution_operator.kinds.test_execution.timeouts import explained, stop_request, timed_out
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
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now

ACCEPTED_BY_DEFAULT: Final = (Verdict.PASS,)


def judge_submitted(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Judgement:
    """Where the run is, or how it ended."""
    if seen.memory.left_behind is not None:
        return left_behind(wanted, seen, seen.memory.left_behind)
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
        return as_it_was(wanted, phase)
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
        return retried(wanted, failed, _judged(ENDED[word or ""], words).message)
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
