"""The status that tells what is known of a server; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.execution_server import cautions
from execution_operator.kinds.execution_server.seen import LET_IN_UNKNOWN, MISSING
from execution_operator.kinds.problems import is_stalled
from execution_operator.reconcile.status import Said, conditions, requested_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.execution_server import ExecutionServer, ExecutionServerStatus
    from execution_operator.kinds.execution_server.seen import Seen, Use
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Now
    from execution_operator.reconcile.status import Truth

_NAMED = 5
"""How many users a message names."""


def summarize(
    wanted: ExecutionServer, seen: Seen, now: Now, periods: Periods
) -> ExecutionServerStatus:
    """What to store; counts are renewed at most once a period, or with another change."""
    before = wanted.status
    status = before.model_copy(
        update={
            "observed_generation": wanted.metadata.generation,
            "last_handled_reconcile_at": requested_at(wanted.metadata),
            "url": seen.url or before.url,
            "space": seen.space or before.space,
            "conditions": conditions(
                before.conditions,
                _said(wanted, seen, now, periods),
                generation=wanted.metadata.generation,
                now=now.utc,
            ),
        }
    )
    due = seen.counts_at is None or now.monotonic - seen.counts_at >= periods.counts
    if status == before and not (due and counts_differ(before, seen)):
        return before
    return status.model_copy(
        update={"active_runs": seen.use.active, "waiting_runs": seen.use.waiting}
    )


def counts_differ(status: ExecutionServerStatus, seen: Seen) -> bool:
    """Whether the counts in the status are not those of now."""
    return (status.active_runs, status.waiting_runs) != (seen.use.active, seen.use.waiting)


def _said(wanted: ExecutionServer, seen: Seen, now: Now, periods: Periods) -> Iterable[Said]:
    problem, kind = seen.problem, ConditionType
    blocked = wanted.metadata.is_deleted and bool(seen.use.users)
    if wanted.metadata.is_paused and not blocked:
        yield Said(kind.READY, "Unknown", Reason.PAUSED, f"remove {PAUSED_ANNOTATION} to go on")
    elif problem is None:
        yield Said(kind.READY, "True", Reason.READY, cautions.told(wanted.spec))
    else:
        late = is_stalled(wanted, problem.reason) or _is_late(seen, now, periods)
        unknown = not problem.needs_person and problem.reason not in MISSING
        yield Said(kind.READY, "Unknown" if unknown else "False", problem.reason, problem.message)
        if problem.needs_person or late:
            yield Said(kind.STALLED, "True", problem.reason, problem.message)
        elif not blocked:
            yield Said(kind.RECONCILING, "True", problem.reason, problem.message)
    if blocked:
        yield Said(kind.RECONCILING, "True", Reason.DELETION_BLOCKED, _blockers(seen.use))
    yield from _exchange(seen)


def _exchange(seen: Seen) -> Iterable[Said]:
    problem, kind = seen.problem, ConditionType
    if seen.reached is None:
        reason, text = (problem.reason, problem.message) if problem else (Reason.PENDING, "")
        yield Said(kind.REACHABLE, "Unknown", reason, text)
        yield Said(kind.AUTHENTICATED, "Unknown", reason, text)
    elif problem is None or problem.reason in MISSING:
        text = f"it answers, but not all: {seen.trouble.error}" if seen.trouble else ""
        yield Said(kind.REACHABLE, "True", Reason.REACHABLE, text)
        yield Said(kind.AUTHENTICATED, "True", Reason.AUTHENTICATED)
    else:
        reached: Truth = "True" if seen.reached else "False"
        reason = Reason.REACHABLE if seen.reached else problem.reason
        yield Said(kind.REACHABLE, reached, reason, "" if seen.reached else problem.message)
        let_in: Truth = "Unknown" if problem.reason in LET_IN_UNKNOWN else "False"
        yield Said(kind.AUTHENTICATED, let_in, problem.reason, problem.message)


def _is_late(seen: Seen, now: Now, periods: Periods) -> bool:
    return seen.missing_since is not None and now.monotonic - seen.missing_since >= periods.missing


def _blockers(use: Use) -> str:
    shown = ", ".join(use.users[:_NAMED])
    more = f" and {len(use.users) - _NAMED} more" if len(use.users) > _NAMED else ""
    return f"deletion waits for what uses it: {shown}{more}"
