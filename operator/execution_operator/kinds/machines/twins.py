"""Whether what was created has a twin, which a process before this one sent late; pure.

No list that was read before a create can show it, and nobody looks up by name what is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.standing import looked_up, machine_id
from execution_operator.kinds.problems import Problem

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.seen import Seen
    from execution_operator.kinds.periods import Periods

_MOST_TOLD = 5


def due(seen: Seen, periods: Periods) -> float | None:
    """Monotonic time at which to look up by name what this process created; None: never more.

    Once, when the shared list surely shows what was sent until the create, so that this asks the
    server nothing; again while there are several; and when that failed.
    """
    memory, found = seen.memory, looked_up(seen)
    again = memory.checked_at + periods.secret
    if found is not None and len(found.machines) > 1:
        return max(found.ended + periods.secret, again)
    if not memory.creates.attempts.last:
        return None
    settled = memory.creates.attempts.last + seen.settling + periods.quiet
    return max(settled, again) if found is None or found.ended < settled else None


def twins(wanted: MachineObject, seen: Seen) -> Problem | None:
    """That the server has others of that name beside the one that is recorded."""
    known, found = machine_id(wanted, seen), looked_up(seen)
    ids = [one.id for one in found.machines] if found is not None else []
    if known not in ids or len(ids) == 1:
        return None
    others = ", ".join(sorted(one for one in ids if one != known)[:_MOST_TOLD])
    text = f"the server has several of that name: remove {others} there, {known} is in use"
    return Problem(reason=Reason.CONFLICT, message=text)
