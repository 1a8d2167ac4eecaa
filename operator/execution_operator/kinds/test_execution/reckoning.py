"""When an attempt that was asked for twice is looked up for a second run; pure, knows no server."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from execution_operator.kinds.test_execution.seen import Memory
    from execution_operator.reconcile.ports import Now

_AFTER: Final = (1, 5)
"""So many settling times after a second request."""
_AT_THE_END: Final = math.inf
"""The time of the last one: no clock brings it, only the end of the run."""


def reckonings(now: float, settling: float) -> tuple[float, ...]:
    """The monotonic times of all that a second request calls for, soonest first."""
    return (*(now + times * settling for times in _AFTER), _AT_THE_END)


def seconds_left(memory: Memory, now: Now) -> float | None:
    """Until the next one; None when there is none, or when it waits for the run's end."""
    if not memory.reckonings or memory.reckonings[0] == _AT_THE_END:
        return None
    return max(0.0, memory.reckonings[0] - now.monotonic)


def is_due(memory: Memory, now: Now) -> bool:
    """Whether the clock says that it is time for the next one."""
    return seconds_left(memory, now) == 0.0


def left(
    before: tuple[float, ...], now: float, settling: float, *, told: bool
) -> tuple[float, ...]:
    """What is left after one of them.

    Args:
        before: what was left before it.
        now: monotonic seconds.
        settling: seconds.
        told: whether it could tell anything; if not there is another one before the run's end.
    """
    rest = before[1:]
    if told or (rest and rest[0] != _AT_THE_END):
        return rest
    return (now + _AFTER[-1] * settling, *rest)


def left_of_deletion(
    before: tuple[float, ...], now: float, settling: float, *, told: bool
) -> tuple[float, ...]:
    """As `left`, for an object that waits until all told something: it is soon tried again."""
    return before[1:] if told else tuple(sorted((now + settling, *before[1:])))
