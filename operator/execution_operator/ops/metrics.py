"""The operator's metrics; the only module that knows prometheus_client."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.core import Metric

_PREFIX: Final = "execution_operator"
_FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SLOW: Final = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)


class Metrics:
    """The meters of the engine, the runtime and the servers, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._leader = self._gauge("leader", "Whether this process holds the lease.")
        self._build_info()
        self._reconciles = self._counter("reconcile", "Looks at an object.", "kind", "result")
        self._reconcile_seconds = self._histogram(
            "reconcile_duration_seconds", "How long a look at an object takes.", "kind"
        )
        self._queue_wait = self._histogram(
            "queue_wait_seconds", "How long an object waits for a worker.", "kind"
        )
        self._server_requests = self._counter(
            "server_requests", "Requests to execution servers.", "server", "operation", "code"
        )
        self._server_seconds = self._histogram(
            "server_request_duration_seconds",
            "How long execution servers take to answer.",
            "server",
            "operation",
        )
        self._server_up = self._gauge("server_up", "Whether the server answers.", "server")
        self._server_insecure = self._gauge(
            "server_insecure", "Why others can read what is sent to the server.", "server", "reason"
        )
        self._server_wait = self._counter(
            "server_rate_limit_wait_seconds", "Time spent waiting for a rate limit.", "server"
        )
        self._kubernetes_requests = self._counter(
            "kubernetes_requests", "Requests to the Kubernetes API.", "verb", "kind", "code"
        )
        self._kubernetes_seconds = self._histogram(
            "kubernetes_request_duration_seconds",
            "How long the Kubernetes API takes to answer.",
            "verb",
            "kind",
        )
        self._transitions = self._counter("lease_transitions", "Changes of leadership.")
        self._finished = self._counter(
            "runs_finished", "Runs that ended.", "server", "phase", "reason"
        )
        self._verdicts = self._counter("run_verdicts", "Verdicts of runs.", "server", "verdict")
        self._left_behind = self._counter(
            "runs_left_behind", "Runs let go without having been seen ended.", "server"
        )
        self._start_latency = self._histogram(
            "start_latency_seconds", "From the object's creation to the server's acceptance."
        )
        self._run_seconds = self._histogram(
            "run_duration_seconds", "From a run's start to its end.", "server", buckets=_SLOW
        )

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def reconciled(self, kind: str, result: str, seconds: float) -> None:
        """One look at one object ended."""
        self._reconciles.labels(kind, result).inc()
        self._reconcile_seconds.labels(kind).observe(seconds)

    def queue_waited(self, kind: str, seconds: float) -> None:
        """A key waited so long for a worker."""
        self._queue_wait.labels(kind).observe(seconds)

    def request(self, server: str, operation: str, code: str, seconds: float) -> None:
        """One request to an execution server ended."""
        self._server_requests.labels(server, operation, code).inc()
        self._server_seconds.labels(server, operation).observe(seconds)

    def rate_limit_wait(self, server: str, seconds: float) -> None:
        """A request waited so long for the server's rate limit."""
        self._server_wait.labels(server).inc(seconds)

    def server_up(self, server: str, *, up: bool) -> None:
        """The server answers or does not."""
        self._server_up.labels(server).set(up)

    def server_insecure(self, server: str, *, reasons: frozenset[str]) -> None:
        """Why the way to the server can be read or forged by others; empty when it cannot."""
        self._server_insecure.remove_by_labels({"server": server})
        for reason in reasons:
            self._server_insecure.labels(server, reason).set(1)

    def forget_server(self, server: str) -> None:
        """The server's object is gone: so are its series."""
        for metric in (
            self._server_requests,
            self._server_seconds,
            self._server_up,
            self._server_insecure,
            self._server_wait,
            self._finished,
            self._verdicts,
            self._left_behind,
            self._run_seconds,
        ):
            metric.remove_by_labels({"server": server})

    def kubernetes_request(self, verb: str, kind: str, code: str, seconds: float) -> None:
        """One request to the Kubernetes API ended."""
        self._kubernetes_requests.labels(verb, kind, code).inc()
        self._kubernetes_seconds.labels(verb, kind).observe(seconds)

    def leading(self, *, is_leader: bool) -> None:
        """We became or ceased to be the leader."""
        self._leader.set(is_leader)
        if is_leader:
            self._transitions.inc()

    def run_started(self, seconds: float) -> None:
        """The server accepted a run so long after its object was created."""
        self._start_latency.observe(seconds)

    def run_finished(
        self, server: str, *, phase: str, reason: str, verdict: str | None, seconds: float | None
    ) -> None:
        """A run ended."""
        self._finished.labels(server, phase, reason).inc()
        if verdict is not None:
            self._verdicts.labels(server, verdict).inc()
        if seconds is not None:
            self._run_seconds.labels(server).observe(seconds)

    def run_left_behind(self, server: str) -> None:
        """A run was let go without having been seen ended."""
        self._left_behind.labels(server).inc()

    def collect_gauge(self, name: str, text: str, labels: tuple[str, ...], read: Reading) -> None:
        """Read a gauge whenever somebody scrapes, in the place of keeping it up to date."""
        self.registry.register(_Read(f"{_PREFIX}_{name}", text, labels, read))

    def _build_info(self) -> None:
        info = self._gauge("build_info", "What this is.", "version", "python_version")
        info.labels(version("execution-operator"), platform.python_version()).set(1)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, *labels: str, buckets: tuple[float, ...] = _FAST
    ) -> Histogram:
        return Histogram(f"{_PREFIX}_{name}", text, labels, registry=self.registry, buckets=buckets)


if TYPE_CHECKING:
    Reading = Callable[[], Mapping[tuple[str, ...], float]]


class _Read(Collector):
    def __init__(self, name: str, text: str, labels: tuple[str, ...], read: Reading) -> None:
        self._name = name
        self._text = text
        self._labels = labels
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """The values of now."""
        family = GaugeMetricFamily(self._name, self._text, labels=self._labels)
        for labels, value in self._read().items():
            family.add_metric(labels, value)
        yield family

    def describe(self) -> Iterable[Metric]:
        """The name alone: nothing can be read yet when it is registered."""
        yield GaugeMetricFamily(self._name, self._text, labels=self._labels)
