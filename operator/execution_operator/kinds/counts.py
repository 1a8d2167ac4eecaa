"""What each server has, and how old what is known of it is; pure, for people and for metrics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from execution_operator.api.test_execution import Phase
from execution_operator.kinds.machines.digest import MachineDigest
from execution_operator.kinds.test_execution.digest import RunDigest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from execution_operator.kinds.connections import Connections
    from execution_operator.reconcile.ports import Digest, Key

_WAITING: Final = frozenset({None, Phase.PENDING})


def is_waiting(run: RunDigest) -> bool:
    """Whether it is still to be started."""
    return run.phase in _WAITING


def is_active(run: RunDigest) -> bool:
    """Whether it goes on on the server, as far as is known."""
    return run.phase is not None and not is_waiting(run) and not run.phase.is_terminal


def runs_by_server(known: Iterable[Digest], which: str) -> Mapping[tuple[str, ...], float]:
    """Active runs by (server, phase), or waiting ones by (server,)."""
    runs = [one for one in known if isinstance(one, RunDigest)]
    if which == "waiting":
        return {**Counter((server_label(run.server_key),) for run in runs if is_waiting(run))}
    return {
        **Counter((server_label(run.server_key), str(run.phase)) for run in runs if is_active(run))
    }


def machines_by_server(known: Iterable[Digest], kind: str) -> Mapping[tuple[str, ...], float]:
    """The objects of a kind of machine by (server, the word that they are counted under).

    One whose server is not there is left out: no series outlives its server.
    """
    everything = tuple(known)
    servers = {one.key for one in everything if one.key.kind == "ExecutionServer"}
    counted = (
        one
        for one in everything
        if isinstance(one, MachineDigest) and one.key.kind == kind and one.server_key in servers
    )
    return {**Counter((server_label(one.server_key), one.state) for one in counted)}


def server_label(server: Key) -> str:
    """The metrics' label of a server."""
    return f"{server.namespace}/{server.name}"


def snapshot_ages(connections: Connections) -> Mapping[tuple[str, ...], float]:
    """The age in seconds of the newest list of each (server, kind of scope); the oldest of several.

    `project` is for the runs of a project; `user` and `space` for the agents and docker hosts of a
    level, `association` for those of a project.
    """
    ages: dict[tuple[str, ...], float] = {}
    for key, connection in connections.all().items():
        runs = (("project", one.age) for one in connection.open_snapshots.values())
        for scope, age in (*runs, *connection.lists.ages()):
            if age is not None:
                place = (server_label(key), scope)
                ages[place] = max(age, ages.get(place, 0.0))
    return ages
