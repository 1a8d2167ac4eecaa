"""What of a run's own values must not come back in a server's words; does no I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from execution_operator.kinds.test_execution.words import is_known
from execution_operator.remote.outage import Trouble
from execution_operator.remote.redaction import HIDDEN, Redactor
from execution_operator.remote.testhub.wire import ResultResource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.problems import Problem
    from execution_operator.remote.testhub.wire import Report

_SHORTEST: Final = 8
"""A variable's value in the spec that is shorter is a word such as `staging`, and a message would
be lost; one from a Secret is hidden however it looks."""
CONCEALED: Final = f"{HIDDEN} (may repeat a value that variablesFrom does not have any more)"


class Privacy:
    """The values of each run, in memory only; its repr shows none of them."""

    def __init__(self) -> None:
        self._private: dict[str, tuple[str, ...]] = {}
        self._redactors: dict[str, Redactor] = {}
        self._concealed: set[str] = set()

    def knows(self, wanted: TestExecution) -> bool:
        """Whether it is known what to hide of this run."""
        uid = wanted.metadata.uid
        return not wanted.spec.variables_from or uid in self._private or uid in self._concealed

    def keep(self, wanted: TestExecution, private: Iterable[str]) -> None:
        """Hide these values from now on, beside those that were kept before."""
        uid = wanted.metadata.uid
        self._private[uid] = tuple(dict.fromkeys((*self._private.get(uid, ()), *private)))
        self._redactors.pop(uid, None)
        self._concealed.discard(uid)

    def conceal(self, wanted: TestExecution) -> None:
        """Hide all that a server says about the run: what it was sent is not known any more."""
        self._concealed.add(wanted.metadata.uid)

    def forget(self, uid: str) -> None:
        """Nothing more is going to be said about the run of that object."""
        self._private.pop(uid, None)
        self._redactors.pop(uid, None)
        self._concealed.discard(uid)

    def values(self, wanted: TestExecution) -> tuple[str, ...]:
        """All values to hide, as far as they are known."""
        own = (wanted.spec.variables or {}).values()
        return (
            *(value for value in own if len(value) >= _SHORTEST),
            *self._private.get(wanted.metadata.uid, ()),
        )

    def clean(self, wanted: TestExecution, text: str) -> str:
        """The text without these values, whatever way they are escaped; one line."""
        uid = wanted.metadata.uid
        if uid in self._concealed:
            return CONCEALED
        if uid not in self._private:
            return Redactor(self.values(wanted))(text)
        if uid not in self._redactors:
            self._redactors[uid] = Redactor(self.values(wanted))
        return self._redactors[uid](text)

    def problem(self, wanted: TestExecution, problem: Problem) -> Problem:
        """The problem without these values."""
        return replace(problem, message=self.clean(wanted, problem.message))

    def trouble(self, wanted: TestExecution, trouble: Trouble | None) -> Trouble | None:
        """The trouble without these values."""
        if trouble is None or not self._has_private(wanted):
            return trouble
        error = trouble.error
        cleaned = type(error)(
            self.clean(wanted, error.message), retry_after=error.retry_after, status=error.status
        )
        return Trouble(cleaned, trouble.since)

    def found(self, wanted: TestExecution, found: Any) -> Any:  # noqa: ANN401 - a run or a result
        """A run or a result without these values in its words."""
        if found is None or not self._has_private(wanted):
            return found
        changes: dict[str, object] = {}
        if found.message:
            changes["message"] = self.clean(wanted, found.message)
        if found.status and not is_known(found.status):
            changes["status"] = self.clean(wanted, found.status)
        if isinstance(found, ResultResource):
            changes["reports"] = tuple(one for one in found.reports if self._is_clean(wanted, one))
        return found.model_copy(update=changes) if changes else found

    def _is_clean(self, wanted: TestExecution, report: Report) -> bool:
        return all(self.clean(wanted, text) == text for text in (report.name, report.href) if text)

    def _has_private(self, wanted: TestExecution) -> bool:
        return bool(wanted.spec.variables or wanted.spec.variables_from)
