"""What is to be said of a machine: one row of the state table and why; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from execution_operator.api.model import INTENT_ANNOTATION, PAUSED_ANNOTATION
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.machines.blocking import MISSING, blocking, of_projects
from execution_operator.kinds.machines.claims import clinging, fought_over, refused
from execution_operator.kinds.machines.creates import removed_again
from execution_operator.kinds.machines.drift import drift
from execution_operator.kinds.machines.standing import (
    is_elsewhere,
    is_unsent,
    machine_id,
)
from execution_operator.kinds.machines.twins import twins
from execution_operator.kinds.problems import Problem

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.seen import Seen, WantedProject
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Now


class Row(Enum):
    """What a state amounts to; `summarize` has the conditions of each."""

    USABLE = "is usable"
    PAUSED = "is paused"
    WAITS = "is not available, and works on it"
    UNSEEN = "cannot be seen, or waits for its server"
    STALLED = "nothing moves until somebody changes something"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a machine.

    Attributes:
        problem: what is wrong in the exchange with the server, for Synced.
    """

    row: Row
    reason: Reason
    message: str
    problem: Problem | None = None


_AGAIN: Final = "tried again ever more rarely; look at the project on the server"


def judge(
    wanted: MachineObject, seen: Seen, now: Now, *, periods: Periods, traits: AnyTraits
) -> Judgement:
    """The one row that holds."""
    if wanted.metadata.is_paused and not wanted.metadata.is_deleted:
        text = f"remove {PAUSED_ANNOTATION} to go on"
        problem = blocking(wanted, seen) or of_projects(wanted, seen)
        return Judgement(Row.PAUSED, Reason.PAUSED, text, problem)
    if is_elsewhere(wanted, seen):
        text = (
            f"the {traits.thing} was recorded for another server or cluster than the one in use"
            " now: put the ExecutionServer back, or create a new object, without the annotation"
            f" {INTENT_ANNOTATION}"
        )
        changed = Problem(reason=Reason.SERVER_CHANGED, message=text, needs_person=True)
        return Judgement(Row.STALLED, changed.reason, text, changed)
    if seen.rival is not None:
        text = f"{seen.rival} manages the same {traits.thing}: delete one of the two"
        return Judgement(Row.STALLED, Reason.CONFLICT, text)
    problem = blocking(wanted, seen)
    if problem is not None:
        return _blocked(problem, seen, now, periods=periods, traits=traits)
    judged = _there(wanted, seen, now, periods=periods, traits=traits)
    contest = _contest(wanted, seen, now, periods=periods, thing=traits.thing)
    if contest is None or judged.problem is not None:
        return judged
    if machine_id(wanted, seen) is None:
        return Judgement(Row.STALLED, contest.reason, contest.message, contest)
    if judged.row is not Row.USABLE:
        return replace(judged, problem=contest)
    return replace(judged, message=f"usable, but {contest.message}", problem=contest)


def _contest(
    wanted: MachineObject, seen: Seen, now: Now, *, periods: Periods, thing: str
) -> Problem | None:
    """What becomes of our creates: somebody removes each of them, or one has a twin."""
    if seen.memory.creates.is_fight(now.monotonic, periods.fight):
        return removed_again(thing)
    return twins(wanted, seen)


def _blocked(
    problem: Problem, seen: Seen, now: Now, *, periods: Periods, traits: AnyTraits
) -> Judgement:
    row = Row.UNSEEN
    if problem.reason in MISSING:
        since = seen.memory.missing_since
        late = since is not None and now.monotonic - since >= periods.missing
        row = Row.STALLED if late else Row.WAITS
    elif problem.reason is traits.unreached:
        row = Row.WAITS
    elif problem.needs_person or problem.reason is Reason.HOST_NOT_ALLOWED:
        row = Row.STALLED
    return Judgement(row, problem.reason, problem.message, problem)


def _there(
    wanted: MachineObject, seen: Seen, now: Now, *, periods: Periods, traits: AnyTraits
) -> Judgement:
    thing, found = traits.thing, seen.machine
    if found is None:
        problem = of_projects(wanted, seen) if machine_id(wanted, seen) is None else None
        if problem is not None:
            return _blocked(problem, seen, now, periods=periods, traits=traits)
        return _unseen(wanted, seen, traits)
    trouble = traits.trouble(wanted, found, seen.memory)
    if trouble is not None:
        return _lost(wanted, seen, now, trouble=trouble, periods=periods)
    kept_out = _kept_out(wanted, seen, now, periods=periods, traits=traits)
    if kept_out is not None:
        return kept_out
    if is_unsent(wanted, seen):
        return Judgement(Row.WAITS, Reason.PENDING, traits.unsent)
    drifted = drift(seen.members, found.members)
    if drifted and seen.memory.repairs.is_fight(now.monotonic, periods.fight):
        return _fought_over(drifted, thing)
    if drifted and not _is_ready(wanted):
        text = f"{', '.join(drifted)} of the {thing} is about to be set"
        return Judgement(Row.WAITS, Reason.PENDING, text)
    project = clinging(wanted, seen)
    if project is not None:
        return _still_used(project, seen, now, thing=thing, periods=periods)
    problem = refused(wanted, seen)
    text = f"usable, but {problem.message}" if problem is not None else "usable"
    return Judgement(Row.USABLE, Reason.READY, text, problem)


def _kept_out(
    wanted: MachineObject, seen: Seen, now: Now, *, periods: Periods, traits: AnyTraits
) -> Judgement | None:
    """What is to be said where a project cannot use it, or cannot rely on it."""
    problem = of_projects(wanted, seen)
    if problem is not None:
        return _blocked(problem, seen, now, periods=periods, traits=traits)
    fights = fought_over(seen, now, periods.fight)
    if fights:
        return _taken_away(fights[0], traits.thing)
    outside = [one for one in seen.projects if one.id and not _may_use(wanted, seen, one.id)]
    return _outside(outside[0], seen, now, thing=traits.thing, periods=periods) if outside else None


def _outside(
    project: WantedProject, seen: Seen, now: Now, *, thing: str, periods: Periods
) -> Judgement:
    """A project may not use it; the server may say that it may, and do nothing."""
    known = project.id or ""
    which = f'"{project.name}" ({known})' if project.name else known
    told = seen.memory.associations.get(known)
    if told is None or not told.in_vain:
        text = f"project {which} may not use the {thing} yet; waiting for the server"
        return Judgement(Row.WAITS, Reason.PENDING, text)
    text = (
        f"the server accepted that project {which} uses the {thing}, and does not show it there:"
        f" {_AGAIN}"
    )
    problem = _in_vain(text, known, seen, now, periods=periods)
    return Judgement(Row.WAITS, Reason.PENDING, text, problem)


def _taken_away(project: str, thing: str) -> Judgement:
    """Somebody takes it away again and again: right after a repair no run can rely on it either."""
    text = (
        f"somebody or something else takes the {thing} away from project {project} again and"
        " again: given back ever more rarely; change spec.projects, or what takes it away"
    )
    problem = Problem(reason=Reason.CONFLICT, message=text)
    return Judgement(Row.WAITS, Reason.PENDING, text, problem)


def still_used(project: str, thing: str) -> str:
    """What to say of a project that the server does not take the machine away from."""
    return (
        f"the server accepted that project {project} uses the {thing} no longer, and still shows it"
        f" there: {_AGAIN}"
    )


def _still_used(project: str, seen: Seen, now: Now, *, thing: str, periods: Periods) -> Judgement:
    text = still_used(project, thing)
    problem = _in_vain(text, project, seen, now, periods=periods)
    return Judgement(Row.USABLE, Reason.READY, f"usable, but {text}", problem)


def _in_vain(text: str, project: str, seen: Seen, now: Now, *, periods: Periods) -> Problem | None:
    """A conflict, once a change of a project was accepted in vain several times in a row."""
    again = seen.memory.reassociations.get(project)
    if again is None or not again.is_fight(now.monotonic, periods.fight):
        return None
    return Problem(reason=Reason.CONFLICT, message=text)


def _fought_over(drifted: tuple[str, ...], thing: str) -> Judgement:
    text = (
        f"the {thing} or somebody else overwrites {', '.join(drifted)} again and again: repaired"
        " ever more rarely; change the spec, or what overwrites it"
    )
    problem = Problem(reason=Reason.CONFLICT, message=text)
    return Judgement(Row.USABLE, Reason.READY, f"usable, but {text}", problem)


def _unseen(wanted: MachineObject, seen: Seen, traits: AnyTraits) -> Judgement:
    thing = traits.thing
    if machine_id(wanted, seen) is None:
        return Judgement(Row.WAITS, Reason.PENDING, f"the {thing} is about to be looked up")
    if seen.sight.misses:
        text = f"the server does not list the {thing} any more: looking again"
        return Judgement(Row.WAITS, traits.lost, text)
    ready = wanted.status.condition(ConditionType.READY)
    if ready is not None and ready.status == "True":
        return Judgement(Row.USABLE, Reason.READY, ready.message)  # nothing new is known yet
    return Judgement(Row.WAITS, Reason.PENDING, f"the {thing} is about to be looked at")


def _lost(
    wanted: MachineObject, seen: Seen, now: Now, *, trouble: Problem, periods: Periods
) -> Judgement:
    """Not available: what was never usable may be about to come, for a while."""
    since = seen.memory.lost_since
    early = since is None or now.monotonic - since < periods.missing
    if early and not _was_usable(wanted, trouble.reason):
        return Judgement(Row.WAITS, Reason.PENDING, f"not available yet: {trouble.message}")
    return Judgement(Row.WAITS, trouble.reason, trouble.message)


def _was_usable(wanted: MachineObject, lost: Reason) -> bool:
    ready = wanted.status.condition(ConditionType.READY)
    return ready is not None and (ready.status == "True" or ready.reason == lost)


def _may_use(wanted: MachineObject, seen: Seen, project_id: str) -> bool:
    """Whether the project may use it; what is not known yet stays as it was told."""
    known = seen.associations.get(project_id)
    if known is not None:
        return known
    return _is_ready(wanted)


def _is_ready(wanted: MachineObject) -> bool:
    ready = wanted.status.condition(ConditionType.READY)
    return ready is not None and ready.status == "True"
