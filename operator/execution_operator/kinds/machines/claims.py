"""Which projects are ours to let use a machine, and when to tell them; pure, it knows no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.machine import MOST_PROJECTS, AssociatedProject
from execution_operator.kinds.machines.actions import Associate, Dissociate
from execution_operator.kinds.machines.standing import machine_id
from execution_operator.reconcile.kind import Plan, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.actions import Action, Change
    from execution_operator.kinds.machines.seen import Memory, Seen
    from execution_operator.kinds.problems import Problem
    from execution_operator.reconcile.ports import Now

_CHANGES: Final = 4
"""Of projects, in one look: far fewer than the steps that the engine calls endless."""


def claims(wanted: MachineObject, seen: Seen) -> tuple[AssociatedProject, ...]:
    """The projects that are associated because of this object, or are about to be.

    A project becomes ours only when it is known not to use the machine yet: what others
    associated stays theirs. It is recorded before the request, and ceases to be ours when it was
    seen dissociated after it was no longer wanted. The status holds only so many: more wait until
    others are dissociated. Nothing becomes or ceases to be ours while nothing can be done.
    """
    if seen.blocker is not None or wanted.metadata.is_paused:
        return wanted.status.projects
    listed = {one.id: one for one in seen.projects if one.id is not None}
    keeps = _wanted_ids(wanted, seen)
    kept = [
        one
        for one in wanted.status.projects
        if one.id in keeps or seen.associations.get(one.id) is not False
    ]
    held = {one.id for one in kept}
    added = [
        AssociatedProject(id=project_id, name=one.name)
        for project_id, one in listed.items()
        if project_id not in held and seen.associations.get(project_id) is False
    ]
    fit = added[: MOST_PROJECTS - len(kept)]
    return tuple(sorted((*kept, *fit), key=lambda one: one.id))


def unwanted(wanted: MachineObject, seen: Seen) -> tuple[str, ...]:
    """Projects that this object associated and that its spec no longer lists."""
    keeps = _wanted_ids(wanted, seen)
    return tuple(one.id for one in claims(wanted, seen) if one.id not in keeps)


def unassociated(wanted: MachineObject, seen: Seen) -> tuple[str, ...]:
    """Projects of the spec that do not use the machine yet, and are on record as ours."""
    recorded = {one.id for one in wanted.status.projects}
    return tuple(
        one.id
        for one in seen.projects
        if one.id in recorded and seen.associations.get(one.id) is False
    )


def clinging(wanted: MachineObject, seen: Seen) -> str | None:
    """A project that still uses it although the server accepted that it does not."""
    left = (one for one in unwanted(wanted, seen) if clings(seen.memory, one))
    return next(left, None)


def clings(memory: Memory, project_id: str) -> bool:
    """Whether the project was dissociated in vain."""
    told = memory.associations.get(project_id)
    return told is not None and told.in_vain and told.there is True


def refused(wanted: MachineObject, seen: Seen) -> Problem | None:
    """Why a project that is to use it no longer still does, where the server refuses to end it."""
    known, refusals = machine_id(wanted, seen) or "", seen.memory.refusals
    ends = (refusals.get(Dissociate(one, known)) for one in unwanted(wanted, seen))
    return next((one.problem for one in ends if one is not None), None)


def association_pauses(
    wanted: MachineObject, seen: Seen, now: Now, fight: float
) -> dict[Associate, float]:
    """Seconds until each project that lacks it is told (again) to use it; 0 when that is now."""
    known = machine_id(wanted, seen) or ""
    changes = (Associate(one, known) for one in unassociated(wanted, seen))
    return {one: _pause(seen, one, now, fight) for one in changes}


def dissociation_pauses(
    wanted: MachineObject, seen: Seen, projects: Iterable[str], *, now: Now, fight: float
) -> dict[Dissociate, float]:
    """Seconds until each of these is told (again) to use it no longer; 0 when that is now."""
    known = machine_id(wanted, seen) or ""
    changes = (Dissociate(one, known) for one in projects)
    return {one: _pause(seen, one, now, fight) for one in changes}


def changing(change: Change, seen: Seen) -> Plan[Action]:
    """The change of a project, or after some of them another look: others have their turn."""
    if seen.changes < _CHANGES:
        return Plan(action=change)
    return Plan(look_again=0.0, result=Result.REQUEUED)


def _pause(seen: Seen, change: Change, now: Now, fight: float) -> float:
    """Until a refusal is over, and longer after what was accepted in vain."""
    refusal = seen.memory.refusals.get(change)
    left = max(0.0, refusal.until - now.monotonic) if refusal is not None else 0.0
    told = seen.memory.reassociations.get(change.project_id)
    again = isinstance(change, Associate) or clings(seen.memory, change.project_id)
    return max(left, told.wait(now.monotonic, fight)) if told is not None and again else left


def _wanted_ids(wanted: MachineObject, seen: Seen) -> frozenset[str]:
    """What the spec lists; a name that cannot be looked up now may mean any of those on record."""
    known = {one.id for one in seen.projects if one.id is not None}
    if any(one.id is None for one in seen.projects):
        known |= {one.id for one in wanted.status.projects}
    return frozenset(known)
