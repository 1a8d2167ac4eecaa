"""Makes ExecutionServers and what is known of them, for tests of the pure parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from execution_operator.api.execution_server import ExecutionServer, SpaceStatus
from execution_operator.kinds.execution_server.seen import Seen, Use
from execution_operator.kinds.problems import problem_of
from execution_operator.remote import errors
from support.runs import START, URL

if TYPE_CHECKING:
    from datetime import datetime

    from execution_operator.kinds.problems import Problem


def server(
    *,
    spec: dict[str, Any] | None = None,
    annotations: dict[str, str] | None = None,
    deleted_at: datetime | None = None,
    generation: int = 1,
) -> ExecutionServer:
    """The ExecutionServer hub, which nobody has looked at yet."""
    hub = {"url": URL, "offlineTokenSecretRef": {"name": "hub-token", "key": "token"}}
    return ExecutionServer.model_validate(
        {
            "kind": "ExecutionServer",
            "metadata": {
                "name": "hub",
                "namespace": "shop",
                "uid": "s1",
                "resourceVersion": "7",
                "generation": generation,
                "creationTimestamp": START.isoformat(),
                "annotations": annotations or {},
                "deletionTimestamp": deleted_at.isoformat() if deleted_at else None,
            },
            "spec": {"testHub": hub} | (spec or {}),
        }
    )


def usable(**changes: Any) -> Seen:
    """A server that answers and lets us in."""
    known: dict[str, Any] = {"url": URL, "reached": True, "space": SpaceStatus(id="s", name="Shop")}
    return Seen(**(known | changes))


def failing(error: type[errors.RemoteError], *, reached: bool) -> Seen:
    """One that refuses, or does not answer."""
    problem = problem_of(error("cannot list team spaces"))
    return usable(problem=problem, reached=reached, space=None)


def away() -> Seen:
    """One that does not answer."""
    return failing(errors.Unreachable, reached=False)


def missing(problem: Problem, since: float, **changes: Any) -> Seen:
    """One that was not asked, since something that it needs is not there since that time."""
    return Seen(problem=problem, reached=None, missing_since=since, **changes)


def used_by(*names: str, active: int = 0, waiting: int = 0) -> Use:
    """Who uses it."""
    return Use(users=names, active=active, waiting=waiting)
