"""What this process remembers of each object, by uid; values in, values out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from execution_operator.kinds.test_execution.privacy import Privacy
from execution_operator.kinds.test_execution.seen import Memory

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution


_NOTHING: Final = Memory()
_FROM_OUTSIDE: Final = frozenset({"run", "result"})


class Memories:
    """The memory of each object; an empty one for an object that nothing is known of.

    Attributes:
        privacy: what of each run's values must not be shown; what is kept here went through it.
    """

    def __init__(self) -> None:
        self.privacy = Privacy()
        self._kept: dict[str, Memory] = {}

    def of(self, wanted: TestExecution) -> Memory:
        """What is remembered of the object."""
        return self.of_uid(wanted.metadata.uid)

    def of_uid(self, uid: str) -> Memory:
        """What is remembered of the object of that uid."""
        return self._kept.get(uid, _NOTHING)

    def keep(self, wanted: TestExecution, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        """Remember more of it; the new memory."""
        for name in _FROM_OUTSIDE & changes.keys():
            changes[name] = self.privacy.found(wanted, changes[name])
        return self._change(wanted.metadata.uid, **changes)

    def look_up_again(self, uid: str) -> Memory:
        """Look at once whether the run in doubt is there."""
        doubt = self.of_uid(uid).doubt
        return self._change(uid, doubt=replace(doubt, looked_at=None) if doubt else None)

    def reckon_at(self, uid: str, moment: float) -> Memory:
        """Look at that monotonic time, too, for a second run of the attempt."""
        return self._change(uid, reckonings=(moment, *self.of_uid(uid).reckonings))

    def execution_ids(self) -> frozenset[str]:
        """The runs that this process knows of, also those whose status is about to be written."""
        return frozenset(memory.run.id for memory in self._kept.values() if memory.run)

    def forget(self, uid: str) -> None:
        """Remember nothing of it."""
        self._kept.pop(uid, None)
        self.privacy.forget(uid)

    def _change(self, uid: str, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        memory = replace(self.of_uid(uid), **changes)
        self._kept[uid] = memory
        return memory
