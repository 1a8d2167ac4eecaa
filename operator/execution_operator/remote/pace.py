"""How long to wait between two lists of the same things; pure but for the randomness given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

_SHARE_OF_TIME: Final = 20
"""The interval is at least so many times as long as a list takes."""

_LONGEST_AFTER_ERROR: Final = 60.0
"""A server that comes back after time-outs is noticed within a minute."""


class ListPace:
    """The wanted interval, give or take a tenth, but never less than is kind to the server.

    All times are in seconds. Errors never make lists come faster than good answers did.
    """

    def __init__(self, poll_seconds: float, random: Random) -> None:
        self._poll_seconds = poll_seconds
        self._random = random
        self._kind = 0.0

    def usual(self) -> float:
        """The wait before a first list that is not urgent."""
        return self._jittered(0.0)

    def after_answer(self, took: float) -> float:
        """The wait after a good list that took so long."""
        self._kind = _SHARE_OF_TIME * took
        return self._jittered(self._kind)

    def after_error(self, took: float, retry_after: float | None = None) -> float:
        """The wait after one that failed, and for which the server may have asked for a pause."""
        failed = min(_SHARE_OF_TIME * took, _LONGEST_AFTER_ERROR)
        return self._jittered(max(self._kind, failed, retry_after or 0.0))

    def _jittered(self, least: float) -> float:
        wait = max(self._poll_seconds, least) * (0.9 + 0.2 * self._random.random())
        return max(wait, least)
