"""A run of which nobody knows whether it was started: when to look, when to start; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.kinds.test_execution.actions import Action, LookUp, Start
from execution_operator.kinds.test_execution.standing import (
    is_absent,
    is_undecidable,
    settled_at,
)
from execution_operator.reconcile.kind import Plan, Result

if TYPE_CHECKING:
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now


def in_doubt(seen: Seen, now: Now, *, attempt: int) -> Plan[Action]:
    """Look at once, look when it has settled, and start only what is proven absent."""
    doubt, settled = seen.memory.doubt, settled_at(seen)
    if doubt is None or settled is None or doubt.looked_at is None:
        return Plan(action=LookUp(attempt))
    if is_absent(seen):
        return Plan(action=Start(attempt))
    due = settled if doubt.absent else doubt.looked_at + seen.settling
    if now.monotonic >= due:
        return Plan(action=LookUp(attempt))
    result = Result.TERMINAL if is_undecidable(seen) else Result.REQUEUED
    return Plan(look_again=due - now.monotonic, result=result)
