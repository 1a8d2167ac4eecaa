"""How often in a row something was done, and when it may be done again; pure.

Knows nothing of what is done: repairs, creates and all that somebody may undo each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_FIRST_SECONDS: Final = 5.0
_PATIENCE: Final = 3
"""After so many times of the same thing somebody else surely undoes it."""


@dataclass(frozen=True, slots=True)
class Streak:
    """How often in a row something was done, or happened, and when last in monotonic seconds.

    `longest` is for how many seconds two times are ever apart; twice that is a time of peace.
    """

    count: int = 0
    last: float = 0.0

    def again(self, now: float, longest: float) -> Streak:
        """One more; the row begins anew after a time of peace."""
        return Streak(1 if self.is_over(now, longest) else self.count + 1, now)

    def wait(self, now: float, longest: float, *, first: float = _FIRST_SECONDS) -> float:
        """Seconds until the next time; 0 when that may be now."""
        if self.count == 0:
            return 0.0
        pause = min(first * 2.0 ** min(self.count - 1, 30), longest)
        return max(0.0, self.last + pause - now)

    def is_fight(self, now: float, longest: float) -> bool:
        """Whether somebody undoes it, again and again."""
        return self.count >= _PATIENCE and not self.is_over(now, longest)

    def is_over(self, now: float, longest: float) -> bool:
        """Whether the last time was a time of peace ago."""
        return self.over_in(now, longest) <= 0

    def over_in(self, now: float, longest: float) -> float:
        """Seconds until then, if it need not be done again."""
        return self.last + 2 * longest - now
