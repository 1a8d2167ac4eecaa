"""The one next thing for a run; pure: no clock, no server, no cluster."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.kinds.test_execution.identity import Intent
from execution_operator.kinds.test_execution.seen import (
    Action,
    Certainty,
    LookUp,
    Read,
    ReadResult,
    Release,
    Seen,
    Start,
    Stop,
    WriteIntent,
)
from execution_operator.kinds.test_execution.specification import unsupported
from execution_operator.kinds.test_execution.words import COMPLETE, is_ended, wants_result
from execution_operator.reconcile.kind import Plan, Result
from execution_operator.remote.snapshot import Listed, Unlisted

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Now

_UNLISTED_SECONDS: Final = 60.0
"""An active run that the list does not hold is read no oftener."""
_DENIALS: Final = 3
_DELETION: Final = timedelta(minutes=10)

REST: Final[Plan[Action]] = Plan()


def decide(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next, or when to look again."""
    if wanted.status.phase is not None and wanted.status.phase.is_terminal:
        return Plan(action=Release()) if wanted.metadata.is_held else REST
    if wanted.metadata.is_deleted:
        return _deleting(wanted, seen, now, periods)
    if is_paused(wanted) or is_foreign(wanted, seen) or seen.connecting:
        return Plan(result=Result.TERMINAL if is_foreign(wanted, seen) else Result.DONE)
    if execution_id(wanted, seen) is not None:
        return _following(wanted, seen, now, periods)
    return _starting(wanted, seen, now, periods)


def execution_id(wanted: TestExecution, seen: Seen) -> str | None:
    """The run's id: recorded, or known to this process and about to be."""
    recorded = wanted.status.execution.id if wanted.status.execution else None
    return recorded or (seen.memory.run.id if seen.memory.run else None)


def project_id(wanted: TestExecution, seen: Seen) -> str | None:
    """The project in which the run is, or in which it is going to be."""
    recorded = wanted.status.execution.project_id if wanted.status.execution else None
    return recorded or (seen.intent.project if seen.intent else seen.project_id)


def is_paused(wanted: TestExecution) -> bool:
    """Whether somebody asked that nothing be changed."""
    return wanted.metadata.annotations.get(PAUSED_ANNOTATION) == "true"


def is_restored(wanted: TestExecution, seen: Seen) -> bool:
    """Whether the intent is another object's: this one was copied or restored."""
    return seen.intent is not None and seen.intent.uid != wanted.metadata.uid


def is_elsewhere(wanted: TestExecution, seen: Seen) -> bool:
    """Whether the run belongs to another server or cluster than the one in use now."""
    intent, execution = seen.intent, wanted.status.execution
    if intent is not None and intent.cluster != seen.cluster_id:
        return True
    if seen.url is None:
        return False
    if execution is not None and execution.server is not None:
        return execution.server != seen.url
    if intent is None:
        return False
    moved = seen.project_id is not None and seen.project_id != intent.project
    return intent.server != seen.url or moved


def is_foreign(wanted: TestExecution, seen: Seen) -> bool:
    """Whether nothing may be done for this object on this server."""
    return is_restored(wanted, seen) or is_elsewhere(wanted, seen)


def settled_at(seen: Seen) -> float | None:
    """From when on a look-up that finds nothing proves that there is nothing."""
    return seen.memory.doubt.since + seen.settling if seen.memory.doubt else None


def is_absent(seen: Seen) -> bool:
    """Whether it is proven that the request in doubt started nothing."""
    settled, doubt = settled_at(seen), seen.memory.doubt
    if settled is None or doubt is None or doubt.absent_at is None:
        return False
    return doubt.absent_at >= settled


def is_lost(seen: Seen, now: Now, periods: Periods) -> bool:
    """Whether the server has denied the run often and long enough."""
    denials = seen.memory.denials
    return (
        denials is not None
        and denials.count >= _DENIALS
        and now.monotonic - denials.since >= periods.lost
    )


def verdict_is_late(seen: Seen, now: Now, periods: Periods) -> bool:
    """Whether a complete run has gone without a verdict for too long."""
    ended = seen.memory.ended_at
    return ended is not None and now.monotonic - ended >= periods.verdict


def _starting(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    memory = seen.memory
    if unsupported(wanted.spec) is not None:
        return Plan(result=Result.TERMINAL)
    if memory.refused is not None or (wanted.spec.cancel and _is_unsent(seen)):
        return REST  # the status that follows is terminal
    if seen.blocker is not None or seen.url is None or seen.project_id is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    if memory.retry_at > now.monotonic:
        return Plan(look_again=memory.retry_at - now.monotonic, result=Result.REQUEUED)
    if seen.intent is None:
        return Plan(action=WriteIntent(_intent(wanted, seen)))
    if memory.certainty is Certainty.UNSENT:
        return Plan(action=Start(seen.intent.attempt))
    return _in_doubt(seen, now, attempt=seen.intent.attempt)


def _is_unsent(seen: Seen) -> bool:
    return seen.intent is None or seen.memory.certainty is Certainty.UNSENT or is_absent(seen)


def _in_doubt(seen: Seen, now: Now, *, attempt: int) -> Plan[Action]:
    doubt, settled = seen.memory.doubt, settled_at(seen)
    if doubt is None or settled is None or (doubt.absent_at is None and doubt.problem is None):
        return Plan(action=LookUp(attempt))
    if is_absent(seen):
        return Plan(action=Start(attempt))
    if doubt.problem is not None and doubt.problem.needs_person:
        return Plan(look_again=seen.settling, result=Result.TERMINAL)
    if now.monotonic >= settled:
        return Plan(action=LookUp(attempt))
    return Plan(look_again=settled - now.monotonic, result=Result.REQUEUED)


def _intent(wanted: TestExecution, seen: Seen) -> Intent:
    return Intent(
        uid=wanted.metadata.uid,
        cluster=seen.cluster_id,
        server=seen.url or "",
        project=seen.project_id or "",
        attempt=wanted.status.attempt or 1,
        writer="",
    )


def _following(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    memory, run = seen.memory, seen.memory.run
    project, known = project_id(wanted, seen), execution_id(wanted, seen)
    if project is None or known is None or is_lost(seen, now, periods):
        return REST
    if memory.retry_at > now.monotonic:
        return Plan(look_again=memory.retry_at - now.monotonic, result=Result.REQUEUED)
    if seen.url is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    if run is not None and is_ended(run.status):
        return _ended(wanted, seen, now, periods)
    if wanted.spec.cancel and not memory.stop_sent:
        return Plan(action=Stop(project, known))
    return _watching(seen, now, Read(project, known))


def _watching(seen: Seen, now: Now, read: Read) -> Plan[Action]:
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


def result_id(wanted: TestExecution, seen: Seen) -> str | None:
    """The id of the run's result, from whichever answer told it."""
    recorded = wanted.status.execution.result_id if wanted.status.execution else None
    return (seen.memory.run.result_id if seen.memory.run else None) or recorded


def _ended(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """Read what the result says, where the server's word alone does not tell it."""
    memory, run, project = seen.memory, seen.memory.run, project_id(wanted, seen)
    if run is None or project is None or not wants_result(run.status):
        return REST
    if memory.result is not None and (memory.result.verdict or run.status != COMPLETE):
        return REST
    if memory.ended_at is None or verdict_is_late(seen, now, periods):
        return REST
    known = result_id(wanted, seen)
    if known is None:
        return Plan(look_again=memory.ended_at + periods.verdict - now.monotonic)
    return Plan(action=ReadResult(project, known))


def _deleting(wanted: TestExecution, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    if not wanted.metadata.is_held:
        return REST
    why = _let_go(wanted, seen, now)
    if why is not None:
        return Plan(action=why)
    deadline = _deadline_seconds(wanted, now)
    if seen.memory.retry_at > now.monotonic:
        wait = min(seen.memory.retry_at - now.monotonic, deadline)
        return Plan(look_again=wait, result=Result.REQUEUED)
    if seen.url is None:
        return Plan(look_again=min(periods.secret, deadline), result=Result.REQUEUED)
    project, known = project_id(wanted, seen), execution_id(wanted, seen)
    if known is None or project is None:
        return _deleting_in_doubt(seen, now, deadline)
    if not seen.memory.stop_sent:
        return Plan(action=Stop(project, known))
    plan = _watching(seen, now, Read(project, known))
    return plan if plan.action else Plan(look_again=min(plan.look_again or deadline, deadline))


def _deleting_in_doubt(seen: Seen, now: Now, deadline: float) -> Plan[Action]:
    plan = _in_doubt(seen, now, attempt=seen.intent.attempt if seen.intent else 1)
    if isinstance(plan.action, Start):
        return Plan(action=Release())
    if plan.action is not None:
        return plan
    return Plan(look_again=min(plan.look_again or deadline, deadline), result=plan.result)


def _let_go(wanted: TestExecution, seen: Seen, now: Now) -> Release | None:
    """Whether the object can go, and what may be left behind."""
    run = seen.memory.run
    if wanted.spec.deletion_policy == "Orphan" or wanted.status.origin == "Adopted":
        return Release()
    if seen.intent is None or (run is not None and is_ended(run.status)):
        return Release()
    if execution_id(wanted, seen) is None and seen.memory.certainty is Certainty.UNSENT:
        return Release()
    if is_restored(wanted, seen):
        return Release()
    if seen.memory.denials is not None:
        return Release()
    if is_elsewhere(wanted, seen):
        return Release("the ExecutionServer now names another server or the cluster is another")
    if seen.server_gone:
        return Release("its ExecutionServer or the Secret of it is gone")
    if _deadline_seconds(wanted, now) <= 0:
        return Release("it was not seen ended within deletionTimeout")
    return None


def _deadline_seconds(wanted: TestExecution, now: Now) -> float:
    asked = wanted.metadata.deletion_timestamp
    if asked is None:
        return 0.0
    allowed = wanted.spec.deletion_timeout
    return (asked + (_DELETION if allowed is None else allowed) - now.utc).total_seconds()
