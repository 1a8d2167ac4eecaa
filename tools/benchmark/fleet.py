"""Measurements with thousands of StaticAgents: made, at rest, started again, one that changes."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from benchmark.measurements import each, metric, until
from benchmark.processes import OURS
from benchmark.workload import GROUP, VERSION
from cluster.writes import writes

if TYPE_CHECKING:
    from benchmark.workload import Bench
    from cluster import ControlPlane

_AGENTS: Final = "staticagents"
_WRITTEN: Final = (_AGENTS, "executionservers", "events")
_QUIET_SECONDS: Final = 60.0
"""The operator's `--quiet-period` as users have it."""
_REST_INTERVALS: Final = 2
_RESYNC_SECONDS: Final = 60
_RESYNCS: Final = 2
_USUAL_RESYNC_SECONDS: Final = 600
_ADDRESS: Final = "192.0.2.7"
_SETTLED_SECONDS: Final = 3.0
_EVENTLESS_SECONDS: Final = 10.0
_PLACES: Final = 4
"""Two levels and two projects: each has a list of its own."""


class Fleet:
    """StaticAgents at two levels, most of them associated with one of two projects."""

    def __init__(self, bench: Bench, plane: ControlPlane, count: int) -> None:
        self._bench = bench
        self._plane = plane
        self.count = count

    async def create(self, number: int) -> None:
        """Create one: every other one in the team space, one in three without a project."""
        project: tuple[dict[str, str], ...] = ((), ({"id": "1050"},), ({"name": "Billing"},))[
            number % 3
        ]
        spec = {
            "serverRef": {"name": "hub"},
            "hostName": f"loadgen-{number}.example.com",
            "ipAddress": _ADDRESS,
            "projects": list(project),
        }
        if number % 2:
            spec["space"] = {"name": "Demo space"}
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "StaticAgent",
            "metadata": {"name": f"agent-{number}"},
            "spec": spec,
        }
        await self._bench.api.create_namespaced_custom_object(GROUP, VERSION, OURS, _AGENTS, body)

    async def shown(self, number: int) -> dict[str, Any]:
        """What the object says."""
        found: dict[str, Any] = await self._bench.api.get_namespaced_custom_object(
            GROUP, VERSION, OURS, _AGENTS, f"agent-{number}"
        )
        return found

    async def ready(self) -> bool:
        """Whether all can be used."""
        text = await self._bench.metrics()
        return metric(text, 'objects{kind="StaticAgent",ready="True"}') >= self.count

    async def looks(self) -> float:
        """How often the operator looked at one."""
        return metric(await self._bench.metrics(), 'reconcile_total{kind="StaticAgent"')

    async def writes(self) -> Counter[str]:
        """What was written, by anybody: nobody but the operator writes once all is created."""
        return await asyncio.to_thread(writes, self._plane, _WRITTEN)

    async def requests(self, since: float = 0.0) -> list[dict[str, Any]]:
        """What the server was asked since then, as its own journal has it."""
        url = f"{self._bench.simulator}/_simulator/requests"
        async with self._bench.http.get(url) as answer:
            return [one for one in await answer.json() if one["at"] > since]

    async def change(self, number: int, **change: object) -> None:
        """Let something happen to an agent on the server."""
        url = f"{self._bench.simulator}/_simulator/agents/{await self.id_of(number)}"
        async with self._bench.http.patch(url, json=change) as answer:
            answer.raise_for_status()

    async def on_server(self, number: int) -> dict[str, Any]:
        """What the server has."""
        url = f"{self._bench.simulator}/_simulator/agents/{await self.id_of(number)}"
        async with self._bench.http.get(url) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def id_of(self, number: int) -> str:
        """The server's id of one."""
        return str((await self.shown(number))["status"]["agentId"])


async def machines(bench: Bench, plane: ControlPlane, count: int) -> dict[str, Any]:
    """What so many agents cost, from their creation to a change of one that had been at rest."""
    fleet = Fleet(bench, plane, count)
    return {
        "n": count,
        "created": await _created(bench, fleet),
        "at_rest": await _at_rest(bench, fleet),
        "changed": await _changed(fleet),
        "restart": await _restarted(bench, fleet),
    }


async def _created(bench: Bench, fleet: Fleet) -> dict[str, Any]:
    began, spent = time.monotonic(), bench.operator.cpu_seconds()
    before, written = await bench.counts(), await fleet.writes()
    await each(fleet.count, fleet.create)
    created = time.monotonic() - began
    await until(fleet.ready, seconds=0.5)
    taken, after = time.monotonic() - began, await bench.counts()
    written = await fleet.writes() - written
    written[_AGENTS] -= fleet.count  # our own creations
    return {
        "load": round(os.getloadavg()[0], 1),
        "created_s": round(created, 1),
        "all_ready_s": round(taken, 1),
        "cpu_s": round(bench.operator.cpu_seconds() - spent, 1),
        "requests": {name: after[name] - before.get(name, 0) for name in sorted(after)},
        "writes": written,
        "memory_mib": round(bench.operator.memory()),
        "peak_mib": round(bench.operator.memory("VmHWM")),
    }


async def _at_rest(bench: Bench, fleet: Fleet) -> dict[str, Any]:
    """What is asked and written while nothing changes, once lists come as rarely as they may."""
    began = time.monotonic()
    await _until_quiet(fleet)
    backed_off = time.monotonic() - began
    await _until_told(fleet)
    before, looks, spent = await fleet.writes(), await fleet.looks(), bench.operator.cpu_seconds()
    since, began = time.time(), time.monotonic()
    await asyncio.sleep(_REST_INTERVALS * _QUIET_SECONDS)
    taken = time.monotonic() - began
    cpu = bench.operator.cpu_seconds() - spent
    asked = Counter(f"{one['method']} {one['path']}" for one in await fleet.requests(since))
    return {
        "load": round(os.getloadavg()[0], 1),
        "backed_off_s": round(backed_off, 1),
        "seconds": round(taken, 1),
        "intervals": _REST_INTERVALS,
        "requests": asked,
        "writes": await fleet.writes() - before,
        "looks": round(await fleet.looks() - looks),
        "cpu_percent": round(100 * cpu / taken, 2),
        "memory_mib": round(bench.operator.memory()),
        "peak_mib": round(bench.operator.memory("VmHWM")),
    }


async def _until_quiet(fleet: Fleet) -> None:
    """Return when the lists of each place come a quiet interval apart, but for their jitter."""

    async def quiet() -> bool:
        times: dict[str, list[float]] = {}
        for one in await fleet.requests():
            if one["operation"] in {"list_agents", "list_project_agents"}:
                times.setdefault(one["path"], []).append(one["at"])
        return all(seen[-1] - seen[-2] >= 0.9 * _QUIET_SECONDS for seen in times.values())

    await until(quiet, seconds=2.0)


async def _until_told(fleet: Fleet) -> None:
    """Return when the events of the creation are written: there are only so many a second."""
    seen, at = await fleet.writes(), time.monotonic()
    while time.monotonic() - at < _EVENTLESS_SECONDS:
        await asyncio.sleep(1.0)
        if (now := await fleet.writes()) != seen:
            seen, at = now, time.monotonic()


async def _changed(fleet: Fleet) -> dict[str, Any]:
    """Seconds until a change at rest is mended, and until one that follows it is shown."""
    before, began = await fleet.writes(), time.monotonic()
    await fleet.change(0, members={"ipAddress": "192.0.2.99"})

    async def mended() -> bool:
        return bool((await fleet.on_server(0))["members"]["ipAddress"] == _ADDRESS)

    await until(mended, seconds=0.2)
    repaired = time.monotonic() - began
    await asyncio.sleep(_SETTLED_SECONDS)
    between, began = await fleet.writes(), time.monotonic()
    await fleet.change(2, contact="lost")

    async def told() -> bool:
        return bool((await fleet.shown(2))["status"]["state"] == "LOST")

    await until(told, seconds=0.1)
    shown = time.monotonic() - began
    await asyncio.sleep(_SETTLED_SECONDS)
    return {
        "repaired_s": round(repaired, 1),
        "writes_of_repair": between - before,
        "lost_shown_s": round(shown, 1),
        "writes_of_lost": await fleet.writes() - between,
    }


async def _restarted(bench: Bench, fleet: Fleet) -> dict[str, Any]:
    """Seconds from a kill's successor's start until nothing is left to be looked at.

    Each object is looked at from time to time without cause: every minute here, so that what that
    writes and costs can be measured; what it costs every ten minutes is computed from that.
    """
    before, load = await fleet.writes(), os.getloadavg()[0]
    await bench.operator.kill()
    since, began = time.time(), time.monotonic()
    await bench.operator.start(f"--resync-period={_RESYNC_SECONDS}s")
    known = await _until_known(bench, fleet, since, began)
    memory, peak = bench.operator.memory(), bench.operator.memory("VmHWM")
    looks, spent = await fleet.looks(), bench.operator.cpu_seconds()
    started = time.monotonic()
    await asyncio.sleep(_RESYNCS * _RESYNC_SECONDS)
    taken, spent = time.monotonic() - started, bench.operator.cpu_seconds() - spent
    looks = await fleet.looks() - looks
    return known | {
        "load": round(load, 1),
        "memory_mib": round(memory),
        "peak_mib": round(peak),
        "resyncs": _RESYNCS,
        "looks_in_resyncs": round(looks),
        "cpu_percent_in_resyncs": round(100 * spent / taken, 2),
        "cpu_percent": round(100 * spent / looks * fleet.count / _USUAL_RESYNC_SECONDS, 2),
        "writes": await fleet.writes() - before,
    }


async def _until_known(
    bench: Bench, fleet: Fleet, since: float, began: float
) -> dict[str, float | int]:
    """Until all were looked at and all places listed, and then until nobody is woken any more."""

    async def listed() -> bool:
        text = await bench.metrics()
        looked = metric(text, 'reconcile_total{kind="StaticAgent"') >= fleet.count
        paths = {one["path"] for one in await fleet.requests(since) if "agents" in one["path"]}
        return looked and len(paths) >= _PLACES

    await until(listed, seconds=0.1)
    seen, looks, at = time.monotonic() - began, -1.0, time.monotonic()
    while time.monotonic() - at < _SETTLED_SECONDS:
        if (now := await fleet.looks()) != looks:
            looks, at = now, time.monotonic()
        await asyncio.sleep(0.1)
    return {
        "observed_s": round(seen, 1),
        "settled_s": round(at - began, 1),
        "looks": round(looks),
    }
