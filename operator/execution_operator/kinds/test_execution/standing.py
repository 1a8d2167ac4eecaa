"""Plain questions about a run, answered from what is known; pure, shared by all decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.api.test_execution import Origin
from execution_operator.kinds.test_execution.attempts import is_between
from execution_operator.kinds.test_execution.seen import Certainty
from execution_operator.kinds.test_execution.specification import refusal
from execution_operator.kinds.test_execution.words import is_ended

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now

_OF_THE_SERVER: Final = frozenset(
    {
        Reason.SERVER_NOT_FOUND,
        Reason.SERVER_NOT_READY,
        Reason.HOST_NOT_ALLOWED,
        Reason.SERVER_UNREACHABLE,
        Reason.UNAUTHORIZED,
        Reason.LICENSE_REFUSED,
        Reason.RATE_LIMITED,
        Reason.TLS_VERIFICATION_FAILED,
    }
)
"""What all runs of a server wait for alike: none of them passes another for it."""
_DENIALS: Final = 3
_DELETION: Final = timedelta(minutes=10)


def execution_id(wanted: TestExecution, seen: Seen) -> str | None:
    """The run's id: recorded, or known to this process and about to be."""
    recorded = wanted.status.execution.id if wanted.status.execution else None
    return recorded or (seen.memory.run.id if seen.memory.run else None)


def project_id(wanted: TestExecution, seen: Seen) -> str | None:
    """The project in which the run is, or in which it is going to be."""
    recorded = wanted.status.execution.project_id if wanted.status.execution else None
    return recorded or (seen.intent.project if seen.intent else seen.project_id)


def result_id(wanted: TestExecution, seen: Seen) -> str | None:
    """The id of the run's result, from whichever answer told it."""
    recorded = wanted.status.execution.result_id if wanted.status.execution else None
    return (seen.memory.run.result_id if seen.memory.run else None) or recorded


def is_stub(wanted: TestExecution) -> bool:
    """Whether it is done when it runs: no result is ever read, and its end is never a success."""
    return wanted.spec.completion == "Running"


def is_restored(wanted: TestExecution, seen: Seen) -> bool:
    """Whether the intent is another object's: this one was copied or restored."""
    return seen.intent is not None and seen.intent.uid != wanted.metadata.uid


def is_adopted(wanted: TestExecution, seen: Seen) -> bool:
    """Whether the run was there before this object: it is followed and never stopped."""
    known = wanted.status.origin is Origin.ADOPTED or seen.memory.adopted
    return known or is_restored(wanted, seen)


def is_elsewhere(wanted: TestExecution, seen: Seen) -> bool:
    """Whether the run belongs to another server or cluster than the one in use now."""
    intent, execution = seen.intent, wanted.status.execution
    if intent is not None and intent.cluster != seen.cluster_id:
        return True
    if seen.url is None:
        return False
    if execution is not None and execution.server is not None:
        return execution.server != seen.url
    if intent is None:
        return False
    moved = seen.project_id is not None and seen.project_id != intent.project
    return intent.server != seen.url or moved


def is_unfollowable_copy(wanted: TestExecution, seen: Seen) -> bool:
    """Whether a copied or restored object has no run that it may follow."""
    if not is_restored(wanted, seen):
        return False
    execution = wanted.status.execution
    moved = execution is not None and execution.server is not None and execution.server != seen.url
    return seen.original_lives or execution_id(wanted, seen) is None or moved


def settled_at(seen: Seen) -> float | None:
    """From when on a look-up that finds nothing proves that there is nothing."""
    return seen.memory.doubt.since + seen.settling if seen.memory.doubt else None


def is_absent(seen: Seen) -> bool:
    """Whether it is proven that the request in doubt started nothing."""
    settled, doubt = settled_at(seen), seen.memory.doubt
    if settled is None or doubt is None or doubt.looked_at is None:
        return False
    return doubt.absent and doubt.looked_at >= settled


def is_untouched(wanted: TestExecution, seen: Seen) -> bool:
    """Whether nothing says that a run was ever asked for.

    The finalizer comes with the intent: one without the other means that somebody took it away.
    """
    recorded = execution_id(wanted, seen) is not None or wanted.status.attempt is not None
    told = wanted.metadata.is_held or seen.intent is not None or seen.memory.certainty is not None
    return not (told or recorded)


def is_unsent(wanted: TestExecution, seen: Seen) -> bool:
    """Whether it is certain that the server has no run of this attempt."""
    if is_untouched(wanted, seen) or is_between(wanted):
        return True
    return seen.memory.certainty is Certainty.UNSENT or is_absent(seen)


def is_undecidable(seen: Seen) -> bool:
    """Whether no look-up can tell if the run was started."""
    doubt = seen.memory.doubt
    return doubt is not None and doubt.problem is not None and doubt.problem.needs_person


def is_lost(seen: Seen, now: Now, periods: Periods) -> bool:
    """Whether the server has denied the run often and long enough, its project being readable."""
    denials, listed = seen.memory.denials, seen.listed_at
    return (
        denials is not None
        and denials.count >= _DENIALS
        and now.monotonic - denials.since >= periods.lost
        and seen.trouble is None
        and listed is not None
        and listed >= denials.since
    )


def is_over(seen: Seen) -> bool:
    """Whether the run was seen ended."""
    return seen.memory.run is not None and is_ended(seen.memory.run.status)


def verdict_is_late(seen: Seen, now: Now, periods: Periods) -> bool:
    """Whether a complete run has gone without a verdict for too long.

    A result that cannot be read says nothing: only one that was read without a verdict counts.
    """
    since = seen.memory.awaiting_since
    return since is not None and now.monotonic - since >= periods.verdict


def wants_place(wanted: TestExecution, seen: Seen) -> bool:
    """Whether nothing of its own keeps it from the first step of a start; its server may."""
    meta, spec, memory = wanted.metadata, wanted.spec, seen.memory
    unwanted = meta.is_deleted or meta.is_paused or spec.cancel or spec.adopt is not None
    begun = seen.intent is not None or execution_id(wanted, seen) is not None
    refused = memory.refused is not None or refusal(spec) is not None
    blocked = seen.blocker is not None and seen.blocker.reason not in _OF_THE_SERVER
    return not (unwanted or begun or refused or blocked or seen.unready is not None)


def is_usable(seen: Seen) -> bool:
    """Whether its server takes the first step of a start."""
    return seen.url is not None and seen.blocker is None and seen.project_id is not None


def may_adopt(wanted: TestExecution, seen: Seen) -> bool:
    """Whether spec.adopt is obeyed: before an intent, or where only a person can decide."""
    if wanted.spec.adopt is None or execution_id(wanted, seen) is not None:
        return False
    untried = seen.intent is None and is_unsent(wanted, seen)
    return untried or is_undecidable(seen) or is_restored(wanted, seen)


def may_start(wanted: TestExecution, seen: Seen) -> bool:
    """Whether the object may yet ask the server for a run of its own."""
    still = wanted.metadata.is_deleted or wanted.metadata.is_paused or wanted.spec.cancel
    if still or execution_id(wanted, seen) is not None or refusal(wanted.spec) is not None:
        return False
    return not may_adopt(wanted, seen) and not is_restored(wanted, seen)


def adoption_is_late(wanted: TestExecution, seen: Seen) -> bool:
    """Whether spec.adopt came after a run of one's own was begun, and that was not told yet."""
    adopt = wanted.spec.adopt
    if adopt is None or seen.memory.adoption_ignored or may_adopt(wanted, seen):
        return False
    return execution_id(wanted, seen) != adopt.execution_id


def stop_allowance(wanted: TestExecution) -> timedelta:
    """How long the end of a run that is asked to stop is waited for."""
    allowed = wanted.spec.deletion_timeout
    return _DELETION if allowed is None else allowed


def deletion_seconds_left(wanted: TestExecution, now: Now) -> float:
    """How long a deletion may still wait for the run's end."""
    asked = wanted.metadata.deletion_timestamp
    if asked is None:
        return 0.0
    return (asked + stop_allowance(wanted) - now.utc).total_seconds()
