"""The state table of all kinds but runs: its rows, and ExecutionServers that are in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem
from execution_operator.remote import errors
from support.servers import away, failing, missing, server, usable
from support.states import State

if TYPE_CHECKING:
    from execution_operator.kinds.execution_server.seen import Seen

ROWS: Final = (
    "is usable",
    "is usable: suspended schedule",
    "is usable: schedule in a blackout",
    "is paused",
    "misses a reference, first 5 min",
    "misses a reference, then",
    "misses a Secret, first 5 min",
    "misses a Secret, then",
    "misses a key, first 5 min",
    "misses a key, then",
    "cannot reach the server",
    "was never yet in force or available, first 5 min",
    "was never yet in force or available, after that",
    "lost after it was Ready: AgentLost",
    "lost after it was Ready: RuleNotFound",
    "lost after it was Ready: RuleMismatch",
    "lost after it was Ready: StubNotRunning",
    "lost after it was Ready: InterceptsUnavailable",
    "is refused: 401",
    "is refused: 403",
    "is refused: TLS",
    "is refused: 4xx",
    "conflicts",
    "is invalid",
    "matches too many",
    "ExecutionStop: done",
    "ExecutionStop: done with unStopped",
)
LATER: Final = (
    "is usable: suspended schedule",
    "is usable: schedule in a blackout",
    "was never yet in force or available, first 5 min",
    "was never yet in force or available, after that",
    "lost after it was Ready: AgentLost",
    "lost after it was Ready: RuleNotFound",
    "lost after it was Ready: RuleMismatch",
    "lost after it was Ready: StubNotRunning",
    "lost after it was Ready: InterceptsUnavailable",
    "conflicts",
    "matches too many",
    "ExecutionStop: done",
    "ExecutionStop: done with unStopped",
)
"""Rows of kinds that are not there yet."""


def _server(row: str, how: str, known: Seen, shows: str) -> State:
    return State(row, how, server(), known, shows)


def _missing(what: str, reason: Reason) -> tuple[State, State]:
    """One that has missed something for just less than five minutes, and for as long."""
    problem = Problem(reason=reason, message="it is not there: create it")
    known = missing(problem, since=0.0)
    first = f"False {reason} | True | - | InProgress"
    then = f"False {reason} | - | True | Failed"
    return (
        State(f"misses a {what}, first 5 min", "", server(), known, first, seconds=299.0),
        State(f"misses a {what}, then", "", server(), known, then, seconds=300.0),
    )


def _silent(error: type[errors.RemoteError], *, reached: bool) -> State:
    shows = f"Unknown {error.reason} | True | - | InProgress"
    return _server("cannot reach the server", error.reason, failing(error, reached=reached), shows)


def _refused(row: str, error: type[errors.RemoteError], *, reached: bool) -> State:
    shows = f"False {error.reason} | - | True | Failed"
    return _server(row, error.reason, failing(error, reached=reached), shows)


_INVALID: Final = Problem(
    reason=Reason.INVALID_SPEC, message="spec.perfecto is not supported", needs_person=True
)

STATES: Final = (
    _server("is usable", "", usable(), "True Ready | - | - | Current"),
    *(
        State(
            "is paused",
            how,
            server(annotations={PAUSED_ANNOTATION: "true"}),
            known,
            "Unknown Paused | - | - | InProgress",
        )
        for how, known in (("usable", usable()), ("away", away()))
    ),
    *_missing("reference", Reason.REFERENCE_NOT_FOUND),
    *_missing("Secret", Reason.SECRET_NOT_FOUND),
    *_missing("key", Reason.SECRET_KEY_MISSING),
    _silent(errors.Unreachable, reached=False),
    _silent(errors.RateLimited, reached=True),
    _silent(errors.ProtocolError, reached=True),
    _refused("is refused: 401", errors.Unauthorized, reached=True),
    _refused("is refused: 403", errors.Forbidden, reached=True),
    _refused("is refused: 403", errors.LicenseRefused, reached=True),
    _refused("is refused: TLS", errors.TLSVerificationFailed, reached=False),
    _refused("is refused: 4xx", errors.Rejected, reached=True),
    _refused("is refused: 4xx", errors.NotFound, reached=True),
    _refused("is invalid", errors.HostNotAllowed, reached=False),
    _server(
        "is invalid",
        _INVALID.reason,
        usable(problem=_INVALID, url=None, reached=None, space=None),
        "False InvalidSpec | - | True | Failed",
    ),
)
"""ExecutionServers in each row but those of later."""
