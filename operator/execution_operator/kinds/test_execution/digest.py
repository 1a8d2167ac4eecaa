"""What is at hand of each TestExecution without reading it; pure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.test_execution import Phase
from execution_operator.kinds.served import ServedDigest
from execution_operator.kinds.test_execution.attempts import attempt_at
from execution_operator.kinds.test_execution.identity import Intent
from execution_operator.kinds.test_execution.locations import referenced

if TYPE_CHECKING:
    from datetime import datetime

    from execution_operator.api.model import ByIdOrName
    from execution_operator.api.run_status import Execution
    from execution_operator.api.test_execution import Origin, TestExecution
    from execution_operator.reconcile.ports import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """The run that the status names, as far as others ask for it."""

    id: str | None
    server: str | None
    project_id: str | None
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest(ServedDigest):
    """A TestExecution: whose run it has, on which server, and where that is.

    Attributes:
        project: as the spec names it.
        has_place: whether its run is active, or may be, by what is recorded: an intent is enough.
        attempt: the attempt that it is at, or goes to.
        earlier: the executions of the attempts before, which have an owner though none claims them.
        machines: the agents and docker hosts that its start waits for.
    """

    project: str
    has_place: bool
    created: datetime | None
    phase: Phase | None
    origin: Origin | None
    execution: RecordedRun | None
    attempt: int
    earlier: tuple[str, ...]
    machines: tuple[Key, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether its end is recorded."""
        return self.phase is not None and self.phase.is_terminal


def digest_of(wanted: TestExecution) -> RunDigest:
    """The digest of a TestExecution."""
    status = wanted.status
    return RunDigest.of(
        wanted,
        server=sys.intern(wanted.spec.server_ref.name),
        project=sys.intern(_named(wanted.spec.project)),
        has_place=_has_place(wanted),
        created=wanted.metadata.creation_timestamp,
        phase=status.phase,
        origin=status.origin,
        execution=_recorded(status.execution) if status.execution else None,
        attempt=attempt_at(wanted),
        earlier=tuple(one.execution_id for one in status.previous_attempts if one.execution_id),
        machines=()
        if status.phase is not None and status.phase.is_terminal
        else referenced(wanted),
    )


def _named(project: ByIdOrName) -> str:
    return f"id {project.id}" if project.id is not None else f"name {project.name}"


def _has_place(wanted: TestExecution) -> bool:
    status, intent = wanted.status, wanted.metadata.annotations.get(INTENT_ANNOTATION)
    if status.phase is not None and status.phase.is_terminal:
        return False
    if status.phase not in {None, Phase.PENDING} or (status.execution and status.execution.id):
        return True
    return intent is not None and Intent.load(intent).uid == wanted.metadata.uid


def _recorded(execution: Execution) -> RecordedRun:
    return RecordedRun(
        id=execution.id,
        server=_shared(execution.server),
        project_id=_shared(execution.project_id),
        submitted_at=execution.submitted_at,
    )


def _shared(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)
