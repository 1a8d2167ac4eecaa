"""What Prometheus and probes are answered."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from execution_operator.ops.metrics import Metrics
from execution_operator.ops.server import AddressTaken, Heartbeats, OpsServer


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def samples(metrics):
    """All values by (name, label values)."""
    text = metrics.exposition().decode()
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(metrics, name, *labels):
    return samples(metrics)[(f"execution_operator_{name}", frozenset(labels))]


def busy_metrics():
    """Metrics in which everything was measured once."""
    metrics = Metrics()
    metrics.reconciled("TestExecution", "done", 0.01)
    metrics.queue_waited("TestExecution", 0.02)
    metrics.kubernetes_request("patch", "testexecutions/status", "200", 0.003)
    metrics.leading(is_leader=True)
    metrics.run_started(0.5)
    for server in ("shop/hub", "shop/spare"):
        metrics.request(server, "list_executions", "200", 0.03)
        metrics.rate_limit_wait(server, 1.5)
        metrics.server_up(server, up=True)
        metrics.server_insecure(server, reasons=frozenset({"PlainHTTP"}))
        metrics.run_left_behind(server)
        metrics.run_finished(
            server, phase="Succeeded", reason="TestsPassed", verdict="PASS", seconds=90.0
        )
    return metrics


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("reconcile_total", ("TestExecution", "done"), 1),
        ("reconcile_duration_seconds_sum", ("TestExecution",), 0.01),
        ("queue_wait_seconds_sum", ("TestExecution",), 0.02),
        ("kubernetes_requests_total", ("patch", "testexecutions/status", "200"), 1),
        ("kubernetes_request_duration_seconds_count", ("patch", "testexecutions/status"), 1),
        ("leader", (), 1),
        ("lease_transitions_total", (), 1),
        ("start_latency_seconds_sum", (), 0.5),
        ("server_requests_total", ("shop/hub", "list_executions", "200"), 1),
        ("server_request_duration_seconds_sum", ("shop/hub", "list_executions"), 0.03),
        ("server_rate_limit_wait_seconds_total", ("shop/hub",), 1.5),
        ("server_up", ("shop/hub",), 1),
        ("server_insecure", ("shop/hub", "PlainHTTP"), 1),
        ("runs_left_behind_total", ("shop/hub",), 1),
        ("runs_finished_total", ("shop/hub", "Succeeded", "TestsPassed"), 1),
        ("run_verdicts_total", ("shop/hub", "PASS"), 1),
        ("run_duration_seconds_sum", ("shop/hub",), 90.0),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_was_measured_is_told(name, labels, expected):
    assert value(busy_metrics(), name, *labels) == expected


def test_every_family_of_ours_is_described_and_named_alike():
    text = busy_metrics().exposition().decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    foreign = {one.name for one in families if not one.name.startswith("execution_operator_")}
    assert all(name.startswith(("process_", "python_")) for name in foreign)


def test_a_run_without_verdict_or_times_is_only_counted():
    metrics = Metrics()
    metrics.run_finished("s/h", phase="Lost", reason="Lost", verdict=None, seconds=None)
    names = {name for name, labels in samples(metrics) if "s/h" in labels}
    assert "execution_operator_runs_finished_total" in names
    assert not names & {
        "execution_operator_run_verdicts_total",
        "execution_operator_run_duration_seconds_count",
    }


def test_losing_the_lease_is_no_transition():
    metrics = Metrics()
    metrics.leading(is_leader=True)
    metrics.leading(is_leader=False)
    assert (value(metrics, "leader"), value(metrics, "lease_transitions_total")) == (0, 1)


def test_a_server_that_is_gone_takes_its_series_with_it():
    metrics = busy_metrics()
    metrics.forget_server("shop/hub")
    assert [name for name, labels in samples(metrics) if "shop/hub" in labels] == []


def test_a_server_that_is_gone_leaves_the_others_series():
    metrics, untouched = busy_metrics(), busy_metrics()
    metrics.forget_server("shop/hub")
    kept, before = samples(metrics), samples(untouched)
    assert set(kept) == {key for key in before if "shop/hub" not in key[1]}
    assert value(metrics, "reconcile_total", "TestExecution", "done") == 1


def test_a_server_that_nobody_measured_can_be_forgotten():
    Metrics().forget_server("shop/hub")


def test_a_gauge_is_read_at_each_scrape():
    metrics, depth = Metrics(), {("TestExecution",): 3.0}
    metrics.collect_gauge("queue_depth", "What waits.", ("kind",), lambda: depth)
    assert value(metrics, "queue_depth", "TestExecution") == 3.0
    depth[("TestExecution",)] = 4.0
    assert value(metrics, "queue_depth", "TestExecution") == 4.0


def test_a_gauge_is_not_read_before_somebody_scrapes():
    read = []
    Metrics().collect_gauge("x", "X.", (), lambda: read.append(1) or {})
    assert read == []


def test_label_values_may_hold_anything():
    metrics = Metrics()
    metrics.reconciled('a"b\\c', "d\ne", 1.0)
    assert value(metrics, "reconcile_total", 'a"b\\c', "d\ne") == 1


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(30.0, []), (30.5, ["one", "two"])],
    ids=["just heard of", "silent for too long"],
)
def test_a_task_that_is_not_heard_of_is_silent(seconds, expected):
    clock = Clock()
    beats = Heartbeats(clock, longest=30.0)
    beats.beat("two")
    beats.beat("one")
    clock.seconds = seconds
    assert beats.silent() == expected


def test_a_task_that_beats_again_is_not_silent():
    clock = Clock()
    beats = Heartbeats(clock, longest=30.0)
    beats.beat("one")
    clock.seconds = 40.0
    beats.beat("one")
    assert beats.silent() == []


def test_nobody_is_silent_before_the_first_beat():
    clock = Clock()
    beats = Heartbeats(clock, longest=30.0)
    clock.seconds = 1000.0
    assert beats.silent() == []


class Standing:
    """A server on loopback and what a test changes about it."""

    def __init__(self):
        self.clock = Clock()
        self.beats = Heartbeats(self.clock, longest=30.0)
        self.not_ready = None
        self.metrics = Metrics()
        self.server = OpsServer(
            self.metrics, heartbeats=self.beats, not_ready=lambda: self.not_ready
        )
        self.port = 0

    @asynccontextmanager
    async def answer(self, path, method="GET"):
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"http://127.0.0.1:{self.port}{path}") as answer,
        ):
            yield answer

    async def get(self, path):
        async with self.answer(path) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def standing():
    scene = Standing()
    scene.port = await scene.server.start("127.0.0.1", 0)
    yield scene
    await scene.server.stop()


async def test_a_free_port_is_taken(standing):
    assert 0 < standing.port < 65536


async def test_a_process_that_lives_says_so(standing):
    standing.beats.beat("event loop")
    assert await standing.get("/livez") == (200, "ok\n")


async def test_a_process_with_a_silent_task_is_not_alive(standing):
    standing.beats.beat("event loop")
    standing.clock.seconds = 31.0
    assert await standing.get("/livez") == (503, "not heard of: event loop\n")


async def test_a_process_that_waits_is_alive_but_not_ready(standing):
    standing.not_ready = "waiting for the API server"
    assert await standing.get("/readyz") == (503, "waiting for the API server\n")
    assert (await standing.get("/livez"))[0] == 200


async def test_readiness_is_asked_each_time(standing):
    standing.not_ready = "reading the objects"
    await standing.get("/readyz")
    standing.not_ready = None
    assert await standing.get("/readyz") == (200, "ok\n")


async def test_metrics_are_served_as_prometheus_reads_them(standing):
    standing.metrics.leading(is_leader=True)
    async with standing.answer("/metrics") as answer:
        text = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/plain")
    families = {family.name for family in text_string_to_metric_families(text)}
    assert {"execution_operator_leader", "execution_operator_build_info"} <= families


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [("GET", "/", 404), ("GET", "/livez/x", 404), ("POST", "/livez", 405)],
)
async def test_there_is_nothing_else(standing, method, path, expected):
    async with standing.answer(path, method) as answer:
        assert answer.status == expected


async def test_the_event_loop_beats(standing):
    beating = asyncio.create_task(standing.server.beat(3600.0))
    await asyncio.sleep(0)
    standing.clock.seconds = 31.0
    assert standing.beats.silent() == ["event loop"]
    beating.cancel()


async def test_an_address_that_is_taken_is_told_in_one_line(standing):
    other = Standing().server
    with pytest.raises(AddressTaken) as caught:
        await other.start("127.0.0.1", standing.port)
    await other.stop()
    told = str(caught.value)
    assert told.startswith(f'cannot listen on "127.0.0.1:{standing.port}": ')
    assert told.endswith("; give --ops-address")
    assert "\n" not in told


async def test_an_address_of_another_machine_is_told_in_one_line():
    server = Standing().server
    with pytest.raises(AddressTaken, match=r'^cannot listen on "192\.0\.2\.1:0": .*\Z'):
        await server.start("192.0.2.1", 0)
    await server.stop()


async def test_a_stopped_server_answers_no_more(standing):
    await standing.server.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await standing.get("/livez")


async def test_a_server_that_was_never_started_can_be_stopped():
    await Standing().server.stop()
