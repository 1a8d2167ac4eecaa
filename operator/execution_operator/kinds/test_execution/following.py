"""A run that is known: watch it, reckon, stop it when asked, read its end; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.kinds.test_execution.attempts import attempt_of
from execution_operator.kinds.test_execution.details import next_detail
from execution_operator.kinds.test_execution.reckoning import is_due, seconds_left
from execution_operator.kinds.test_execution.retry import failed_attempt
from execution_operator.kinds.test_execution.seen import (
    Action,
    Read,
    Reckon,
    Seen,
    Stop,
)
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_lost,
    is_over,
    is_restored,
    project_id,
)
from execution_operator.reconcile.kind import Plan, Result
from execution_operator.remote.snapshot import Listed, Unlisted

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Now

_UNLISTED_SECONDS: Final = 60.0
"""An active run that the list does not hold is read no oftener."""

REST: Final[Plan[Action]] = Plan()


def following(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next about a run whose id is known."""
    memory, lost = seen.memory, is_lost(seen, now, periods)
    project, known = project_id(wanted, seen), execution_id(wanted, seen)
    if project is None or known is None or (lost and not memory.reckonings):
        return REST
    if memory.retry_at > now.monotonic:
        return Plan(look_again=memory.retry_at - now.monotonic, result=Result.REQUEUED)
    if seen.url is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    over = is_over(seen)
    if memory.reckonings and (over or lost or is_due(memory, now)):
        return Plan(action=Reckon(project, known, attempt_of(wanted)))
    if over:
        return _ended(wanted, seen, now, periods)
    if wanted.spec.cancel and not memory.stop_sent and not is_restored(wanted, seen):
        return Plan(action=Stop(project, known))
    return until_reckoning(watching(seen, now, Read(project, known)), seen, now)


def watching(seen: Seen, now: Now, read: Read) -> Plan[Action]:
    """Follow the shared list; read the run on its own only when the list does not hold it."""
    memory = seen.memory
    match seen.sighting:
        case Listed():
            return REST
        case Unlisted(since):
            if memory.read_at is None or memory.read_at < since:
                return Plan(action=read)
            wait = seen.poll if memory.denials or memory.stop_sent else _UNLISTED_SECONDS
            due = memory.read_at + wait
            if now.monotonic >= due:
                return Plan(action=read)
            return Plan(look_again=due - now.monotonic)
        case _:
            return REST


def until_reckoning(plan: Plan[Action], seen: Seen, now: Now) -> Plan[Action]:
    """The same, with a look in time for the next reckoning."""
    left = seconds_left(seen.memory, now)
    if plan.action is not None or left is None:
        return plan
    return Plan(look_again=left if plan.look_again is None else min(left, plan.look_again))


def _ended(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """Read what the result says, unless there is another attempt to come."""
    if failed_attempt(wanted, seen, now) is not None:
        return REST  # the status that follows says that there is going to be another one
    return Plan(action=next_detail(wanted, seen, now, periods))
