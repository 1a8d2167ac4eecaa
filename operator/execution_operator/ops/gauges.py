"""Gauges that are read when somebody scrapes, from the cache, the queue and the connections."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from execution_operator.ops.metrics import Metrics
    from execution_operator.reconcile.ports import Digest


class Known(Protocol):
    """The objects that are known."""

    def digests(self) -> Iterable[Digest]:
        """All of them."""


class Waiting(Protocol):
    """The queue."""

    def depth(self) -> Mapping[str, int]:
        """How many keys wait, by kind."""

    def oldest(self) -> Mapping[str, float]:
        """How long the oldest waits, by kind, in seconds."""


def register_gauges(  # noqa: PLR0913 - each is a different thing and named
    metrics: Metrics,
    known: Known,
    waiting: Waiting,
    *,
    runs: Callable[[str], Mapping[tuple[str, ...], float]],
    machines: Callable[[str], Mapping[tuple[str, ...], float]],
    unclaimed: Callable[[], Mapping[tuple[str, ...], float]],
    snapshot_ages: Callable[[], Mapping[tuple[str, ...], float]],
) -> None:
    """Register what is counted at each scrape."""
    metrics.collect_gauge(
        "objects", "Objects known.", ("kind", "ready"), lambda: _objects(known.digests())
    )
    metrics.collect_gauge(
        "runs_active", "Runs under way.", ("server", "phase"), lambda: runs("active")
    )
    metrics.collect_gauge(
        "runs_waiting", "Runs that wait to be started.", ("server",), lambda: runs("waiting")
    )
    metrics.collect_gauge(
        "runs_unclaimed", "Runs of this cluster that no object claims.", ("server",), unclaimed
    )
    metrics.collect_gauge(
        "agents",
        "StaticAgents by the state that the server tells now; unknown while it tells none.",
        ("server", "state"),
        lambda: machines("StaticAgent"),
    )
    metrics.collect_gauge(
        "docker_hosts",
        "DockerHosts by the connection that the server tells now; unknown while it tells none.",
        ("server", "state"),
        lambda: machines("DockerHost"),
    )
    metrics.collect_gauge(
        "queue_depth", "Objects that wait for a worker.", ("kind",), lambda: _keyed(waiting.depth())
    )
    metrics.collect_gauge(
        "queue_oldest_seconds",
        "How long the oldest of them waits.",
        ("kind",),
        lambda: _keyed(waiting.oldest()),
    )
    metrics.collect_gauge(
        "snapshot_age_seconds",
        "How old the newest complete list of a scope is; of several scopes the oldest.",
        ("server", "scope_kind"),
        snapshot_ages,
    )


def _keyed(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(kind,): value for kind, value in values.items()}


def _objects(known: Iterable[Digest]) -> dict[tuple[str, ...], float]:
    return {**Counter((one.key.kind, one.ready) for one in known)}
