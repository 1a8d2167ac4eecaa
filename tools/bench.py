"""Measures the operator beside a bare client that makes the same writes, in one run.

`idle`: from an object's creation to the request at the server, on an idle operator.
`burst`: many objects at once, until every execution id is recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from kubernetes.aio import client, config
from rich.console import Console
from rich.table import Table

from cluster import ControlPlane, control_plane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

ROOT = Path(__file__).parent.parent
GROUP, VERSION, RUNS = "execution-operator.io", "v1alpha1", "testexecutions"
OURS, BARE, CONCURRENCY = "default", "bare", 16
# The operator watches OURS alone: what the bare client makes is not its business.
PATCH = "application/json-patch+json"
PADDING = "x" * 2000
"""A spec of at least 2 KiB, as real ones have."""


@dataclass(frozen=True)
class Bench:
    """What the measurements work with."""

    api: client.CustomObjectsApi
    http: aiohttp.ClientSession
    hub: str
    simulator: str
    operator_pid: int

    async def create(self, name: str, namespace: str = OURS) -> dict[str, Any]:
        """Create a TestExecution."""
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "TestExecution",
            "metadata": {"name": name},
            "spec": {
                "serverRef": {"name": "hub"},
                "project": {"id": "1050"},
                "testAsset": {"name": "Shop/Load/Soak.schedule", "revision": "main"},
                "variables": {"padding": PADDING, "name": name},
            },
        }
        return await self.api.create_namespaced_custom_object(GROUP, VERSION, namespace, RUNS, body)

    async def arrivals(self) -> dict[str, float]:
        """When each run's start arrived at the server, by the name in its variables."""
        url = f"{self.simulator}/_simulator/requests?operation=start_execution"
        async with self.http.get(url) as answer:
            seen = await answer.json()
        return {one["body"]["variables"]["name"]: one["at"] for one in seen}

    async def arrived(self, name: str) -> bool:
        """Whether the run's start arrived."""
        return name in await self.arrivals()

    async def listed(self) -> list[dict[str, Any]]:
        """All TestExecutions."""
        found = await self.api.list_namespaced_custom_object(GROUP, VERSION, OURS, RUNS)
        return found["items"]

    def memory(self) -> float:
        """The operator's resident memory in MiB."""
        status = Path(f"/proc/{self.operator_pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


class BareClient:
    """Makes the operator's writes in their order: intent, start, status; and decides nothing."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._token = ""

    async def sign_in(self) -> None:
        """Get an access token."""
        form = {"refresh_token": "demo-offline-token"}
        async with self._bench.http.post(f"{self._bench.hub}/rest/tokens/", data=form) as answer:
            self._token = (await answer.json())["access_token"]

    async def run(self, made: dict[str, Any]) -> None:
        """Start one run and record its id."""
        meta = made["metadata"]
        intent = {"op": "add", "path": "/metadata/annotations", "value": {"intent": "x" * 300}}
        held = {"op": "add", "path": "/metadata/finalizers", "value": [f"{GROUP}/finalizer"]}
        kept = await self._patch(meta["name"], meta["resourceVersion"], intent, held)
        spec = made["spec"]
        body = {name: spec[name] for name in ("testAsset", "variables")} | {
            "tags": [f"bare.{meta['uid']}", "bare.cluster"],
            "offlineToken": "demo-offline-token",
        }
        url = f"{self._bench.hub}/rest/projects/1050/executions/"
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._bench.http.post(url, json=body, headers=headers) as answer:
            started = await answer.json()
        status = {"phase": "InTransition", "execution": {"id": started["id"]}}
        filled = {
            "op": "add",
            "path": "/status",
            "value": status | {"observedGeneration": 1, "conditions": _conditions()},
        }
        await self._patch(meta["name"], kept["metadata"]["resourceVersion"], filled, status=True)

    async def _patch(
        self, name: str, version: str, *operations: dict[str, Any], status: bool = False
    ) -> dict[str, Any]:
        api = self._bench.api
        call = (
            api.patch_namespaced_custom_object_status
            if status
            else api.patch_namespaced_custom_object
        )
        first = {"op": "replace", "path": "/metadata/resourceVersion", "value": version}
        return await call(
            GROUP, VERSION, BARE, RUNS, name, [first, *operations], _content_type=PATCH
        )


def _conditions() -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "status": "Unknown",
            "reason": "InTransition",
            "message": "the server says IN_TRANSITION",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for kind in ("Ready", "Reconciling", "Accepted", "Submitted", "Synced", "Completed")
    ]


async def idle(bench: Bench, count: int) -> dict[str, Any]:
    """Milliseconds from sending the creation to the start's arrival, one object at a time."""
    sent: dict[str, float] = {}
    bare = BareClient(bench)
    await bare.sign_in()
    for number in range(count):
        name = f"idle-{number}"
        sent[name] = time.time()
        await bench.create(name)
        await _until(lambda name=name: bench.arrived(name), seconds=0.005)
        name = f"bare-idle-{number}"
        sent[name] = time.time()
        await bare.run(await bench.create(name, BARE))
    found = await bench.arrivals()
    taken = {name: (found[name] - at) * 1000 for name, at in sent.items()}
    ours = [value for name, value in taken.items() if name.startswith("idle-")]
    theirs = [value for name, value in taken.items() if name.startswith("bare-")]
    return {
        "n": count,
        "operator_ms": _quantiles(ours),
        "bare_ms": _quantiles(theirs),
        "ratio_p50": round(statistics.median(ours) / statistics.median(theirs), 2),
    }


async def burst(bench: Bench, count: int) -> dict[str, Any]:
    """Seconds from the first creation until all ids are recorded."""
    bare = BareClient(bench)
    await bare.sign_in()

    async def one(name: str) -> None:
        await bare.run(await bench.create(name, BARE))

    began = time.monotonic()
    await _each(count, lambda number: one(f"bare-burst-{number}"))
    theirs = time.monotonic() - began
    began = time.monotonic()
    await _each(count, lambda number: bench.create(f"burst-{number}"))
    created = time.monotonic() - began
    await _until(lambda: _all_recorded(bench, count), seconds=0.2)
    ours = time.monotonic() - began
    return {
        "n": count,
        "created_s": round(created, 2),
        "operator_s": round(ours, 2),
        "bare_s": round(theirs, 2),
        "ratio": round(ours / theirs, 2),
        "memory_mib": round(bench.memory()),
    }


async def _all_recorded(bench: Bench, count: int) -> bool:
    done = sum(
        "id" in one.get("status", {}).get("execution", {})
        for one in await bench.listed()
        if one["metadata"]["name"].startswith("burst-")
    )
    return done == count


async def _until(look: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
    while not await look():  # noqa: ASYNC110 - what is awaited is in other processes
        await asyncio.sleep(seconds)


async def _each(count: int, make: Callable[[int], Awaitable[Any]]) -> None:
    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(number: int) -> None:
        async with gate:
            await make(number)

    await asyncio.gather(*map(one, range(count)))


def _quantiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {
        "p50": round(statistics.median(values), 1),
        "p99": round(cuts[98], 1),
        "max": round(max(values), 1),
    }


@contextlib.asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"EXECUTION_OPERATOR_SHORT_PERIODS": "true"},
    )
    try:
        yield started
    finally:
        started.terminate()
        await started.wait()


@contextlib.contextmanager
def _cluster() -> Iterator[ControlPlane]:
    with control_plane() as plane:
        plane.run_kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
        plane.run_kubectl("wait", "--for=condition=Established", "crd", "--all")
        plane.run_kubectl("create", "namespace", BARE)
        yield plane


async def measure(plane: ControlPlane, arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures of one run."""
    configuration = client.Configuration()
    await config.load_kube_config(str(plane.kubeconfig), client_configuration=configuration)
    simulator_command = ("-m", "execution_simulator", "--listen=127.0.0.1:0", "--exit-with-parent")
    operator_command = (
        *("-m", "execution_operator", "run", f"--kubeconfig={plane.kubeconfig}"),
        *("--ops-address=127.0.0.1:0", "--allow-loopback", "--lease-namespace=default"),
        f"--namespace={OURS}",
        "--log-level=error",
    )
    async with (
        _process(*simulator_command) as simulator,
        _process(*operator_command) as operator,
        client.ApiClient(configuration) as api,
        aiohttp.ClientSession() as http,
    ):
        assert simulator.stdout is not None  # noqa: S101 - it is a pipe
        hub = (await simulator.stdout.readline()).decode().split()[-1]
        custom = client.CustomObjectsApi(api)
        bench = Bench(custom, http, hub, hub.rpartition("/")[0], operator.pid)
        await _server(plane, hub)
        found: dict[str, Any] = {"cores": os.cpu_count(), "idle": await idle(bench, arguments.idle)}
        if arguments.burst:
            found["burst"] = await burst(bench, arguments.burst)
        return found


async def _server(plane: ControlPlane, hub: str) -> None:
    text = (ROOT / "examples/executionserver.yaml").read_text()
    text = text.replace("http://127.0.0.1:8070/test", hub)
    await asyncio.to_thread(plane.run_kubectl, "apply", "-f", "-", stdin=text)
    fast = {"spec": {"rateLimit": {"requestsPerSecond": 1000, "burst": 10000}}}
    await asyncio.to_thread(
        plane.run_kubectl,
        *("patch", "exs", "hub", "--type=merge", "-p", json.dumps(fast)),
    )
    await asyncio.to_thread(
        plane.run_kubectl, "wait", "--for=condition=Ready", "exs/hub", "--timeout=60s"
    )


def _show(found: dict[str, Any]) -> None:
    table = Table(title=f"on {found['cores']} cores, beside a bare client in the same run")
    for head in ("measurement", "operator", "bare client", "ratio"):
        table.add_column(head)
    one = found["idle"]
    for name in ("p50", "p99"):
        ratio = round(one["operator_ms"][name] / one["bare_ms"][name], 2)
        table.add_row(
            f"created → request arrives, {name} of {one['n']}",
            f"{one['operator_ms'][name]} ms",
            f"{one['bare_ms'][name]} ms",
            str(ratio),
        )
    if "burst" in found:
        many = found["burst"]
        table.add_row(
            f"{many['n']} at once, all ids recorded",
            f"{many['operator_s']} s",
            f"{many['bare_s']} s",
            str(many["ratio"]),
        )
        table.add_row("memory then", f"{many['memory_mib']} MiB", "", "")
    Console(stderr=True).print(table)


def main() -> None:
    """Measure, print JSON on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=int, default=100, help="objects one after the other")
    parser.add_argument("--burst", type=int, default=500, help="objects at once; 0: none")
    arguments = parser.parse_args()
    with _cluster() as plane, tempfile.TemporaryDirectory():
        found = asyncio.run(measure(plane, arguments))
    print(json.dumps(found, indent=2))
    _show(found)


if __name__ == "__main__":
    main()
