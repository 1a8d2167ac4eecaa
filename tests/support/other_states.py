"""The state table of all kinds but runs: its rows, and ExecutionServers that are in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.seen import Memory
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.remote import errors
from execution_operator.remote.outage import Trouble
from execution_operator.remote.shared_list import Sight
from support import docker_hosts
from support.agents import RECORDED, agent, found, held_agent, listed
from support.agents import seen as agent_seen
from support.servers import away, failing, missing, server, usable
from support.states import State

if TYPE_CHECKING:
    from execution_operator.api.static_agent import StaticAgent
    from execution_operator.kinds.execution_server.seen import Seen
    from execution_operator.kinds.machines.seen import Seen as SeenMachine

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
    "lost after it was Ready: ConnectionFailed",
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
    "lost after it was Ready: RuleNotFound",
    "lost after it was Ready: RuleMismatch",
    "lost after it was Ready: StubNotRunning",
    "lost after it was Ready: InterceptsUnavailable",
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

_KEPT: Final = held_agent(status=RECORDED)
_READY: Final = held_agent(
    status=RECORDED
    | {
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Ready",
                "lastTransitionTime": "2026-11-22T08:00:00Z",
            }
        ]
    }
)
_LOST: Final = found(state="LOST")


def _agent(row: str, how: str, shows: str, *, of: StaticAgent = _KEPT, **known: Any) -> State:
    return State(row, f"agent, {how}", of, agent_seen(of, **known), shows)


def _lost(row: str, since: float, shows: str, of: StaticAgent = _KEPT) -> State:
    memory = Memory(lost_since=since)
    return State(row, "agent", of, agent_seen(of, memory, machine=_LOST), shows, seconds=300.0)


def _agent_refused(row: str, error: type[errors.RemoteError]) -> State:
    memory = Memory(problem=problem_of(error("cannot update static agent")))
    shows = f"False {error.reason} | - | True | Failed"
    return _agent(row, error.reason, shows, memory=memory, machine=found())


AGENTS: Final = (
    _agent("is usable", "available", "True Ready | - | - | Current", machine=found()),
    _agent("is usable", "busy", "True Ready | - | - | Current", machine=found(state="BUSY")),
    _agent(
        "is paused",
        "available",
        "Unknown Paused | - | - | InProgress",
        of=agent(annotations={PAUSED_ANNOTATION: "true"}, status=RECORDED),
        machine=found(),
    ),
    _agent(
        "cannot reach the server",
        "lists fail",
        "Unknown ServerUnreachable | True | - | InProgress",
        sight=Sight(Trouble(errors.Unreachable("cannot list static agents"), 0.0)),
    ),
    _agent_refused("is refused: 403", errors.Forbidden),
    _agent_refused("is refused: 4xx", errors.Rejected),
    _lost(
        "was never yet in force or available, first 5 min",
        1.0,
        "False Pending | True | - | InProgress",
    ),
    _lost(
        "was never yet in force or available, after that",
        0.0,
        "False AgentLost | True | - | InProgress",
    ),
    _lost(
        "lost after it was Ready: AgentLost",
        299.0,
        "False AgentLost | True | - | InProgress",
        of=_READY,
    ),
    _agent("conflicts", "of two", "False Conflict | - | True | Failed", rival="another"),
    _agent(
        "conflicts",
        "several of that name",
        "False Conflict | - | True | Failed",
        of=agent(),
        memory=Memory(found=listed(0.0, found(), found("102"))),
    ),
    _agent("is invalid", "server", "False ServerChanged | - | True | Failed", cluster_id="c2"),
)
"""StaticAgents in the rows that are theirs."""
_NEVER = "was never yet in force or available, "
_REFUSED: Final = docker_hosts.said("FAILURE", "connection refused")


def _host(row: str, how: str, known: SeenMachine, shows: str, **more: Any) -> State:
    """A DockerHost; `seconds` and what `docker_host` takes."""
    seconds = more.pop("seconds", 100.0)
    wanted = docker_hosts.docker_host(**more)
    return State(row, f"docker host{how}", wanted, known, shows, seconds=seconds)


def _unreached(since: float) -> SeenMachine:
    return docker_hosts.seen(docker_hosts.linked(_REFUSED, lost_since=since))


def _host_problem(reason: Reason, *, person: bool = True) -> SeenMachine:
    problem = Problem(reason=reason, message="it is so: change it", needs_person=person)
    return docker_hosts.seen(docker_hosts.linked(problem=problem, failing_since=-900.0))


def _host_misses(what: str, reason: Reason) -> tuple[State, State]:
    blocker = Problem(reason=reason, message="it is not there: create it")
    known = docker_hosts.seen(docker_hosts.linked(missing_since=0.0), blocker=blocker)
    first, then = f"False {reason} | True | - | InProgress", f"False {reason} | - | True | Failed"
    return (
        _host(f"misses a {what}, first 5 min", "", known, first, seconds=299.0),
        _host(f"misses a {what}, then", "", known, then, seconds=300.0),
    )


HOSTS: Final = (
    _host("is usable", "", docker_hosts.seen(), "True Ready | - | - | Current"),
    _host(
        "is paused",
        "",
        docker_hosts.seen(),
        "Unknown Paused | - | - | InProgress",
        annotations={PAUSED_ANNOTATION: "true"},
    ),
    *_host_misses("Secret", Reason.SECRET_NOT_FOUND),
    *_host_misses("key", Reason.SECRET_KEY_MISSING),
    *_host_misses("reference", Reason.REFERENCE_NOT_FOUND),
    _host(
        "cannot reach the server",
        "",
        _host_problem(Reason.SERVER_UNREACHABLE, person=False),
        "Unknown ServerUnreachable | True | - | InProgress",
    ),
    _host(
        f"{_NEVER}first 5 min",
        "",
        _unreached(0.0),
        "False Pending | True | - | InProgress",
        seconds=299.0,
    ),
    _host(
        f"{_NEVER}after that",
        "",
        _unreached(0.0),
        "False ConnectionFailed | True | - | InProgress",
        seconds=300.0,
    ),
    _host(
        f"{_NEVER}first 5 min",
        " with testConnection",
        _host_problem(Reason.CONNECTION_FAILED, person=False),
        "False ConnectionFailed | True | - | InProgress",
    ),
    _host(
        "lost after it was Ready: ConnectionFailed",
        "",
        _unreached(100.0),
        "False ConnectionFailed | True | - | InProgress",
        ready="True",
    ),
    _host(
        "is refused: 4xx",
        " are unsupported",
        _host_problem(Reason.DOCKER_HOSTS_UNSUPPORTED),
        "False DockerHostsUnsupported | - | True | Failed",
    ),
    _host(
        "is refused: 403",
        "",
        _host_problem(Reason.FORBIDDEN),
        "False Forbidden | - | True | Failed",
    ),
    _host(
        "is invalid",
        ": a key that does not match",
        docker_hosts.seen(
            blocker=Problem(reason=Reason.INVALID_SPEC, message="no", needs_person=True)
        ),
        "False InvalidSpec | - | True | Failed",
    ),
    _host(
        "conflicts",
        "",
        docker_hosts.seen(rival='DockerHost "elder"'),
        "False Conflict | - | True | Failed",
    ),
)
"""DockerHosts in the rows that they can be in."""

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
    *AGENTS,
    *HOSTS,
)
"""Objects in each row but those of later."""
