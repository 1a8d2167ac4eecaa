"""Which attempt an object is at, and what of a memory speaks of it; pure.

An attempt's end is recorded in `status.previousAttempts`; `status.attempt` moves on only when the
next one is begun: that write is its intent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from execution_operator.kinds.test_execution.seen import Memory
from execution_operator.kinds.test_execution.words import is_ended

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.test_execution.seen import Seen


def attempt_of(wanted: TestExecution) -> int:
    """The attempt whose intent is written, or about to be; from 1."""
    return wanted.status.attempt or 1


def is_between(wanted: TestExecution) -> bool:
    """Whether that attempt has ended and the next one is not begun."""
    previous = wanted.status.previous_attempts
    return bool(previous) and previous[-1].attempt >= attempt_of(wanted)


def attempt_at(wanted: TestExecution) -> int:
    """The attempt that a memory has to speak of: the next one while it is between two."""
    return attempt_of(wanted) + is_between(wanted)


def of_attempt(at: int, memory: Memory) -> Memory:
    """What a memory says of that attempt; nothing of an earlier one."""
    if memory.attempt == at:
        return memory
    return Memory(
        attempt=at,
        saw_end=memory.attempt == at - 1 and _is_over(memory),
        adoption_ignored=memory.adoption_ignored,
    )


def at_attempt(wanted: TestExecution, seen: Seen) -> Seen:
    """What is seen, with the memory of the attempt: a status may have been written since."""
    return replace(seen, memory=of_attempt(attempt_at(wanted), seen.memory))


def _is_over(memory: Memory) -> bool:
    return memory.refused is not None or (memory.run is not None and is_ended(memory.run.status))
