"""What the server's words mean (remote-apis.md, Recommended state machine); pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from execution_operator.api.reasons import Reason
from execution_operator.api.test_execution import Phase, Verdict
from execution_operator.remote.testhub.wire import TERMINAL_WORDS, is_active

COMPLETE: Final = "COMPLETE"

ACTIVE: Final = {
    "SCHEDULED": (Phase.SCHEDULED, Reason.SCHEDULED),
    "IN_TRANSITION": (Phase.IN_TRANSITION, Reason.IN_TRANSITION),
    "RUNNING": (Phase.RUNNING, Reason.RUNNING),
    "STOPPING": (Phase.STOPPING, Reason.STOPPING),
}


NOT_YET_RUNNING: Final = frozenset({"SCHEDULED", "IN_TRANSITION"})
"""Words of a run that is still to begin; a word that is not known is taken as running."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    phase: Phase
    reason: Reason
    message: str


ENDED: Final = {
    "COMPLETE_WITH_ERROR": Ending(
        Phase.FAILED, Reason.COMPLETED_WITH_ERROR, "the run ended with errors"
    ),
    "INCOMPLETE": Ending(Phase.ERROR, Reason.INCOMPLETE, "the run did not reach its end"),
    "STOPPED_AUTOMATICALLY": Ending(
        Phase.ERROR, Reason.STOPPED_AUTOMATICALLY, "the server stopped the run"
    ),
    "LAUNCH_FAILED": Ending(Phase.ERROR, Reason.LAUNCH_FAILED, "the server could not launch it"),
    "STOPPED_BY_USER": Ending(
        Phase.STOPPED, Reason.STOPPED_BY_USER, "somebody stopped the run on the server"
    ),
    "CANCELED": Ending(Phase.STOPPED, Reason.CANCELED, "somebody cancelled the run on the server"),
}

RETRIED: Final = frozenset({"LAUNCH_FAILED", "INCOMPLETE", "STOPPED_AUTOMATICALLY"})
"""Ends that are the infrastructure's doing: another attempt may end otherwise."""

_WITHOUT_RESULT: Final = frozenset({"CANCELED", "LAUNCH_FAILED"})

BY_REQUEST: Final = Ending(Phase.STOPPED, Reason.STOPPED_BY_REQUEST, "stopped as asked")

_NOT_PASSED: Final = {
    Verdict.FAIL: (Reason.TESTS_FAILED, "the tests failed"),
    Verdict.ERROR: (Reason.TESTS_FAILED, "the tests ended in an error"),
    Verdict.INCONCLUSIVE: (Reason.INCONCLUSIVE, "the tests were inconclusive"),
    Verdict.PASS: (Reason.TESTS_FAILED, "the tests passed, which acceptedVerdicts leaves out"),
}


def is_ended(word: str | None) -> bool:
    """Whether the server's word means that the run is over; an unknown one does not."""
    return not is_active(word)


def is_known(word: str) -> bool:
    """Whether the word is one of the API's own."""
    return word in ACTIVE or word in TERMINAL_WORDS


def wants_result(word: str | None) -> bool:
    """Whether the run's result says more than its word: where something ran."""
    return is_ended(word) and word not in _WITHOUT_RESULT


def by_stub(word: str) -> Ending:
    """How a stub ended: it was to run until somebody stops it."""
    ending = ENDED.get(word)
    if ending is not None and ending.phase is Phase.STOPPED:
        return ending
    text = f"the stub does not run any more, the server says {word}"
    return Ending(Phase.ERROR, Reason.STUB_ENDED, text)


def by_verdict(verdict: Verdict, accepted: tuple[Verdict, ...]) -> Ending:
    """How a complete run ended."""
    if verdict in accepted:
        return Ending(Phase.SUCCEEDED, Reason.TESTS_PASSED, f"verdict {verdict}")
    reason, text = _NOT_PASSED[verdict]
    return Ending(Phase.FAILED, reason, text)
