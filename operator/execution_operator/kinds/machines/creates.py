"""How often in a row an object's machine was created, and when it may be again; pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from execution_operator.api.model import REQUESTED_AT_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.streak import Streak
from execution_operator.kinds.problems import Problem
from execution_operator.reconcile.backoff import Backoff

if TYPE_CHECKING:
    from execution_operator.kinds.periods import Periods


@dataclass(frozen=True, slots=True)
class Creates:
    """What became of one attempt after the other; that a machine is gone ends no row of them.

    Attributes:
        attempts: whatever came of them.
        gone: machines that were created, and that the server had no more later.
        problem: what the last attempt failed of; None when it did not, or when nobody knows.
        asked_for: what people had asked for; once that is something else, all begins anew.
    """

    attempts: Streak = field(default_factory=Streak)
    gone: Streak = field(default_factory=Streak)
    problem: Problem | None = None
    asked_for: tuple[int, str] | None = None

    def again(self, now: float, longest: float, *, asked_for: tuple[int, str]) -> Creates:
        """One more attempt."""
        attempts = self.attempts.again(now, longest)
        return replace(self, attempts=attempts, problem=None, asked_for=asked_for)

    def anew(self) -> Creates:
        """People want something else: no attempt counts any more, nor did any of them vanish."""
        return Creates(attempts=Streak(last=self.attempts.last))

    def failed(self, problem: Problem | None) -> Creates:
        """The last attempt came to nothing."""
        return replace(self, problem=problem)

    def vanished(self, now: float, longest: float) -> Creates:
        """What was created is gone."""
        return replace(self, gone=self.gone.again(now, longest))

    def wait(self, now: float, periods: Periods) -> float:
        """Seconds until the next attempt; 0 when it may be made now.

        Where only a person can mend it that is soon as long as it ever gets, and only after many
        attempts where it may pass: a server that starts anew fails some of them.
        """
        if self.problem is None:
            return self.attempts.wait(now, periods.fight)
        first = periods.secret if self.problem.needs_person else Backoff().first
        return self.attempts.wait(now, periods.fight, first=first)

    def is_fight(self, now: float, longest: float) -> bool:
        """Whether somebody removes what is created, again and again."""
        return self.gone.is_fight(now, longest)

    def peace_in(self, now: float, longest: float) -> float | None:
        """Seconds until a fight counts as over; None where there is none."""
        return self.gone.over_in(now, longest) if self.is_fight(now, longest) else None


def rarely(problem: Problem) -> Problem:
    """The same, told with when it is tried again; a lost answer is looked for first."""
    if problem.reason is Reason.SUBMIT_AMBIGUOUS:
        return problem
    more = f"tried again ever more rarely, at once after a change of {REQUESTED_AT_ANNOTATION}"
    return replace(problem, message=f"{problem.message}; {more}")


def removed_again(thing: str) -> Problem:
    """That somebody removes what is created, again and again."""
    text = (
        f"the {thing} is removed from the server again and again: created anew ever more rarely;"
        " find out who removes it"
    )
    return Problem(reason=Reason.CONFLICT, message=text)
