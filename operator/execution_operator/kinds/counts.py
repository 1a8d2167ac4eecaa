"""How many runs each server has, for people and for metrics; pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from execution_operator.api.test_execution import Phase, TestExecution

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from execution_operator.kinds.connections import Connections

_WAITING: Final = frozenset({None, Phase.PENDING})


def is_waiting(run: TestExecution) -> bool:
    """Whether it is still to be started."""
    return run.status.phase in _WAITING


def is_active(run: TestExecution) -> bool:
    """Whether it goes on on the server, as far as is known."""
    phase = run.status.phase
    return phase is not None and not is_waiting(run) and not phase.is_terminal


def runs_by_server(resources: Iterable[object], which: str) -> Mapping[tuple[str, ...], float]:
    """Active runs by (server, phase), or waiting ones by (server,)."""
    runs = [one for one in resources if isinstance(one, TestExecution)]
    if which == "waiting":
        return {**Counter((server_label(run),) for run in runs if is_waiting(run))}
    return {**Counter((server_label(run), str(run.status.phase)) for run in runs if is_active(run))}


def server_label(run: TestExecution) -> str:
    """The metrics' label of its server."""
    return f"{run.metadata.namespace}/{run.spec.server_ref.name}"


def snapshot_ages(connections: Connections) -> Mapping[tuple[str, ...], float]:
    """The age of each server's oldest snapshot of a project's executions, in seconds."""
    ages: dict[tuple[str, ...], float] = {}
    for key, connection in connections.all().items():
        known = [one.age for one in connection.open_snapshots.values() if one.age is not None]
        if known:
            ages[(f"{key.namespace}/{key.name}", "project")] = max(known)
    return ages
