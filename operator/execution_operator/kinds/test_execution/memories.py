"""What this process remembers of each object, by uid; values in, values out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from execution_operator.kinds.test_execution.privacy import redactor
from execution_operator.kinds.test_execution.seen import Memory

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution


_FROM_OUTSIDE: Final = frozenset({"run", "result"})


def _private(wanted: TestExecution, found: Any) -> Any:  # noqa: ANN401 - a run or a result
    """What a server says, without the values of the run's variables."""
    if found is None or not found.message or not wanted.spec.variables:
        return found
    return found.model_copy(update={"message": redactor(wanted)(found.message)})


class Memories:
    """The memory of each object; an empty one for an object that nothing is known of."""

    def __init__(self) -> None:
        self._kept: dict[str, Memory] = {}

    def of(self, wanted: TestExecution) -> Memory:
        """What is remembered of the object."""
        return self._kept.get(wanted.metadata.uid, Memory())

    def keep(self, wanted: TestExecution, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        """Remember more of it; the new memory."""
        for name in _FROM_OUTSIDE & changes.keys():
            changes[name] = _private(wanted, changes[name])
        memory = replace(self.of(wanted), **changes)
        self._kept[wanted.metadata.uid] = memory
        return memory

    def look_up_again(self, wanted: TestExecution) -> Memory:
        """Look at once whether the run in doubt is there."""
        doubt = self.of(wanted).doubt
        return self.keep(wanted, doubt=replace(doubt, looked_at=None) if doubt else None)

    def execution_ids(self) -> frozenset[str]:
        """The runs that this process knows of, also those whose status is about to be written."""
        return frozenset(memory.run.id for memory in self._kept.values() if memory.run)

    def forget(self, wanted: TestExecution) -> None:
        """Remember nothing of it."""
        self._kept.pop(wanted.metadata.uid, None)
