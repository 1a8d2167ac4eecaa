"""Decides when a host that does not answer is left alone; pure, the time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

_LONGEST_DOUBLING: Final = 16


class State(Enum):
    """Closed lets requests pass, open none, half-open a single probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a breaker opens, and for how many seconds: each failed probe doubles it."""

    failures: int = 5
    open_seconds: float = 5.0
    longest_open_seconds: float = 60.0


class Breaker:
    """Counts failures to reach a host; every moment is in seconds of one monotonic clock."""

    __slots__ = ("_failures", "_openings", "_probing", "_reopens_at", "_rules")

    def __init__(self, rules: BreakerRules) -> None:
        self._rules = rules
        self._failures = 0
        self._openings = 0
        self._reopens_at: float | None = None
        self._probing = False

    def state(self, now: float) -> State:
        """What the breaker does at `now`."""
        if self._reopens_at is None:
            return State.CLOSED
        return State.OPEN if now < self._reopens_at else State.HALF_OPEN

    def refusal(self, now: float) -> float | None:
        """Seconds until asking again makes sense; None when a request may pass."""
        match self.state(now):
            case State.CLOSED:
                return None
            case State.OPEN:
                return (self._reopens_at or now) - now
            case State.HALF_OPEN:
                return self._rules.open_seconds if self._probing else None

    def admit(self, now: float) -> bool:
        """Let a request pass that is not refused; returns whether it is the probe."""
        self._probing = self.state(now) is State.HALF_OPEN
        return self._probing

    def succeeded(self) -> None:
        """A request was answered: the host can be reached."""
        self._failures = self._openings = 0
        self._reopens_at = None
        self._probing = False

    def failed(self, now: float, *, probe: bool) -> None:
        """A request could not be answered by the host."""
        self._failures += 1
        if probe:
            self._probing = False
            self._open(now)
        elif self._reopens_at is None and self._failures >= self._rules.failures:
            self._open(now)

    def abandoned(self, *, probe: bool) -> None:
        """A request ended without saying anything about the host."""
        if probe:
            self._probing = False

    def _open(self, now: float) -> None:
        doubled = self._rules.open_seconds * 2 ** min(self._openings, _LONGEST_DOUBLING)
        self._openings += 1
        self._reopens_at = now + min(doubled, self._rules.longest_open_seconds)
