"""What this process remembers of each machine's object, by uid; values in, values out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from execution_operator.kinds.machines.actions import Associate
from execution_operator.kinds.machines.seen import Certainty, Memory
from execution_operator.kinds.machines.streak import Streak

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.actions import Change
    from execution_operator.kinds.machines.seen import Refusal

Kept = TypeVar("Kept")
HEALTHY: Final[dict[str, Any]] = {
    "problem": None,
    "failures": 0,
    "failed_for": None,
    "vain": 0,
    "retry_at": 0.0,
}
"""No exchange failed."""
_NOTHING: Final = Memory()
_NO_LONGER: Final[dict[str, Any]] = {
    "certainty": Certainty.UNSENT,
    "found": None,
    "checked_at": 0.0,
    "machine": None,
    "unread": None,
    "stray": None,
    "sent": None,
    "link": None,
    "repairs": Streak(),
    "associations": {},
    "reassociations": {},
    "refusals": {},
    "settles": {},
}
"""All that was about one machine: the next one of that name is another one."""


class Memories:
    """The memory of each object; an empty one for an object that nothing is known of."""

    def __init__(self) -> None:
        self._kept: dict[str, Memory] = {}

    def of(self, wanted: MachineObject) -> Memory:
        """What is remembered of the object."""
        return self._kept.get(wanted.metadata.uid, _NOTHING)

    def keep(self, wanted: MachineObject, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        """Remember more of it; the new memory."""
        memory = replace(self.of(wanted), **changes)
        self._kept[wanted.metadata.uid] = memory
        return memory

    def recorded(self, before: MachineObject, after: MachineObject) -> None:
        """Another record of projects is stored: nothing was sent yet for those that are new.

        No change of a project is remembered that is not on record any more: somebody else may
        associate it from now on, and what we once did says nothing of that. Only that the server
        does not let us is remembered, for as long as the spec is the same.
        """
        memory = self.of(after)
        ours = {one.id for one in after.status.projects}
        added = ours - {one.id for one in before.status.projects}
        kept = {
            "associations": _of_projects(memory.associations, ours),
            "reassociations": _of_projects(memory.reassociations, ours),
            "settles": _of_projects(memory.settles, ours) | dict.fromkeys(added),
            "refusals": {
                change: one
                for change, one in memory.refusals.items()
                if change.project_id in ours or _still_holds(change, one, after)
            },
        }
        if any(getattr(memory, name) != value for name, value in kept.items()):
            self.keep(after, **kept)

    def gone(self, wanted: MachineObject, machine_id: str) -> None:
        """Remember that the server surely has that machine no more, and nothing else of it."""
        self.keep(wanted, gone=machine_id, **_NO_LONGER)

    def forget(self, uid: str) -> None:
        """Remember nothing of it."""
        self._kept.pop(uid, None)


def _of_projects(known: Mapping[str, Kept], ours: Collection[str]) -> dict[str, Kept]:
    return {project: kept for project, kept in known.items() if project in ours}


def _still_holds(change: Change, refusal: Refusal, wanted: MachineObject) -> bool:
    """Whether a project that is not on record is still not let use it, for all that is known."""
    generation, _ = refusal.asked_for
    return isinstance(change, Associate) and generation == wanted.metadata.generation
