"""What a run's status means to somebody who waits for it: the exit code and the words; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from execution_operator.api.reasons import ConditionType
from execution_operator.api.test_execution import Phase
from execution_operator.cli.tex.mistakes import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.test_execution import TestExecution


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        code: the exit code of whoever waited for it.
        text: one line for people.
    """

    code: Code
    text: str


def outcome_of(run: TestExecution) -> Outcome | None:
    """What came of it; None while it goes on.

    A stub that runs has passed. A run that is stalled is an error although it goes on once its
    cause is mended: nothing else moves it.
    """
    phase = run.status.phase
    if phase is not None and phase.is_terminal:
        return Outcome(_code(phase), said_of(run))
    if run.status.observed_generation < run.metadata.generation:
        return None
    ready, stalled = (
        run.status.condition(ConditionType.READY),
        run.status.condition(ConditionType.STALLED),
    )
    if ready is not None and ready.status == "True":
        return Outcome(Code.PASSED, said_of(run))
    if stalled is not None and stalled.status == "True":
        return Outcome(Code.ERROR, f"{stalled.reason}: {stalled.message or 'it cannot go on'}")
    return None


def worst(codes: Iterable[Code]) -> Code:
    """The code of several: the highest."""
    return max(codes, default=Code.PASSED)


def phase_of(run: TestExecution) -> str:
    """Where it is, in one word; one that nobody looked at yet is pending."""
    return str(run.status.phase or Phase.PENDING)


def said_of(run: TestExecution) -> str:
    """Why it is where it is, in a sentence, and what the tests said."""
    ready = run.status.condition(ConditionType.READY)
    message = ready.message if ready else ""
    verdict = f"verdict {run.status.verdict}" if run.status.verdict else ""
    parts = ("" if verdict in message else verdict, counted(run), message)
    return "; ".join(part for part in parts if part)


def counted(run: TestExecution) -> str:
    """How many tests passed and did not: `11 passed, 1 failed`; empty when not known."""
    tests = run.status.tests
    if tests is None:
        return ""
    parts = (
        (tests.passed, "passed"),
        (tests.failed, "failed"),
        (tests.errors, "in error"),
        (tests.skipped, "skipped"),
    )
    return ", ".join(f"{number} {word}" for number, word in parts if number)


def _code(phase: Phase) -> Code:
    match phase:
        case Phase.SUCCEEDED:
            return Code.PASSED
        case Phase.FAILED:
            return Code.FAILED
        case Phase.STOPPED:
            return Code.STOPPED
        case _:
            return Code.ERROR
