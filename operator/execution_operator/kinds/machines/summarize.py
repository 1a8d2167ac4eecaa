"""The status that tells what is known of a machine; pure, the old one when nothing is new."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import EXCHANGE, ConditionType, Reason
from execution_operator.kinds.machines.claims import claims, clinging, refused
from execution_operator.kinds.machines.identity import space_of
from execution_operator.kinds.machines.judge import Judgement, Row, judge, still_used
from execution_operator.kinds.machines.patience import stays_untold, steadied
from execution_operator.kinds.machines.standing import is_elsewhere, machine_id, origin
from execution_operator.kinds.problems import problem_of
from execution_operator.reconcile.status import Said, conditions, requested_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.machine import MachineObject, MachineStatus
    from execution_operator.kinds.machines.seen import Seen
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.problems import Problem
    from execution_operator.reconcile.ports import Now
    from execution_operator.reconcile.status import Truth

_EXCHANGE: Final = EXCHANGE | {Reason.SUBMIT_AMBIGUOUS, Reason.CONFLICT}

_NOT_ASKED: Final = frozenset({Reason.SERVER_NOT_READY, Reason.HOST_NOT_ALLOWED})


def summarize(
    wanted: MachineObject, seen: Seen, now: Now, *, periods: Periods, traits: AnyTraits
) -> MachineStatus:
    """What to store."""
    before = wanted.status
    if seen.connecting and not wanted.metadata.is_deleted:
        return before
    judged = judge(wanted, seen, now, periods=periods, traits=traits)
    if stays_untold(wanted, seen, now, judged=judged, periods=periods):  # projects wait for no news
        return before.model_copy(update={"projects": claims(wanted, seen, now)})
    judged = steadied(wanted, judged)
    status = before.model_copy(
        update={
            "observed_generation": wanted.metadata.generation,
            "last_handled_reconcile_at": requested_at(wanted.metadata),
            "conditions": conditions(
                before.conditions,
                _said(wanted, seen, judged, traits=traits),
                generation=wanted.metadata.generation,
                now=now.utc,
            ),
        }
        | _fields(wanted, seen, now, traits=traits)
    )
    return _with_the_moment(wanted, seen, status, traits)


def _fields(wanted: MachineObject, seen: Seen, now: Now, *, traits: AnyTraits) -> dict[str, object]:
    """What is recorded and mirrored; nothing new where the machine is not ours to look at."""
    if is_elsewhere(wanted, seen) or seen.rival is not None or seen.level is None:
        return {}
    if seen.url is None:
        return {}
    known = machine_id(wanted, seen)
    if known is None:
        if wanted.status.machine_id is None:
            return {}
        return traits.mirrored(None) | _NOWHERE
    projects = claims(wanted, seen, now)
    return (
        (traits.mirrored(seen.machine) if seen.machine is not None else {})
        | traits.linked(wanted, seen)
        | {
            "machine_id": known,
            "server": seen.url,
            "space_id": space_of(seen.level),
            "origin": origin(wanted, seen),
            "projects": projects,
            "project_count": len(projects),
        }
    )


_NOWHERE: Final[dict[str, object]] = {
    "machine_id": None,
    "server": None,
    "space_id": None,
    "origin": None,
    "projects": (),
    "project_count": 0,
}


def _with_the_moment(
    wanted: MachineObject, seen: Seen, status: MachineStatus, traits: AnyTraits
) -> MachineStatus:
    """Renew what changes all the time, only together with something else."""
    if status == wanted.status or seen.machine is None:
        return status
    return status.model_copy(update=traits.moments(seen.machine))


def _said(
    wanted: MachineObject, seen: Seen, judged: Judgement, *, traits: AnyTraits
) -> Iterable[Said]:
    kind, reason, text = ConditionType, judged.reason, judged.message
    cleaning = wanted.metadata.is_deleted and wanted.metadata.is_held
    match judged.row:
        case Row.USABLE:
            yield Said(kind.READY, "True", reason, text)
        case Row.PAUSED:
            yield Said(kind.READY, "Unknown", reason, text)
        case Row.STALLED:
            yield Said(kind.READY, "False", reason, text)
            yield Said(kind.STALLED, "True", reason, text)
        case Row.WAITS | Row.UNSEEN:
            unknown = judged.row is Row.UNSEEN
            yield Said(kind.READY, "Unknown" if unknown else "False", reason, text)
            if not cleaning:
                yield Said(kind.RECONCILING, "True", reason, text)
    if cleaning:
        clings = clinging(wanted, seen)
        waits = still_used(clings, traits.thing) if clings is not None else text
        problem = seen.memory.problem or refused(wanted, seen)
        waits = problem.message if problem is not None else waits
        waiting = f"deletion waits until the server is cleaned up: {waits}"
        yield Said(kind.RECONCILING, "True", Reason.DELETION_BLOCKED, waiting)
    yield from _synced(wanted, seen, judged.problem)


def _synced(wanted: MachineObject, seen: Seen, problem: Problem | None) -> Iterable[Said]:
    """Whether the last exchange worked; while the server is not ready, what was said of it."""
    kind, is_asked = ConditionType.SYNCED, problem is None or problem.reason not in _NOT_ASKED
    failed = _failed_exchange(seen, problem)
    told = wanted.status.condition(kind)
    if failed is not None:
        yield Said(kind, "False", failed.reason, failed.message)
    elif seen.rival is not None or machine_id(wanted, seen) is None or seen.url is None:
        return
    elif is_asked:
        yield Said(kind, "True", Reason.SYNCED)
    elif told is not None:
        truth: Truth = "True" if told.status == "True" else "False"
        yield Said(kind, truth, Reason(told.reason), told.message)


def _failed_exchange(seen: Seen, problem: Problem | None) -> Problem | None:
    """What the exchange failed of, also where something else is told first."""
    if problem is not None:
        reason = problem.cause or problem.reason
        if reason in _EXCHANGE | {seen.unsupported}:
            return replace(problem, reason=reason)
    trouble = seen.sight.trouble
    return problem_of(trouble.error) if trouble is not None else None
