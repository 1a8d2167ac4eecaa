"""How long to wait between two lists of the same things; pure but for the randomness given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

_SHARE_OF_TIME: Final = 20
"""The interval is at least so many times as long as a list takes."""

_LONGEST_AFTER_ERROR: Final = 60.0
"""A server that comes back after time-outs is noticed within a minute."""

_QUIETER: Final = 1.5
"""Each list without a change makes the interval so many times as long."""


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


class QuietPace(ListPace):
    """The same, and ever slower while nothing changes, down to once in `quiet_seconds`."""

    def __init__(self, poll_seconds: float, random: Random, *, quiet_seconds: float) -> None:
        super().__init__(poll_seconds, random)
        self._shortest = poll_seconds
        self._longest = max(poll_seconds, quiet_seconds)

    def hurry(self) -> None:
        """Something is going on: the shortest interval again."""
        self._poll_seconds = self._shortest

    def after_list(self, took: float, *, changed: bool) -> float:
        """The wait after a good list that took so long, and in which something had changed."""
        slower = min(_QUIETER * self._poll_seconds, self._longest)
        self._poll_seconds = self._shortest if changed else slower
        return self.after_answer(took)
