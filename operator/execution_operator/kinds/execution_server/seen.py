"""What is known of a server, and what can be done about it: values alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import Reason
from execution_operator.kinds.test_execution.digest import RunDigest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.execution_server import SpaceStatus
    from execution_operator.kinds.problems import Problem
    from execution_operator.reconcile.ports import Digest
    from execution_operator.remote.outage import Trouble

MISSING: Final = frozenset(
    {Reason.SECRET_NOT_FOUND, Reason.SECRET_KEY_MISSING, Reason.REFERENCE_NOT_FOUND}
)
UNREACHED: Final = frozenset(
    {Reason.SERVER_UNREACHABLE, Reason.TLS_VERIFICATION_FAILED, Reason.HOST_NOT_ALLOWED}
)
LET_IN_UNKNOWN: Final = UNREACHED | {Reason.PROTOCOL_ERROR, Reason.RATE_LIMITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Who uses the server: names of those that hold a finalizer, and counts of runs."""

    users: tuple[str, ...] = ()
    active: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a server.

    Attributes:
        reached: whether it answered at all; None before it was asked.
        trouble: that lists of runs fail although it can be reached.
        unused_since: monotonic time since when nobody uses it.
        counts_at: monotonic time of the last counts in the status.
    """

    problem: Problem | None = None
    url: str | None = None
    space: SpaceStatus | None = None
    reached: bool | None = None
    trouble: Trouble | None = None
    use: Use = Use()
    unused_since: float | None = None
    counts_at: float | None = None
    missing_since: float | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Take our finalizer off."""


def use_of(referrers: Iterable[Digest]) -> Use:
    """Who uses a server, from the objects that name it."""
    known = [*referrers]
    runs = [one for one in known if isinstance(one, RunDigest)]
    return Use(
        users=tuple(sorted(f"{one.key.kind} {one.key.name}" for one in known if one.is_held)),
        active=sum(run.has_place for run in runs),
        waiting=sum(not run.has_place and not run.is_over for run in runs),
    )
