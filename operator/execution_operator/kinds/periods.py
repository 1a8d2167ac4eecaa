"""How long things last, in seconds, as the pure parts of the kinds need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """The operator's settings that decisions depend on, each in seconds."""

    settling: float | None
    probe: float
    secret: float
    outage: float
    verdict: float
    lost: float
    unused: float
    missing: float
    counts: float
    poll: float
    late: float
    quiet: float
    fight: float
    deletion: float

    def settling_for(self, request_seconds: float) -> float:
        """How long after a lost answer a run may still appear."""
        return self.settling if self.settling is not None else request_seconds + 30.0
