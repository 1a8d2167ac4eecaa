"""A run whose object is being deleted: stop it, see its end, let go; always ends; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.kinds.test_execution.doubt import in_doubt
from execution_operator.kinds.test_execution.following import watching
from execution_operator.kinds.test_execution.seen import (
    Action,
    Certainty,
    Read,
    Release,
    Seen,
    Start,
    Stop,
)
from execution_operator.kinds.test_execution.standing import (
    deletion_seconds_left,
    execution_id,
    is_adopted,
    is_elsewhere,
    project_id,
)
from execution_operator.kinds.test_execution.words import is_ended
from execution_operator.reconcile.kind import Plan, Result

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Now

_REST: Final[Plan[Action]] = Plan()


def deleting(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next for an object that somebody wants gone."""
    if not wanted.metadata.is_held:
        return _REST
    why = _let_go(wanted, seen, now)
    if why is not None:
        return Plan(action=why)
    left = deletion_seconds_left(wanted, now)
    if seen.memory.retry_at > now.monotonic:
        wait = min(seen.memory.retry_at - now.monotonic, left)
        return Plan(look_again=wait, result=Result.REQUEUED)
    if seen.url is None:
        return Plan(look_again=min(periods.secret, left), result=Result.REQUEUED)
    project, known = project_id(wanted, seen), execution_id(wanted, seen)
    if known is None or project is None:
        return _in_doubt(seen, now, left)
    if not seen.memory.stop_sent:
        return Plan(action=Stop(project, known))
    return _within(left, watching(seen, now, Read(project, known)))


def _in_doubt(seen: Seen, now: Now, left: float) -> Plan[Action]:
    plan = in_doubt(seen, now, attempt=seen.intent.attempt if seen.intent else 1)
    return Plan(action=Release()) if isinstance(plan.action, Start) else _within(left, plan)


def _within(left: float, plan: Plan[Action]) -> Plan[Action]:
    if plan.action is not None:
        return plan
    wait = left if plan.look_again is None else min(plan.look_again, left)
    return Plan(look_again=wait, result=plan.result)


def _let_go(wanted: TestExecution, seen: Seen, now: Now) -> Release | None:
    """Whether the object can go, and what may be left behind."""
    memory, run = seen.memory, seen.memory.run
    unsent = execution_id(wanted, seen) is None and memory.certainty is Certainty.UNSENT
    over = run is not None and is_ended(run.status)
    orphaned = wanted.spec.deletion_policy == "Orphan" or is_adopted(wanted, seen)
    if orphaned or seen.intent is None or unsent or over or memory.denials is not None:
        return Release()
    if is_elsewhere(wanted, seen):
        return Release("the ExecutionServer now names another server, or the cluster is another")
    if seen.server_gone:
        return Release("its ExecutionServer or the Secret of it is gone")
    if deletion_seconds_left(wanted, now) <= 0:
        return Release("it was not seen ended within deletionTimeout")
    return None
