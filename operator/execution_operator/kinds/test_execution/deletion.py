"""A run whose object is being deleted: stop it, see its end, let go; always ends; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.kinds.test_execution.actions import (
    Action,
    Read,
    Reckon,
    Release,
    Start,
    Stop,
)
from execution_operator.kinds.test_execution.attempts import attempt_of, is_between
from execution_operator.kinds.test_execution.doubt import in_doubt
from execution_operator.kinds.test_execution.following import until_reckoning, watching
from execution_operator.kinds.test_execution.reckoning import is_due, seconds_left
from execution_operator.kinds.test_execution.seen import Certainty, Seen
from execution_operator.kinds.test_execution.standing import (
    deletion_seconds_left,
    execution_id,
    is_adopted,
    is_elsewhere,
    is_over,
    project_id,
)
from execution_operator.reconcile.kind import Plan, Result

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Memory
    from execution_operator.reconcile.ports import Now

_REST: Final[Plan[Action]] = Plan()


def deleting(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next for an object that somebody wants gone."""
    if not wanted.metadata.is_held:
        return _REST
    why = _let_go(wanted, seen, now)
    if why is not None:
        return Plan(action=why)
    return _within(deletion_seconds_left(wanted, now), _next(wanted, seen, now, periods))


def _next(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    memory = seen.memory
    if memory.retry_at > now.monotonic:
        return Plan(look_again=memory.retry_at - now.monotonic, result=Result.REQUEUED)
    if seen.url is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    project, known = project_id(wanted, seen), execution_id(wanted, seen)
    if known is None or project is None:
        return _in_doubt(wanted, seen, now)
    reckon = Reckon(project, known, attempt_of(wanted))
    if _is_done(seen):
        return _last_reckonings(seen, now, reckon)
    if not memory.stop_sent:
        return Plan(action=Stop(project, known))
    if is_due(memory, now):
        return Plan(action=reckon)
    return until_reckoning(watching(seen, now, Read(project, known)), seen, now)


def _in_doubt(wanted: TestExecution, seen: Seen, now: Now) -> Plan[Action]:
    if project_id(wanted, seen) is None:
        return Plan(look_again=seen.settling, result=Result.REQUEUED)
    plan = in_doubt(seen, now, attempt=attempt_of(wanted))
    return Plan(action=Release()) if isinstance(plan.action, Start) else plan


def _last_reckonings(seen: Seen, now: Now, reckon: Reckon) -> Plan[Action]:
    """Each in its time, then that of the run's end: nobody can look when the object is gone."""
    wait = seconds_left(seen.memory, now)
    return Plan(look_again=wait, result=Result.REQUEUED) if wait else Plan(action=reckon)


def _within(left: float, plan: Plan[Action]) -> Plan[Action]:
    if plan.action is not None:
        return plan
    wait = left if plan.look_again is None else min(plan.look_again, left)
    return Plan(look_again=wait, result=plan.result)


def _is_done(seen: Seen) -> bool:
    """Whether the run that is known has ended, or is none."""
    return is_over(seen) or seen.memory.denials is not None


def _denies_project(memory: Memory) -> bool:
    """Whether the server says, by a look-up, that there is no such project."""
    return memory.problem is not None and memory.problem.reason is Reason.NOT_FOUND


def _let_go(wanted: TestExecution, seen: Seen, now: Now) -> Release | None:
    """Whether the object can go, and what may be left behind."""
    memory, done = seen.memory, _is_done(seen)
    not_begun = memory.certainty is Certainty.UNSENT or is_between(wanted)
    unsent = execution_id(wanted, seen) is None and not_begun
    orphaned = wanted.spec.deletion_policy == "Orphan" or is_adopted(wanted, seen)
    nowhere = execution_id(wanted, seen) is None and _denies_project(memory)
    if orphaned or unsent or nowhere or (done and not memory.reckonings):
        return Release()
    if is_elsewhere(wanted, seen):
        return Release("the ExecutionServer now names another server, or the cluster is another")
    if seen.server_gone:
        return Release("its ExecutionServer or the Secret of it is gone")
    if deletion_seconds_left(wanted, now) > 0:
        return None
    if done:
        return Release("a second run of its attempt could not be ruled out within deletionTimeout")
    return Release("it was not seen ended within deletionTimeout")
