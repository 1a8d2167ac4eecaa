"""A run that is known: watch it, reckon, stop it when asked, read its end; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.kinds.test_execution.actions import (
    Action,
    Configure,
    LeaveBehind,
    Read,
    Reckon,
    Stop,
)
from execution_operator.kinds.test_execution.attempts import attempt_of
from execution_operator.kinds.test_execution.configuration import is_to_tell
from execution_operator.kinds.test_execution.details import next_detail
from execution_operator.kinds.test_execution.reckoning import is_due, seconds_left
from execution_operator.kinds.test_execution.retry import failed_attempt
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_lost,
    is_over,
    project_id,
)
from execution_operator.kinds.test_execution.timeouts import gave_up, is_to_record, timed_out
from execution_operator.reconcile.kind import Plan, Result
from execution_operator.remote.snapshot import Listed, Unlisted

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now

_UNLISTED_SECONDS: Final = 60.0
"""An active run that the list does not hold is read no oftener."""

REST: Final[Plan[Action]] = Plan()


def following(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next about a run whose id is known."""
    memory, lost = seen.memory, is_lost(seen, now, periods)
    project, known = project_id(wanted, seen), execution_id(wanted, seen)
    if project is None or known is None or memory.left_behind:
        return REST
    if lost and not memory.reckonings:
        return REST
    if is_to_record(wanted, seen, now, periods):
        return REST
    if gave_up(wanted, seen, now, periods):
        return Plan(action=LeaveBehind("it was asked to stop and not seen ended in time"))
    if memory.retry_at > now.monotonic:
        return Plan(look_again=memory.retry_at - now.monotonic, result=Result.REQUEUED)
    if seen.url is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    over = is_over(seen)
    if memory.reckonings and (over or lost or is_due(memory, now)):
        return Plan(action=Reckon(project, known, attempt_of(wanted)))
    if over:
        return _ended(wanted, seen, now, periods)
    return _active(wanted, seen, now, Read(project, known))


def _active(wanted: TestExecution, seen: Seen, now: Now, read: Read) -> Plan[Action]:
    if wanted.status.stop_request is not None and not seen.memory.stop_sent:
        return Plan(action=Stop(read.project_id, read.execution_id))
    if is_to_tell(wanted, seen):
        return Plan(action=Configure(read.project_id, read.execution_id))
    if _is_to_read(wanted, seen):
        return Plan(action=read)
    return until_reckoning(watching(seen, now, read), seen, now)


def _is_to_read(wanted: TestExecution, seen: Seen) -> bool:
    """Whether somebody asked for a look at a run that was not read since."""
    asked, recorded = seen.asked_at, wanted.status.execution
    if asked is None or recorded is None or recorded.id is None:
        return False
    return seen.memory.read_at is None or seen.memory.read_at < asked


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
    if failed_attempt(wanted, seen, now) is not None or timed_out(wanted, seen):
        return REST  # the status that follows says so
    return Plan(action=next_detail(wanted, seen, now, periods))
