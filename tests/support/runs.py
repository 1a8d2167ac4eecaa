"""Makes TestExecutions and what is known of them, for tests of the pure parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.test_execution import TestExecution
from execution_operator.kinds.periods import Periods
from execution_operator.kinds.test_execution.identity import Intent
from execution_operator.kinds.test_execution.seen import Memory, Seen
from execution_operator.reconcile.ports import Now
from execution_operator.remote.testhub.wire import ExecutionResource, ResultResource

URL = "https://hub.example.com/test"
PERIODS = Periods(
    settling=None,
    probe=60.0,
    secret=60.0,
    outage=60.0,
    verdict=120.0,
    lost=120.0,
    unused=60.0,
    missing=300.0,
    counts=60.0,
    poll=5.0,
    late=3600.0,
    quiet=60.0,
    fight=600.0,
    deletion=600.0,
)
START = datetime(2026, 11, 22, 9, 0, 0, tzinfo=UTC)


def at(seconds: float) -> Now:
    """So many seconds after the beginning."""
    return Now(seconds, START + timedelta(seconds=seconds))


def intent(**changes: Any) -> Intent:
    """The intent that belongs to `run()`."""
    known = Intent(uid="u1", cluster="c1", server=URL, project="1050", attempt=1, writer="w/1")
    return replace(known, **changes)


def run(
    *,
    spec: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    held: bool = False,
    deleted_at: datetime | None = None,
) -> TestExecution:
    """A TestExecution of project 1050 on server hub."""
    meta: dict[str, Any] = {
        "name": "smoke",
        "namespace": "shop",
        "uid": "u1",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": START.isoformat(),
        "finalizers": ["execution-operator.io/finalizer"] if held else [],
        "deletionTimestamp": deleted_at.isoformat() if deleted_at else None,
    }
    wanted: dict[str, Any] = {
        "serverRef": {"name": "hub"},
        "project": {"id": "1050"},
        "testAsset": {"name": "Shop/Tests/Smoke.testsuite", "revision": "main"},
    }
    return TestExecution.model_validate(
        {
            "kind": "TestExecution",
            "metadata": meta | (metadata or {}),
            "spec": wanted | (spec or {}),
            "status": status or {},
        }
    )


def held_run(*, metadata: dict[str, Any] | None = None, **more: Any) -> TestExecution:
    """One whose intent is written."""
    annotations = {INTENT_ANNOTATION: intent().dump()}
    return run(held=True, metadata={"annotations": annotations} | (metadata or {}), **more)


def started_status(**more: Any) -> dict[str, Any]:
    """The status of a run whose id is recorded."""
    execution = {"id": "e1", "resultId": "r1", "server": URL, "projectId": "1050"}
    return {"phase": "Running", "attempt": 1, "origin": "Started", "execution": execution} | more


def between_status(**more: Any) -> dict[str, Any]:
    """The status of a run whose first attempt, e1, could not be launched at the beginning."""
    ended = {"attempt": 1, "executionId": "e1", "reason": "LaunchFailed"}
    first = ended | {"completionTime": START.isoformat()}
    return {"phase": "Pending", "attempt": 1, "previousAttempts": [first]} | more


def seen(memory: Memory | None = None, **changes: Any) -> Seen:
    """A usable server, and what this process remembers."""
    known = Seen(
        memory=memory or Memory(), cluster_id="c1", url=URL, project_id="1050", asset_id="a1"
    )
    return replace(known, **changes)


def execution(word: str | None, **more: Any) -> ExecutionResource:
    """What the server says of run e1."""
    return ExecutionResource.model_validate(
        {"id": "e1", "status": word, "result": {"id": "r1"}} | more
    )


def result(verdict: str | None, message: str | None = None) -> ResultResource:
    """What the server says of the result of run e1."""
    return ResultResource.model_validate({"id": "r1", "verdict": verdict, "message": message})
