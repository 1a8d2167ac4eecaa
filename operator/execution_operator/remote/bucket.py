"""A token bucket whose time is an argument; it waits for nothing and knows no host."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_WHOLE: Final = 1 - 1e-9  # what is left of 1 after adding fractions of it


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests a second, and how many at once after a quiet time (at least 1)."""

    requests_per_second: float
    burst: int


def largest(limits: list[RateLimit | None]) -> RateLimit | None:
    """Return a limit as large as the largest of some; None stands for no limit."""
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(limits) or not known:
        return None
    return RateLimit(
        max(limit.requests_per_second for limit in known), max(limit.burst for limit in known)
    )


class Bucket:
    """Holds up to `burst` tokens; moments are seconds of one monotonic clock."""

    __slots__ = ("_at", "_level", "_limit")

    def __init__(self, limit: RateLimit | None, now: float) -> None:
        self._limit = limit
        self._level = math.inf if limit is None else float(limit.burst)
        self._at = now

    def resize(self, limit: RateLimit | None, now: float) -> None:
        """Go on with another limit; what was taken stays taken."""
        if limit == self._limit:
            return
        had = self._limit
        self._refill(now)
        self._limit = limit
        if limit is None:
            self._level = math.inf
        elif had is None:
            self._level = float(limit.burst)
        else:
            self._level = min(float(limit.burst), self._level + max(0, limit.burst - had.burst))

    def ready_in(self, now: float) -> float:
        """Seconds until a token can be taken, 0 when one can be now."""
        self._refill(now)
        if self._limit is None or self._level >= _WHOLE:
            return 0.0
        return (1 - self._level) / self._limit.requests_per_second

    def take(self, now: float) -> None:
        """Take the token that `ready_in` promised."""
        self._refill(now)
        self._level -= 1

    def give_back(self) -> None:
        """Return a token that was taken for nothing."""
        self._level += 1

    def _refill(self, now: float) -> None:
        if self._limit is not None:
            gained = max(0.0, now - self._at) * self._limit.requests_per_second
            self._level = min(float(self._limit.burst), self._level + gained)
        self._at = now
