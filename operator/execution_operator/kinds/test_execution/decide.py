"""The one next thing for a run; pure: no clock, no server, no cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.kinds.test_execution.actions import (
    Action,
    Adopt,
    BeginAttempt,
    IgnoreAdoption,
    LeaveBehind,
    LookUpOriginal,
    Release,
    Start,
    WriteIntent,
)
from execution_operator.kinds.test_execution.attempts import (
    at_attempt,
    attempt_of,
    is_between,
)
from execution_operator.kinds.test_execution.deletion import deleting
from execution_operator.kinds.test_execution.doubt import in_doubt
from execution_operator.kinds.test_execution.expiry import expiring
from execution_operator.kinds.test_execution.following import following
from execution_operator.kinds.test_execution.identity import Intent
from execution_operator.kinds.test_execution.retry import backoff_left, may_begin_another
from execution_operator.kinds.test_execution.seen import Certainty, Seen
from execution_operator.kinds.test_execution.specification import refusal
from execution_operator.kinds.test_execution.standing import (
    adoption_is_late,
    execution_id,
    is_elsewhere,
    is_restored,
    is_undecidable,
    is_unfollowable_copy,
    is_unsent,
    may_adopt,
    project_id,
)
from execution_operator.kinds.test_execution.timeouts import gave_up, in_time, is_to_record, overdue
from execution_operator.reconcile.kind import Plan, Result

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.capacity import Place
    from execution_operator.reconcile.ports import Now

REST: Final[Plan[Action]] = Plan()
_REFERENCES: Final = frozenset({Reason.REFERENCE_NOT_FOUND, Reason.REFERENCE_NOT_READY})
STILL: Final[Plan[Action]] = Plan(result=Result.TERMINAL)


def decide(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next, or when to look again."""
    if wanted.status.phase is not None and wanted.status.phase.is_terminal:
        return Plan(action=Release()) if wanted.metadata.is_held else expiring(wanted, seen, now)
    seen = at_attempt(wanted, seen)
    if wanted.metadata.is_deleted:
        return deleting(wanted, seen, now, periods)
    if wanted.metadata.is_paused or seen.connecting:
        return REST
    return in_time(_living(wanted, seen, now, periods), wanted, seen, now, periods)


def _living(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    if adoption_is_late(wanted, seen):
        return Plan(action=IgnoreAdoption())
    if may_adopt(wanted, seen):
        return _adopting(wanted, seen, now, periods)
    if is_unfollowable_copy(wanted, seen):
        return _copied(wanted, seen, now, periods)
    if not is_restored(wanted, seen) and is_elsewhere(wanted, seen):
        return STILL
    if seen.owner is not None:
        return Plan(look_again=periods.secret, result=Result.TERMINAL)
    if execution_id(wanted, seen) is not None:
        return following(wanted, seen, now, periods)
    return _starting(wanted, seen, now, periods)


def _waiting(seen: Seen, now: Now, periods: Periods) -> Plan[Action] | None:
    """Whether the server cannot be asked now; None when it can."""
    if seen.blocker is not None or seen.url is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    if seen.memory.retry_at > now.monotonic:
        return Plan(look_again=seen.memory.retry_at - now.monotonic, result=Result.REQUEUED)
    return None


def _adopting(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    project, adopt = project_id(wanted, seen), wanted.spec.adopt
    late = seen.intent is None and overdue(wanted, seen, now, periods)
    if wanted.spec.cancel or refusal(wanted.spec) is not None or late:
        return REST
    if seen.owner is not None:
        return Plan(look_again=periods.secret, result=Result.TERMINAL)
    waiting = _waiting(seen, now, periods)
    if waiting is not None:
        return waiting
    if project is None or adopt is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    return Plan(action=Adopt(project, adopt.execution_id))


def _copied(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """A copy never starts; it may follow the run of an original that is no more."""
    intent, memory = seen.intent, seen.memory
    known = execution_id(wanted, seen) is not None
    if intent is None or known or seen.original_lives or memory.restored_at is not None:
        return STILL
    waiting = _waiting(seen, now, periods)
    if waiting is not None:
        return waiting
    if not intent.uid or intent.server != seen.url:
        return STILL
    limit = wanted.spec.retry.limit if wanted.spec.retry else 0
    return Plan(action=LookUpOriginal(intent, limit + 1))


def _starting(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    memory = seen.memory
    if refusal(wanted.spec) is not None:
        return STILL
    unwanted = bool(wanted.spec.cancel or overdue(wanted, seen, now, periods))
    if memory.refused or memory.left_behind or (unwanted and is_unsent(wanted, seen)):
        return REST  # the status that follows is terminal, or tells of the next attempt
    if is_between(wanted):
        return _between(wanted, seen, now, periods)
    if is_to_record(wanted, seen, now, periods):
        return REST
    if gave_up(wanted, seen, now, periods):
        return Plan(action=LeaveBehind("the server did not tell in time whether it was started"))
    return _first_steps(wanted, seen, now, periods, unwanted=unwanted)


def _first_steps(
    wanted: TestExecution, seen: Seen, now: Now, periods: Periods, *, unwanted: bool
) -> Plan[Action]:
    waiting = _waiting(seen, now, periods)
    if waiting is not None:
        return waiting
    if project_id(wanted, seen) is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    if seen.place is not None:
        return Plan(look_again=_until_moved(seen.place, periods), result=Result.REQUEUED)
    plan = _next_step(wanted, seen, now, unwanted=unwanted)
    begins = isinstance(plan.action, WriteIntent | Start) and not unwanted
    if begins and seen.asset_id is None:
        return _unready(seen, periods)
    return plan


def _next_step(wanted: TestExecution, seen: Seen, now: Now, *, unwanted: bool) -> Plan[Action]:
    if seen.intent is None:
        return Plan(action=WriteIntent(_intent(wanted, seen)))
    if seen.memory.certainty is Certainty.UNSENT:
        return Plan(action=Start(attempt_of(wanted)))
    if unwanted and is_undecidable(seen):
        return Plan(action=LeaveBehind("the server cannot tell whether it was started"))
    return in_doubt(seen, now, attempt=attempt_of(wanted))


def _between(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """One attempt has ended, the next is begun when the backoff is over."""
    if not may_begin_another(wanted):
        return REST
    left = backoff_left(wanted, now)
    if left > 0:
        return Plan(look_again=left, result=Result.REQUEUED)
    return _waiting(seen, now, periods) or Plan(action=BeginAttempt(attempt_of(wanted) + 1))


def _unready(seen: Seen, periods: Periods) -> Plan[Action]:
    """When to look again for what a start lacks: soon where only the look-up failed."""
    problem = seen.unready
    if problem is None or problem.needs_person or problem.reason in _REFERENCES:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    return Plan(look_again=problem.retry_after or seen.poll, result=Result.TRANSIENT)


def _until_moved(place: Place, periods: Periods) -> float:
    """When to look whether its place is another: rarer far behind, where it is told in hundreds.

    Whose turn it is gets woken and waits for no such look.
    """
    return periods.counts * min(max(place.number / 100, 1.0), 10.0)


def _intent(wanted: TestExecution, seen: Seen) -> Intent:
    return Intent(
        uid=wanted.metadata.uid,
        cluster=seen.cluster_id,
        server=seen.url or "",
        project=seen.project_id or "",
        attempt=wanted.status.attempt or 1,
        writer="",
    )
