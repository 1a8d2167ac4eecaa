"""What this process remembers of each object, by uid; values in, values out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from execution_operator.kinds.test_execution.attempts import attempt_at, of_attempt
from execution_operator.kinds.test_execution.privacy import Privacy
from execution_operator.kinds.test_execution.seen import Memory

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.test_execution.digest import RunDigest


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
        """What is remembered of the object, of the attempt that it is at."""
        return of_attempt(attempt_at(wanted), self._raw(wanted.metadata.uid))

    def of_known(self, known: RunDigest) -> Memory:
        """The same of an object of which the digest is at hand."""
        return of_attempt(known.attempt, self._raw(known.uid))

    def keep(self, wanted: TestExecution, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        """Remember more of it; the new memory."""
        for name in _FROM_OUTSIDE & changes.keys():
            changes[name] = self.privacy.found(wanted, changes[name])
        return self._keep(wanted.metadata.uid, replace(self.of(wanted), **changes))

    def look_up_again(self, known: RunDigest) -> Memory:
        """Look at once whether the run in doubt is there."""
        memory = self.of_known(known)
        doubt = replace(memory.doubt, looked_at=None) if memory.doubt else None
        return self._keep(known.uid, replace(memory, doubt=doubt))

    def reckon_at(self, known: RunDigest, moment: float) -> Memory:
        """Look at that monotonic time, too, for a second run of the attempt."""
        memory = self.of_known(known)
        return self._keep(known.uid, replace(memory, reckonings=(moment, *memory.reckonings)))

    def execution_ids(self) -> frozenset[str]:
        """The runs that this process knows of, also those whose status is about to be written."""
        return frozenset(memory.run.id for memory in self._kept.values() if memory.run)

    def forget(self, uid: str) -> None:
        """Remember nothing of it."""
        self._kept.pop(uid, None)
        self.privacy.forget(uid)

    def _raw(self, uid: str) -> Memory:
        return self._kept.get(uid, _NOTHING)

    def _keep(self, uid: str, memory: Memory) -> Memory:
        self._kept[uid] = memory
        return memory
