"""Randomness that a test decides."""

from __future__ import annotations

from random import Random


class Chance(Random):
    """Always gives the same number: 0.0 is the shortest jitter, 0.5 the middle."""

    def __init__(self, number: float = 0.5) -> None:
        super().__init__()
        self._number = number

    def random(self) -> float:
        """The number."""
        return self._number
