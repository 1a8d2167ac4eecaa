"""What this process remembers of each machine's object, by uid; values in, values out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from execution_operator.kinds.machines.drift import Repairs
from execution_operator.kinds.machines.seen import Certainty, Memory

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from execution_operator.api.machine import MachineObject

Told = TypeVar("Told")
_NOTHING: Final = Memory()
_NO_LONGER: Final[dict[str, Any]] = {
    "certainty": Certainty.UNSENT,
    "found": None,
    "machine": None,
    "stray": None,
    "sent": None,
    "link": None,
    "repairs": Repairs(),
    "associations": {},
    "reassociations": {},
    "refusals": {},
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

    def forget_projects(self, wanted: MachineObject) -> None:
        """Remember no change of a project that is not on record any more.

        Somebody else may associate it from now on, and what we once did says nothing of that.
        """
        ours, memory = {one.id for one in wanted.status.projects}, self.of(wanted)
        kept = replace(
            memory,
            associations=_of_projects(memory.associations, ours),
            reassociations=_of_projects(memory.reassociations, ours),
            refusals={
                change: refusal
                for change, refusal in memory.refusals.items()
                if change.project_id in ours
            },
        )
        if kept != memory:
            self._kept[wanted.metadata.uid] = kept

    def gone(self, wanted: MachineObject, machine_id: str) -> None:
        """Remember that the server surely has that machine no more, and nothing else of it."""
        self.keep(wanted, gone=machine_id, **_NO_LONGER)

    def forget(self, uid: str) -> None:
        """Remember nothing of it."""
        self._kept.pop(uid, None)


def _of_projects(known: Mapping[str, Told], ours: Collection[str]) -> dict[str, Told]:
    return {project: told for project, told in known.items() if project in ours}
