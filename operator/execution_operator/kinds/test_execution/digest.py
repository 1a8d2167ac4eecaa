"""What is at hand of each TestExecution without reading it; pure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from execution_operator.kinds.test_execution.attempts import attempt_at
from execution_operator.reconcile.ports import Digest, Key

if TYPE_CHECKING:
    from datetime import datetime

    from execution_operator.api.test_execution import Execution, Origin, Phase, TestExecution


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """The run that the status names, as far as others ask for it."""

    id: str | None
    server: str | None
    project_id: str | None
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest(Digest):
    """A TestExecution: whose run it has, on which server, and where that is.

    Attributes:
        attempt: the attempt that it is at, or goes to.
        earlier: the executions of the attempts before, which have an owner though none claims them.
    """

    server: str
    created: datetime | None
    phase: Phase | None
    origin: Origin | None
    execution: RecordedRun | None
    attempt: int
    earlier: tuple[str, ...]

    @property
    def server_key(self) -> Key:
        """The ExecutionServer that it names."""
        return Key("ExecutionServer", self.key.namespace, self.server)


def digest_of(wanted: TestExecution) -> RunDigest:
    """The digest of a TestExecution."""
    status = wanted.status
    return RunDigest.of(
        wanted,
        server=sys.intern(wanted.spec.server_ref.name),
        created=wanted.metadata.creation_timestamp,
        phase=status.phase,
        origin=status.origin,
        execution=_recorded(status.execution) if status.execution else None,
        attempt=attempt_at(wanted),
        earlier=tuple(one.execution_id for one in status.previous_attempts if one.execution_id),
    )


def _recorded(execution: Execution) -> RecordedRun:
    return RecordedRun(
        id=execution.id,
        server=_shared(execution.server),
        project_id=_shared(execution.project_id),
        submitted_at=execution.submitted_at,
    )


def _shared(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)
