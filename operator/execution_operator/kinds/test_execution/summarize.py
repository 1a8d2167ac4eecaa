"""The status that tells what is known of a run; pure, the old one when nothing is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import durationpy

from execution_operator.api.reasons import EXCHANGE, ConditionType, Reason
from execution_operator.api.run_status import Attempt, Execution
from execution_operator.api.test_execution import (
    Origin,
    Phase,
    TestExecution,
    TestExecutionStatus,
    Verdict,
)
from execution_operator.kinds.test_execution.attempts import at_attempt
from execution_operator.kinds.test_execution.configuration import known_to_server
from execution_operator.kinds.test_execution.details import (
    left_out,
    reports_of,
    result_page,
    tests_of,
)
from execution_operator.kinds.test_execution.expiry import not_applied, told
from execution_operator.kinds.test_execution.judge import judge
from execution_operator.kinds.test_execution.judgement import Judgement, Row
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_adopted,
    is_stub,
    project_id,
)
from execution_operator.kinds.test_execution.timeouts import stop_request
from execution_operator.kinds.test_execution.words import COMPLETE
from execution_operator.reconcile.status import Said, conditions, one_line, requested_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now
    from execution_operator.reconcile.status import Truth

_MOST_ATTEMPTS: Final = 10


_NOT_BEGUN: Final = frozenset(
    {Phase.PENDING, Phase.SUBMITTING, Phase.SCHEDULED, Phase.IN_TRANSITION}
)
"""Phases before a start that a server may already have dated; timeouts.queue goes on in them."""


def summarize(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> TestExecutionStatus:
    """What to store; a terminal phase is never left."""
    before = wanted.status
    asked = requested_at(wanted.metadata)
    handled = {
        "observed_generation": wanted.metadata.generation,
        "last_handled_reconcile_at": asked,
    }
    if before.phase is not None and before.phase.is_terminal:
        return before.model_copy(update=handled | {"conditions": told(wanted, seen)})
    seen = at_attempt(wanted, seen)
    if seen.connecting and not wanted.metadata.is_deleted:
        return before
    judged = judge(wanted, seen, now, periods)
    return before.model_copy(
        update=handled
        | _fields(wanted, seen, judged, now)
        | {
            "stop_request": stop_request(wanted, seen, now, periods),
            "conditions": conditions(
                before.conditions,
                _said(wanted, seen, judged),
                generation=wanted.metadata.generation,
                now=now.utc,
            ),
        }
    )


def _fields(wanted: TestExecution, seen: Seen, judged: Judgement, now: Now) -> dict[str, object]:
    before, run = wanted.status, seen.memory.run
    started = _is_started(wanted, seen, judged)
    if not started:
        run = None
    begun = before.start_time if started else None
    if started and (begun is not None or judged.phase not in _NOT_BEGUN):
        begun = _second(run.start_date if run else None) or begun
        if begun is None and judged.phase is Phase.RUNNING:
            begun = _second(now.utc)
    ended, over = None, judged.phase.is_terminal
    if over:
        ended = _second(run.completion_date if run else None) or _second(now.utc)
    return {
        "phase": judged.phase,
        "verdict": _verdict(seen) if run is not None and run.status == COMPLETE else None,
        "attempt": before.attempt or (seen.intent.attempt if seen.intent else None),
        "origin": _origin(wanted, seen) if started else None,
        "execution": _execution(wanted, seen) if started else None,
        "tests": tests_of(seen) if over else None,
        "previous_attempts": _previous(wanted, judged),
        "reports": reports_of(seen) if over else (),
        "asset": wanted.spec.test_asset.name or wanted.spec.test_asset.asset_id,
        "start_time": begun,
        "completion_time": ended,
        "duration": _duration(begun, ended),
    }


def _is_started(wanted: TestExecution, seen: Seen, judged: Judgement) -> bool:
    """Whether the attempt that the status is about to speak of has a run."""
    return judged.failed is None and execution_id(wanted, seen) is not None


def _previous(wanted: TestExecution, judged: Judgement) -> tuple[Attempt, ...]:
    known = wanted.status.previous_attempts
    return known if judged.failed is None else (*known, judged.failed)[-_MOST_ATTEMPTS:]


def _origin(wanted: TestExecution, seen: Seen) -> Origin:
    return Origin.ADOPTED if is_adopted(wanted, seen) else Origin.STARTED


def _execution(wanted: TestExecution, seen: Seen) -> Execution:
    before, run = wanted.status.execution or Execution(), seen.memory.run
    result = (run.result_id if run else None) or before.result_id
    project = project_id(wanted, seen)
    submitted = before.submitted_at or _second(seen.memory.submitted_at)
    return Execution(
        id=execution_id(wanted, seen),
        result_id=result,
        result_url=None
        if is_stub(wanted)
        else before.result_url or result_page(seen.url, project, result),
        status=(run.status if run else None) or before.status,
        message=one_line(run.message) if run and run.message else before.message,
        submitted_at=submitted,
        server=before.server or (seen.intent.server if seen.intent else seen.url) or seen.url,
        project_id=project,
        configuration=known_to_server(wanted, seen),
    )


def _verdict(seen: Seen) -> Verdict | None:
    said = seen.memory.result.verdict if seen.memory.result else None
    return Verdict(said) if said in set(Verdict) else None


def _second(moment: datetime | None) -> datetime | None:
    return moment.replace(microsecond=0) if moment else None


def _duration(begun: datetime | None, ended: datetime | None) -> str | None:
    if begun is None or ended is None or ended < begun:
        return None
    return str(durationpy.to_str(ended - begun))


def _said(wanted: TestExecution, seen: Seen, judged: Judgement) -> Iterable[Said]:
    started = _is_started(wanted, seen, judged)
    yield from _standing(wanted, judged)
    yield _accepted(judged, started=started)
    yield _submitted(judged, started=started)
    yield from _synced(judged, started=started)
    yield _succeeded(judged)
    done = judged.phase.is_terminal
    yield Said(
        ConditionType.COMPLETED,
        "True" if done else "False",
        Reason.FINISHED if done else judged.reason,
        _over(wanted, seen, judged) if done else "",
    )


def _over(wanted: TestExecution, seen: Seen, judged: Judgement) -> str:
    missing = left_out(seen, reports_of(seen))
    return f"the run is over: {judged.phase}{missing}{not_applied(wanted, seen)}"


def _standing(wanted: TestExecution, judged: Judgement) -> Iterable[Said]:
    """Ready, Reconciling and Stalled, as kstatus reads them."""
    kind, reason, text = ConditionType, judged.reason, judged.message
    deleting = wanted.metadata.is_deleted
    match judged.row:
        case Row.PASSED | Row.STUB_RUNS:
            yield Said(kind.READY, "True", reason, text)
        case Row.NOT_PASSED | Row.NEEDS_PERSON:
            yield Said(kind.READY, "False", reason, text)
            yield Said(kind.STALLED, "True", reason, text)
        case Row.PAUSED:
            yield Said(kind.READY, "Unknown", reason, text)
        case Row.ACTIVE:
            yield Said(kind.READY, "Unknown", reason, text)
            if not deleting:
                yield Said(kind.RECONCILING, "True", reason, text)
    if deleting and judged.row is not Row.PASSED:
        waits = judged.problem.message if judged.problem else text
        waiting = f"deletion waits until every run is seen ended: {waits}"
        yield Said(kind.RECONCILING, "True", Reason.DELETION_BLOCKED, waiting)


_SUBMISSION = frozenset(
    {
        Reason.SUBMIT_FAILED,
        Reason.SUBMIT_AMBIGUOUS,
        Reason.TOKEN_NOT_UNIQUE,
        Reason.RESTORED_OBJECT,
        Reason.ALREADY_OWNED,
        Reason.RATE_LIMITED,
    }
)
_WAITING = frozenset(
    {
        Reason.SERVER_NOT_FOUND,
        Reason.SERVER_NOT_READY,
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_KEY_MISSING,
        Reason.REFERENCE_NOT_FOUND,
        Reason.REFERENCE_NOT_READY,
        Reason.RULE_NOT_IN_FORCE,
        Reason.WAITING_FOR_CAPACITY,
        Reason.HOST_NOT_ALLOWED,
        Reason.INVALID_SPEC,
    }
)


def _accepted(judged: Judgement, *, started: bool) -> Said:
    if not started and judged.reason in _WAITING:
        return Said(ConditionType.ACCEPTED, "False", judged.reason, judged.message)
    problem = judged.problem
    if not started and problem is not None and problem.reason in _WAITING:
        return Said(ConditionType.ACCEPTED, "False", problem.reason, problem.message)
    return Said(ConditionType.ACCEPTED, "True", Reason.ACCEPTED)


def _submitted(judged: Judgement, *, started: bool) -> Said:
    if started:
        return Said(ConditionType.SUBMITTED, "True", Reason.SUBMITTED)
    if judged.reason in _SUBMISSION:
        return Said(ConditionType.SUBMITTED, "False", judged.reason, judged.message)
    unknown: Truth = "Unknown" if judged.phase is Phase.SUBMITTING else "False"
    reason = Reason.SUBMITTING if judged.phase is Phase.SUBMITTING else Reason.PENDING
    return Said(ConditionType.SUBMITTED, unknown, reason)


def _synced(judged: Judgement, *, started: bool) -> Iterable[Said]:
    problem = judged.problem
    if problem is not None and problem.reason in EXCHANGE:
        yield Said(ConditionType.SYNCED, "False", problem.reason, problem.message)
    elif judged.reason is Reason.SERVER_CHANGED:
        yield Said(ConditionType.SYNCED, "False", judged.reason, judged.message)
    elif started:
        yield Said(ConditionType.SYNCED, "True", Reason.SYNCED)


def _succeeded(judged: Judgement) -> Said:
    truth: Truth = "Unknown"
    if judged.row is Row.PASSED:
        truth = "True"
    elif judged.row is Row.NOT_PASSED:
        truth = "False"
    return Said(ConditionType.SUCCEEDED, truth, judged.reason, judged.message)
