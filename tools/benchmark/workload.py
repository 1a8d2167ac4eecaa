"""What is made and looked at: TestExecutions, and a bare client that decides nothing."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from benchmark.processes import BARE, OURS

if TYPE_CHECKING:
    from kubernetes.aio import client

    from benchmark.processes import Operator

GROUP, VERSION, RUNS = "execution-operator.io", "v1alpha1", "testexecutions"
PATCH = "application/json-patch+json"
_CONDITIONS = (
    "Ready",
    "Reconciling",
    "Accepted",
    "Submitted",
    "Synced",
    "Succeeded",
    "Completed",
)
PADDING = 2000
"""A spec of at least 2 KiB, as real ones have; of random letters, so that it cannot be squeezed."""


@dataclass(frozen=True)
class Bench:
    """What the measurements work with."""

    api: client.CustomObjectsApi
    http: aiohttp.ClientSession
    hub: str
    simulator: str
    operator: Operator

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
                "variables": {"padding": _letters(name), "name": name},
            },
        }
        return await self.api.create_namespaced_custom_object(GROUP, VERSION, namespace, RUNS, body)

    async def create_finished(self, name: str) -> None:
        """Create a TestExecution whose run passed, as the operator leaves it."""
        made = await self.create(name)
        body = made | {"status": finished_status(self.hub)}
        await self.api.replace_namespaced_custom_object_status(
            GROUP, VERSION, OURS, RUNS, name, body
        )

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

    async def never_end(self) -> None:
        """Have all runs go on for ever: what is measured may last longer than a run."""
        script = [{"name": "endless", "neverEnds": True}]
        async with self.http.put(f"{self.simulator}/_simulator/scripts", json=script) as answer:
            answer.raise_for_status()

    async def counts(self) -> dict[str, int]:
        """How many requests the server has had, by operation."""
        async with self.http.get(f"{self.simulator}/_simulator/requests/counts") as answer:
            return await answer.json()

    async def metrics(self) -> str:
        """The operator's metrics; nothing while it does not answer."""
        url = f"http://127.0.0.1:{self.operator.ops_port}/metrics"
        try:
            async with self.http.get(url) as answer:
                return await answer.text()
        except aiohttp.ClientError:
            return ""


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
        filled = {"op": "add", "path": "/status", "value": self._status(started)}
        await self._patch(meta["name"], kept["metadata"]["resourceVersion"], filled, status=True)

    def _status(self, started: dict[str, Any]) -> dict[str, Any]:
        """What the operator writes after a start, field by field."""
        result = started["result"]["id"]
        page = f"{self._bench.hub}/funrep.html#/projects/1050/results/{result}"
        return {
            "asset": "Shop/Load/Soak.schedule",
            "attempt": 1,
            "conditions": _conditions(),
            "execution": {
                "id": started["id"],
                "projectId": "1050",
                "resultId": result,
                "resultURL": page,
                "server": self._bench.hub,
                "status": "IN_TRANSITION",
                "submittedAt": "2026-01-01T00:00:00Z",
            },
            "observedGeneration": 1,
            "origin": "Started",
            "phase": "InTransition",
            "previousAttempts": [],
            "reports": [],
        }

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


def finished_status(hub: str) -> dict[str, Any]:
    """What the operator writes when a run passed, field by field."""
    page = f"{hub}/funrep.html#/projects/1050/results/4711"
    return {
        "asset": "Shop/Load/Soak.schedule",
        "attempt": 1,
        "conditions": _conditions("True", "TestsPassed", "verdict PASS"),
        "execution": {
            "id": "0123456789abcdef01234567",
            "projectId": "1050",
            "resultId": "4711",
            "resultURL": page,
            "server": hub,
            "status": "COMPLETE",
            "submittedAt": "2026-01-01T00:00:00Z",
        },
        "startTime": "2026-01-01T00:00:00Z",
        "completionTime": "2026-01-01T00:01:00Z",
        "duration": "1m",
        "observedGeneration": 1,
        "origin": "Started",
        "phase": "Succeeded",
        "verdict": "PASS",
        "previousAttempts": [],
        "reports": [{"name": "functional", "url": page}],
    }


def _letters(name: str) -> str:
    letters = random.Random(name)  # noqa: S311 - nothing secret, the same in each run
    return "".join(letters.choices(string.ascii_lowercase, k=PADDING))


def _conditions(
    status: str = "Unknown",
    reason: str = "InTransition",
    message: str = "the server says IN_TRANSITION",
) -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for kind in _CONDITIONS
    ]
