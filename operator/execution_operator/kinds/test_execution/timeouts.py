"""How long a run may wait and last, and what follows when it is over; pure, no clock of its own.

Why a run is to be stopped is recorded in the status before the server is asked: so after a crash
it still ends as what it was stopped for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import durationpy
from pydantic import TypeAdapter, ValidationError

from execution_operator.api.model import LONGEST
from execution_operator.api.reasons import Reason
from execution_operator.api.run_status import StopRequest
from execution_operator.api.test_execution import Phase
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_over,
    is_restored,
    is_stub,
    is_unsent,
    stop_allowance,
)
from execution_operator.kinds.test_execution.words import ENDED, NOT_YET_RUNNING
from execution_operator.reconcile.kind import Plan

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.actions import Action
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now

_TIMED: Final = frozenset({Reason.QUEUE_TIMEOUT, Reason.RUN_TIMEOUT})
_ISO_DURATION: Final = TypeAdapter(timedelta)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the bound that runs now is over, and what it is called."""

    reason: Reason
    at: datetime


def deadline(wanted: TestExecution, seen: Seen, periods: Periods) -> Deadline | None:
    """The bound that runs now: of the wait until the run runs, then of the run; None without."""
    if is_over(seen) or is_restored(wanted, seen):
        return None
    if not has_run(wanted, seen):
        return _queue_deadline(wanted, seen, periods)
    limits, begun = wanted.spec.timeouts, _begun(wanted)
    if limits is None or limits.run is None or begun is None or is_stub(wanted):
        return None
    return Deadline(Reason.RUN_TIMEOUT, _later(begun, limits.run))


def has_run(wanted: TestExecution, seen: Seen) -> bool:
    """Whether it has begun: also one that was deployed anew since, also one that is stopping."""
    if wanted.status.start_time is not None:
        return True
    run = seen.memory.run
    word = run.status if run is not None else None
    return word is not None and word not in NOT_YET_RUNNING and word != "STOPPING"


def overdue(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Reason | None:
    """Which bound is over, if one is."""
    bound = deadline(wanted, seen, periods)
    return bound.reason if bound is not None and now.utc >= bound.at else None


def stop_request(
    wanted: TestExecution, seen: Seen, now: Now, periods: Periods
) -> StopRequest | None:
    """That the run is to be stopped, as it is recorded, or is to be recorded now."""
    before, meta = wanted.status.stop_request, wanted.metadata
    if before is not None or meta.is_paused or meta.is_deleted or is_restored(wanted, seen):
        return before
    submitted = execution_id(wanted, seen) is not None
    if is_over(seen) or (not submitted and is_unsent(wanted, seen)):
        return None  # there is nothing to stop
    if submitted and wanted.spec.cancel:
        return _request(Reason.STOPPED_BY_REQUEST, now)
    late = overdue(wanted, seen, now, periods)
    if late is None or (submitted and not _is_judgeable(seen)):
        return None
    return _request(late, now)


def is_to_record(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> bool:
    """Whether nothing must be sent before the status says why the run is to be stopped."""
    return wanted.status.stop_request != stop_request(wanted, seen, now, periods)


def late_reason(wanted: TestExecution, seen: Seen) -> Reason | None:
    """What a run that is left behind is left for; None: cancelled, and nobody knows of a run."""
    request = wanted.status.stop_request
    if request is None:
        return None
    if request.reason in _TIMED:
        return Reason(request.reason)
    return Reason.RUN_TIMEOUT if has_run(wanted, seen) else Reason.QUEUE_TIMEOUT


def gave_up(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> bool:
    """Whether the end of a run that is to be stopped is waited for no longer."""
    until = _waited_for_until(wanted, seen, periods)
    return until is not None and now.utc >= until


def timed_out(wanted: TestExecution, seen: Seen) -> Reason | None:
    """The time-out that ended a run that is over.

    One that had ended by itself before it was asked to stop has its own end.
    """
    request, run = wanted.status.stop_request, seen.memory.run
    if request is None or request.reason not in _TIMED or run is None:
        return None
    stopped = run.status in ENDED and ENDED[run.status].phase is Phase.STOPPED
    ended = run.completion_date
    in_time = not stopped and ended is not None and ended < request.time
    return None if in_time else Reason(request.reason)


def in_time(
    plan: Plan[Action], wanted: TestExecution, seen: Seen, now: Now, periods: Periods
) -> Plan[Action]:
    """The plan, but looked at again when a bound is over."""
    if plan.action is not None or is_over(seen):
        return plan
    due = _next(wanted, seen, periods)
    left = (due - now.utc).total_seconds() if due is not None else 0.0
    if left <= 0:  # nothing is due, or what is due waits for something else
        return plan
    again = left if plan.look_again is None else min(plan.look_again, left)
    return Plan(look_again=again, result=plan.result)


def explained(wanted: TestExecution, late: Reason) -> str:
    """A time-out in a sentence."""
    limits = wanted.spec.timeouts
    if late is Reason.RUN_TIMEOUT:
        return f"the run did not end within timeouts.run of {_told(limits.run if limits else None)}"
    if limits is None or limits.queue is None:
        at = wanted.spec.scheduled.at if wanted.spec.scheduled else None
        return f"scheduled.at, {at}, is long past: create a new TestExecution"
    return f"the run did not begin within timeouts.queue of {_told(limits.queue)}"


def _queue_deadline(wanted: TestExecution, seen: Seen, periods: Periods) -> Deadline | None:
    limits, scheduled = wanted.spec.timeouts, _scheduled_for(wanted)
    since = _attempt_since(wanted) or scheduled or wanted.metadata.creation_timestamp
    bound = limits.queue if limits is not None else None
    if bound is None and scheduled is not None and _is_startable(wanted, seen):
        bound = timedelta(seconds=periods.late)
    if bound is None or since is None:
        return None
    return Deadline(Reason.QUEUE_TIMEOUT, _later(since, bound))


def _attempt_since(wanted: TestExecution) -> datetime | None:
    """From when a later attempt waits: the end of the one before."""
    previous = wanted.status.previous_attempts
    return previous[-1].completion_time if previous else None


def _is_startable(wanted: TestExecution, seen: Seen) -> bool:
    """Whether it is named by a moment and surely not started yet."""
    named = wanted.spec.scheduled is not None and wanted.spec.scheduled.at is not None
    return named and execution_id(wanted, seen) is None and is_unsent(wanted, seen)


def _scheduled_for(wanted: TestExecution) -> datetime | None:
    scheduled, execution = wanted.spec.scheduled, wanted.status.execution
    if scheduled is None:
        return None
    if scheduled.at is not None:
        return _moment(scheduled.at)
    since = execution.submitted_at if execution else None
    since = since or wanted.metadata.creation_timestamp
    return _later(since, _length(scheduled.in_)) if since and scheduled.in_ else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # such as 30 February: the server has the last word
        return None


def _length(text: str) -> timedelta:
    try:
        return min(_ISO_DURATION.validate_python(text), LONGEST)
    except ValidationError:
        return LONGEST


def _later(moment: datetime, by: timedelta) -> datetime:
    return moment + by if _NEVER - moment > by else _NEVER


def _begun(wanted: TestExecution) -> datetime | None:
    """When it began, by the server's clock, but never before the server had it, by ours."""
    began, execution = wanted.status.start_time, wanted.status.execution
    submitted = execution.submitted_at if execution else None
    return max(began, submitted) if began and submitted else began


def _is_judgeable(seen: Seen) -> bool:
    """Whether it was seen, or cannot be: one that ended unseen in time is not to be stopped."""
    memory = seen.memory
    blind = seen.trouble is not None or memory.problem is not None or seen.url is None
    return memory.run is not None or blind


def _request(reason: Reason, now: Now) -> StopRequest:
    return StopRequest.model_validate({"reason": reason, "time": now.utc.replace(microsecond=0)})


def _waited_for_until(wanted: TestExecution, seen: Seen, periods: Periods) -> datetime | None:
    request = wanted.status.stop_request
    if request is None or is_over(seen):
        return None
    until = _later(request.time, stop_allowance(wanted))
    if request.reason in _TIMED:
        return until
    bound = deadline(wanted, seen, periods)  # a cancelled run is waited for as long as it may last
    return max(until, bound.at) if bound is not None else None


def _next(wanted: TestExecution, seen: Seen, periods: Periods) -> datetime | None:
    if wanted.status.stop_request is not None:
        return _waited_for_until(wanted, seen, periods)
    bound = deadline(wanted, seen, periods)
    return bound.at if bound is not None else None


def _told(length: timedelta | None) -> str:
    return str(durationpy.to_str(length)) if length is not None else ""
