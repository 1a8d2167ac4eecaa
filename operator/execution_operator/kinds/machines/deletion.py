"""A machine whose object is being deleted: clean up what is ours, let go; always ends; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.machine import Origin
from execution_operator.kinds.machines.actions import Action, Confirm, LookUp, Release, Remove
from execution_operator.kinds.machines.claims import (
    changing,
    dissociation_pauses,
    is_void,
    settles_at,
)
from execution_operator.kinds.machines.standing import (
    deletion_seconds_left,
    doubt_since,
    in_doubt,
    is_elsewhere,
    looked_up,
    machine_id,
    origin,
    removes,
)
from execution_operator.reconcile.kind import Plan, Result

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.seen import Seen
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Now

_REST: Final[Plan[Action]] = Plan()


def deleting(wanted: MachineObject, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next for an object that somebody wants gone."""
    if not wanted.metadata.is_held:
        return _REST
    left = deletion_seconds_left(wanted, now, periods.deletion)
    why = _let_go(wanted, seen, left)
    if why is not None:
        return Plan(action=why)
    plan = _next(wanted, seen, now, periods)
    if plan.action is not None:
        return plan
    wait = left if plan.look_again is None else min(plan.look_again, left)
    return Plan(look_again=wait, result=Result.REQUEUED)


def _let_go(wanted: MachineObject, seen: Seen, left: float) -> Release | None:
    """Whether the object can go, and what may be left behind."""
    if wanted.spec.deletion_policy == "Orphan" or not _has_work(wanted, seen):
        return Release()
    if seen.rival is not None:
        return Release("another object manages it now")
    if is_elsewhere(wanted, seen):
        return Release("the ExecutionServer now names another server, or the cluster is another")
    if seen.server_gone:
        return Release("its ExecutionServer or the Secret of it is gone")
    if left <= 0:
        return Release("the server did not let it be cleaned up in time")
    return None


def _has_work(wanted: MachineObject, seen: Seen) -> bool:
    """Whether something on the server may be ours to clean up."""
    if seen.memory.is_removed:
        return False
    if machine_id(wanted, seen) is None:
        return in_doubt(wanted, seen) and origin(wanted, seen) is Origin.CREATED
    return removes(wanted, seen) or bool(_ours(wanted, seen))


def _next(wanted: MachineObject, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    if seen.memory.retry_at > now.monotonic:
        return Plan(look_again=seen.memory.retry_at - now.monotonic, result=Result.REQUEUED)
    if seen.url is None or seen.level is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    known = machine_id(wanted, seen)
    if known is None:
        return _in_doubt(seen, now, periods)
    ours = _ours(wanted, seen)
    pauses = dissociation_pauses(wanted, seen, ours, now=now, fight=periods.fight)
    if pauses and not seen.memory.is_confirmed:
        return Plan(action=Confirm(seen.level, known))  # the id may mean a stranger's by now
    due = [one for one, wait in pauses.items() if not wait]
    if due:
        return changing(due[0], seen)
    if pauses and not removes(wanted, seen):  # else they go with the machine
        return Plan(look_again=min(pauses.values()), result=Result.REQUEUED)
    return Plan(action=Remove(seen.level, known))


def _in_doubt(seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """Look for what we may have created, until it can be seen for sure."""
    since, found = doubt_since(seen), looked_up(seen)
    if seen.level is None:
        return _REST
    if found is None or found.began < since:
        return Plan(action=LookUp(seen.level, since))
    settled = since + seen.settling
    if found.machines:  # more than one: nobody can tell which is ours
        left = found.ended + periods.secret - now.monotonic
        return Plan(look_again=left) if left > 0 else Plan(action=LookUp(seen.level, now.monotonic))
    if found.began >= settled:
        return Plan(action=Release())
    if now.monotonic >= settled:
        return Plan(action=LookUp(seen.level, settled))
    return Plan(look_again=settled - now.monotonic, result=Result.REQUEUED)


def _ours(wanted: MachineObject, seen: Seen) -> list[str]:
    """Projects that this object associated, and that are not surely dissociated."""
    recorded = (one.id for one in wanted.status.projects)
    return [one for one in recorded if not is_void(seen.memory, one) and not _is_over(seen, one)]


def _is_over(seen: Seen, project_id: str) -> bool:
    """Whether the project was seen dissociated when nothing of ours could come any more."""
    told = seen.memory.associations.get(project_id)
    return told is not None and told.there is False and told.since >= settles_at(seen, project_id)
