"""What keeps a machine from being kept as wanted, or a project from using it; pure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.actions import Associate
from execution_operator.kinds.machines.standing import looked_up, machine_id
from execution_operator.kinds.problems import Problem, problem_of

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.seen import Seen, WantedProject

MISSING: Final = frozenset(
    {
        Reason.SERVER_NOT_FOUND,
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_KEY_MISSING,
        Reason.REFERENCE_NOT_FOUND,
    }
)
"""What may be about to come: it counts as missing only after a while."""
EXPECTED: Final = MISSING | {Reason.PENDING}
"""Why something that never was usable may soon be: nothing has happened yet."""


def is_missing(problem: Problem | None) -> bool:
    """Whether the problem is that something named is not there."""
    return problem is not None and problem.reason in MISSING


def blocking(wanted: MachineObject, seen: Seen) -> Problem | None:
    """What keeps everything from going on."""
    if seen.blocker is not None:
        return seen.blocker
    told = seen.memory.problem
    if told is not None and told.reason is seen.unsupported:
        return told
    if seen.sight.trouble is not None:
        return _of_space(wanted, problem_of(seen.sight.trouble.error))
    if seen.memory.problem is not None:
        return _of_space(wanted, seen.memory.problem)
    found = looked_up(seen)
    if machine_id(wanted, seen) is None and found is not None and len(found.machines) > 1:
        ids = ", ".join(one.id for one in found.machines[:5])
        text = f"the server has several of that name: remove all but one of {ids} there"
        return Problem(reason=Reason.CONFLICT, message=text, needs_person=True)
    if machine_id(wanted, seen) is None and seen.memory.creates.problem is not None:
        return _of_space(wanted, seen.memory.creates.problem)
    return None


def of_projects(wanted: MachineObject, seen: Seen) -> Problem | None:
    """Why one of the projects cannot use the machine; it keeps nothing else from going on."""
    return next(filter(None, map(partial(_of_project, wanted, seen), seen.projects)), None)


def _of_project(wanted: MachineObject, seen: Seen, project: WantedProject) -> Problem | None:
    """Why a project cannot use the machine."""
    change = Associate(project.id or "", machine_id(wanted, seen) or "")
    refusal = seen.memory.refusals.get(change)
    known = project.problem
    if known is None and refusal is not None and not seen.associations.get(project.id or ""):
        known = refusal.problem
    return _with_the_place(known, "spec.projects") if known is not None else None


def _of_space(wanted: MachineObject, problem: Problem) -> Problem:
    """The same; what is not found in a team space may be the space itself."""
    return problem if wanted.spec.space is None else _with_the_place(problem, "spec.space")


def _with_the_place(problem: Problem, field: str) -> Problem:
    """The same, with the field that names what the server does not have."""
    if problem.reason is not Reason.NOT_FOUND:
        return problem
    return replace(problem, message=f"{problem.message}; check {field}")
