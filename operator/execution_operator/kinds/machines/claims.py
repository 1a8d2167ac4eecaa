"""Which projects are ours to let use a machine, and when to tell them; pure, it knows no server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from execution_operator.api.machine import MOST_PROJECTS, AssociatedProject
from execution_operator.kinds.machines.actions import Associate, Dissociate
from execution_operator.kinds.machines.room import in_room
from execution_operator.kinds.machines.standing import machine_id
from execution_operator.reconcile.kind import Plan, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.actions import Action, Change
    from execution_operator.kinds.machines.seen import Memory, Refusal, Seen
    from execution_operator.kinds.problems import Problem
    from execution_operator.reconcile.ports import Now

_CHANGES: Final = 4
"""Of projects, in one look: far fewer than the steps that the engine calls endless."""


def claims(wanted: MachineObject, seen: Seen, now: Now) -> tuple[AssociatedProject, ...]:
    """The projects that are associated because of this object, or are about to be.

    A project becomes ours only when it is known not to use the machine yet: what others
    associated stays theirs. It is recorded before the request. It ceases to be ours when it was
    seen dissociated after it was no longer wanted, and when surely nothing of ours was accepted:
    as long as a refusal holds, and once it is associated all the same. The status holds only so
    many: more wait until others are dissociated. Nothing becomes or ceases to be ours while
    nothing can be done, nor becomes ours while its request would have to wait.
    """
    if seen.blocker is not None or wanted.metadata.is_paused:
        return wanted.status.projects
    listed = {one.id: one for one in seen.projects if one.id is not None}
    keeps = _wanted_ids(wanted, seen)
    kept = [
        one
        for one in wanted.status.projects
        if (_stands(wanted, seen, one.id, now) if one.id in keeps else _clears(seen, one.id))
    ]
    held = {one.id for one in kept}
    is_asked = seen.machine is not None and seen.memory.retry_at <= now.monotonic
    added = [
        AssociatedProject(id=project_id, name=one.name)
        for project_id, one in listed.items()
        if is_asked
        and project_id not in held
        and seen.associations.get(project_id) is False
        and _refused_for(wanted, seen, project_id, now) <= 0
    ]
    fit = added[: MOST_PROJECTS - len(kept)]
    return in_room(sorted((*kept, *fit), key=lambda one: one.id))


def _stands(wanted: MachineObject, seen: Seen, project_id: str, now: Now) -> bool:
    """Whether the claim of a wanted project stands: something of ours may have been accepted.

    Without that it stands only until the request that it was made for, which follows at once.
    """
    if not is_void(seen.memory, project_id):
        return True
    is_theirs = seen.associations.get(project_id) is True
    return not is_theirs and _refused_for(wanted, seen, project_id, now) <= 0


def _clears(seen: Seen, project_id: str) -> bool:
    """Whether the claim of a project that is not wanted any more is still needed to clean up."""
    if is_void(seen.memory, project_id):
        return False
    return seen.associations.get(project_id) is not False or project_id in seen.unsettled


def is_void(memory: Memory, project_id: str) -> bool:
    """Whether surely nothing of ours was accepted since the project was claimed."""
    return project_id in memory.settles and memory.settles[project_id] is None


def settles_at(seen: Seen, project_id: str) -> float:
    """From when on lists and reads say all: nothing that we sent may still be carried out.

    Monotonic seconds. None is remembered where surely none was accepted, and nothing of a claim
    that this process did not make: an earlier one may have sent the request.
    """
    if project_id not in seen.memory.settles:
        return seen.term_began + seen.settling
    return seen.memory.settles[project_id] or 0.0


def _refused_for(wanted: MachineObject, seen: Seen, project_id: str, now: Now) -> float:
    """Seconds for which the project is not told again, since it was refused."""
    change = Associate(project_id, machine_id(wanted, seen) or "")
    refusal = seen.memory.refusals.get(change)
    return refusal.until - now.monotonic if refusal is not None else 0.0


def due_again(wanted: MachineObject, seen: Seen) -> Mapping[Change, Refusal]:
    """The refusals, due at once where people changed something, or asked for a look, since then.

    Of a project that is neither wanted nor on record by then, a refusal says nothing any more.
    """
    refusals, asked_for = seen.memory.refusals, wanted.metadata.asked_for
    if all(one.asked_for == asked_for for one in refusals.values()):
        return refusals
    counts = seen.associations.keys() | {one.id for one in wanted.status.projects}
    return {
        change: one
        if one.asked_for == asked_for
        else replace(one, until=0.0, tries=0, asked_for=asked_for)
        for change, one in refusals.items()
        if one.asked_for == asked_for or change.project_id in counts
    }


def unwanted(wanted: MachineObject, seen: Seen) -> tuple[str, ...]:
    """Projects that this object associated, that may use it (later), and are not in its spec."""
    keeps = _wanted_ids(wanted, seen)
    recorded = (one.id for one in wanted.status.projects)
    return tuple(one for one in recorded if one not in keeps and _clears(seen, one))


def unassociated(wanted: MachineObject, seen: Seen) -> tuple[str, ...]:
    """Projects of the spec that do not use the machine yet, and are on record as ours."""
    recorded = {one.id for one in wanted.status.projects}
    return tuple(one for one in _outside(seen) if one in recorded)


def _outside(seen: Seen) -> tuple[str, ...]:
    """Projects of the spec that are known not to use the machine."""
    return tuple(
        one.id
        for one in seen.projects
        if one.id is not None and seen.associations.get(one.id) is False
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


def hindered(wanted: MachineObject, seen: Seen) -> tuple[Problem, ...]:
    """What the changes of projects fail of that are still to be made."""
    known, refusals = machine_id(wanted, seen) or "", seen.memory.refusals
    lacking = (one.id for one in seen.projects if one.id and not seen.associations.get(one.id))
    changes: tuple[Change, ...] = (
        *(Associate(one, known) for one in lacking),
        *(Dissociate(one, known) for one in unwanted(wanted, seen)),
    )
    return tuple(refusals[one].problem for one in changes if one in refusals)


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


def fought_over(seen: Seen, now: Now, fight: float) -> tuple[str, ...]:
    """Projects of the spec from which somebody takes the machine away again and again.

    The server did what we asked for; where it only says so, nobody else has to be there.
    """
    memory = seen.memory
    given = (one for one, told in memory.associations.items() if not told.in_vain)
    fights = {
        one
        for one in given
        if one in memory.reassociations
        and memory.reassociations[one].is_fight(now.monotonic, fight)
    }
    return tuple(one.id for one in seen.projects if one.id in fights)


def claim_pauses(wanted: MachineObject, seen: Seen, now: Now, fight: float) -> list[float]:
    """Seconds until claims are to be made again, and until fights are over."""
    recorded = {one.id for one in wanted.status.projects}
    again = (_refused_for(wanted, seen, one, now) for one in _outside(seen) if one not in recorded)
    known = seen.memory.reassociations
    ends = (known[one].over_in(now.monotonic, fight) for one in fought_over(seen, now, fight))
    return [*(one for one in again if one > 0), *ends]


def changing(change: Change, seen: Seen) -> Plan[Action]:
    """The change of a project, or after some of them another look: others have their turn."""
    if seen.changes < _CHANGES:
        return Plan(action=change)
    return Plan(look_again=0.0, result=Result.REQUEUED)


def _pause(seen: Seen, change: Change, now: Now, fight: float) -> float:
    """Until a refusal is over, and longer after what was accepted in vain.

    Where nothing is to be ended now, it is asked for once more when nothing can come any more:
    there may be no list that would say so.
    """
    refusal = seen.memory.refusals.get(change)
    left = max(0.0, refusal.until - now.monotonic) if refusal is not None else 0.0
    if isinstance(change, Dissociate) and _is_denied(seen, change.project_id):
        left = max(left, settles_at(seen, change.project_id) - now.monotonic)
    told = seen.memory.reassociations.get(change.project_id)
    again = isinstance(change, Associate) or clings(seen.memory, change.project_id)
    return max(left, told.wait(now.monotonic, fight)) if told is not None and again else left


def _is_denied(seen: Seen, project_id: str) -> bool:
    """Whether the project does not use the machine; what was read last, where no list counts."""
    told = seen.memory.associations.get(project_id)
    return seen.associations.get(project_id, told.there if told is not None else None) is False


def _wanted_ids(wanted: MachineObject, seen: Seen) -> frozenset[str]:
    """What the spec lists; a name that cannot be looked up now may mean any of those on record."""
    known = {one.id for one in seen.projects if one.id is not None}
    if any(one.id is None for one in seen.projects):
        known |= {one.id for one in wanted.status.projects}
    return frozenset(known)
