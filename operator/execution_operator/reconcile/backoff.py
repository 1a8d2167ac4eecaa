"""How long to wait before trying again; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential, bounded, with jitter; all times in seconds."""

    first: float = 0.5
    factor: float = 2.0
    longest: float = 60.0
    jitter: float = 0.2

    def delay(self, failures: int, random: Random) -> float:
        """The wait after so many failures in a row, at least 1; jitter only lengthens it."""
        exponent = min(max(failures, 1) - 1, 32)
        bare = min(self.first * self.factor**exponent, self.longest)
        return bare * (1 + self.jitter * random.random())
