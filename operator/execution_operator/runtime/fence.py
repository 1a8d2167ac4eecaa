"""Whether this process may still act: how much of its lease is left, in monotonic time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from execution_operator.reconcile.ports import Clock, FenceClosed

FENCE_SECONDS: Final = 2.0
"""What must be left of the lease for one more request to the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long things last, in seconds."""

    duration: float
    renew_deadline: float
    retry: float

    @property
    def fence(self) -> float:
        """What must be left of the lease for a start; less where a test makes leases short."""
        return min(FENCE_SECONDS, self.duration / 4)


class LeaseFence:
    """The fence of a held lease: closed as soon as too little of it is left."""

    def __init__(self, identity: str, terms: Terms, clock: Clock) -> None:
        self._identity = identity
        self._terms = terms
        self._clock = clock
        self._held_from: float | None = None
        self._transitions = 0
        self._since = 0.0

    @property
    def writer(self) -> str:
        """Who writes: the process and the number of its term."""
        return f"{self._identity}/{self._transitions}"

    @property
    def since(self) -> float:
        """When this term began, in monotonic seconds."""
        return self._since

    def check(self) -> None:
        """Raise FenceClosed unless the lease lasts long enough for one more request."""
        if self.remaining() < self._terms.fence:
            text = "the lease is over or about to be"
            raise FenceClosed(text)

    def remaining(self) -> float:
        """How long the lease lasts, in seconds; counted from before the renewal was sent."""
        if self._held_from is None:
            return 0.0
        return self._held_from + self._terms.duration - self._clock.now().monotonic

    def open(self, *, transitions: int, sent_at: float) -> None:
        """The lease became ours by a request sent at that monotonic time."""
        self._transitions = transitions
        self._since = self._clock.now().monotonic
        self._held_from = sent_at

    def renewed(self, sent_at: float) -> None:
        """It was renewed by a request sent at that monotonic time."""
        self._held_from = sent_at

    def close(self) -> None:
        """It is not ours any more."""
        self._held_from = None


class OpenFence:
    """The fence where no lease is held: a single operator that says so."""

    def __init__(self, identity: str, clock: Clock) -> None:
        self.writer = f"{identity}/0"
        self.since = clock.now().monotonic

    def check(self) -> None:
        """Always open."""
