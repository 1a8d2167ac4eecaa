"""Tells what has happened to a run: events, metrics, log lines; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import structlog

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.api.test_execution import Phase
from execution_operator.kinds.counts import server_label
from execution_operator.kinds.served import server_key
from execution_operator.kinds.test_execution.attempts import attempt_of

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.ports import Ports

_TOLD: Final[dict[str, Literal["Normal", "Warning"]]] = {
    Reason.RETRY_PENDING: "Warning",
    Reason.STUB_RUNNING: "Normal",
}

_log = structlog.stdlib.get_logger(__name__)


class Teller:
    """The one place from which a run's events and metrics come."""

    def __init__(self, *, ports: Ports) -> None:
        self._events = ports.events
        self._meter = ports.meter
        self._clock = ports.clock

    def started(self, wanted: TestExecution, execution_id: str) -> None:
        """The server has the run."""
        created = wanted.metadata.creation_timestamp
        if created is not None and attempt_of(wanted) == 1:
            self._meter.run_started((self._clock.now().utc - created).total_seconds())
        _log.info("started", execution=execution_id)
        text = f"the server accepted the run as {execution_id}"
        self._events.publish(wanted, Reason.SUBMITTED, text, kind="Normal")

    def adopted(self, wanted: TestExecution, execution_id: str) -> None:
        """A run that was there is followed."""
        _log.info("adopted", execution=execution_id)
        text = f"following the run {execution_id}, which this object did not start"
        self._events.publish(wanted, "Adopted", text, kind="Normal")

    def adopt_ignored(self, wanted: TestExecution) -> None:
        """Somebody asked for an adoption too late."""
        text = "spec.adopt is ignored: this object starts, or has started, a run of its own"
        self._events.publish(wanted, "AdoptIgnored", text, kind="Warning")

    def stopped_others(self, wanted: TestExecution, kept: str, others: list[str]) -> None:
        """More than one run was found for one attempt."""
        _log.warning("stopped runs of the same attempt", kept=kept, stopped=others)
        text = f"found more than one run of this attempt: kept {kept}, stopped {', '.join(others)}"
        self._events.publish(wanted, "SecondRunStopped", text, kind="Warning")

    def left_behind(self, wanted: TestExecution, execution_id: str | None, why: str) -> None:
        """The object goes, or is done, and nobody saw the run end."""
        self._meter.run_left_behind(server_label(server_key(wanted)))
        run = execution_id or "that may have been started"
        text = f"let go of the run {run}: {why}; something may go on: look on the server"
        _log.warning("left a run behind", execution=execution_id, cause=why)
        self._events.publish(wanted, "RunLeftBehind", text, kind="Warning")

    def _reached(self, before: TestExecution, after: TestExecution) -> None:
        """Tell what is neither a start nor an end: an attempt that is over, a stub that runs."""
        said = after.status.condition(ConditionType.SUCCEEDED)
        if said is None or said.reason not in _TOLD:
            return
        known = before.status.condition(ConditionType.SUCCEEDED)
        again = len(after.status.previous_attempts) > len(before.status.previous_attempts)
        if again or known is None or known.reason != said.reason:
            _log.info("reached", reason=said.reason, attempt=after.status.attempt)
            self._events.publish(after, said.reason, said.message, kind=_TOLD[said.reason])

    def written(self, before: TestExecution, after: TestExecution) -> None:
        """A status was stored: tell the end when it says one."""
        status = after.status
        self._reached(before, after)
        was_over = before.status.phase is not None and before.status.phase.is_terminal
        if was_over or status.phase is None or not status.phase.is_terminal:
            return
        known = {one.type: one for one in status.conditions}
        said = known[ConditionType.SUCCEEDED]
        began, ended = status.start_time, status.completion_time
        self._meter.run_finished(
            server_label(server_key(after)),
            phase=status.phase,
            reason=said.reason,
            verdict=status.verdict,
            seconds=(ended - began).total_seconds() if began and ended else None,
        )
        _log.info("ended", phase=status.phase, reason=said.reason, verdict=status.verdict)
        passed = status.phase is Phase.SUCCEEDED
        self._events.publish(
            after, said.reason, said.message, kind="Normal" if passed else "Warning"
        )
