"""The measurements, one function each; all of them work on what `workload` makes."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmark.processes import BARE
from benchmark.workload import BareClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmark.workload import Bench

CONCURRENCY = 16


async def idle(bench: Bench, count: int) -> dict[str, Any]:
    """Milliseconds from sending the creation to the start's arrival, one object at a time."""
    sent: dict[str, float] = {}
    bare = BareClient(bench)
    await bare.sign_in()
    for number in range(count):
        name = f"idle-{number}"
        sent[name] = time.time()
        await bench.create(name)
        await until(lambda name=name: bench.arrived(name), seconds=0.005)
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
    await each(count, lambda number: one(f"bare-burst-{number}"))
    theirs = time.monotonic() - began
    starts = (await bench.counts())["start_execution"] + count
    began = time.monotonic()
    await each(count, lambda number: bench.create(f"burst-{number}"))
    created = time.monotonic() - began
    # The server's own count first: to list all objects again and again is a load of its own.
    await until(lambda: _all_started(bench, starts), seconds=0.05)
    await until(lambda: _all_recorded(bench, count), seconds=0.2)
    ours = time.monotonic() - began
    return {
        "n": count,
        "created_s": round(created, 2),
        "operator_s": round(ours, 2),
        "bare_s": round(theirs, 2),
        "ratio": round(ours / theirs, 2),
        "memory_mib": round(bench.operator.memory()),
    }


async def _all_started(bench: Bench, starts: int) -> bool:
    return (await bench.counts())["start_execution"] >= starts


async def _all_recorded(bench: Bench, count: int) -> bool:
    done = sum(
        "id" in one.get("status", {}).get("execution", {})
        for one in await bench.listed()
        if one["metadata"]["name"].startswith("burst-")
    )
    return done == count


async def until(look: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
    """Return when it holds; look so often."""
    while not await look():  # noqa: ASYNC110 - what is awaited is in other processes
        await asyncio.sleep(seconds)


async def each(count: int, make: Callable[[int], Awaitable[Any]]) -> None:
    """Make so many, a few at a time."""
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


async def active(bench: Bench, intervals: int) -> dict[str, Any]:
    """What following the runs of the burst costs while nothing changes."""
    before, began, spent = await bench.counts(), time.monotonic(), bench.operator.cpu_seconds()
    lists = before.get("list_executions", 0)

    async def listed() -> bool:
        return (await bench.counts())["list_executions"] >= lists + intervals

    await until(listed, seconds=0.1)
    after, taken = await bench.counts(), time.monotonic() - began
    names = ("list_executions", "get_execution", "get_result", "exchange_token")
    return {
        "active": round(metric(await bench.metrics(), "runs_active{")),
        "intervals": intervals,
        "requests": {name: after.get(name, 0) - before.get(name, 0) for name in names},
        "cpu_percent": round(100 * (bench.operator.cpu_seconds() - spent) / taken, 1),
        "memory_mib": round(bench.operator.memory()),
        "peak_mib": round(bench.operator.memory("VmHWM")),
    }


async def restart(bench: Bench) -> dict[str, Any]:
    """Seconds from a kill's successor's start until it has looked at every run, by one list."""
    before, count = await bench.counts(), round(metric(await bench.metrics(), "objects{"))
    await bench.operator.kill()
    began = time.monotonic()
    await bench.operator.start()

    async def observed() -> bool:
        text = await bench.metrics()
        looked = metric(text, "reconcile_total{") >= count
        fresh = "execution_operator_snapshot_age_seconds{" in text
        return looked and fresh and not metric(text, "queue_depth{")

    await until(observed, seconds=0.1)
    taken, after = time.monotonic() - began, await bench.counts()
    starts = after["start_execution"] - before["start_execution"]
    return {
        "active": count,
        "observed_s": round(taken, 2),
        "second_starts": starts,
        "memory_mib": round(bench.operator.memory()),
        "peak_mib": round(bench.operator.memory("VmHWM")),
    }


def metric(text: str, beginning: str) -> float:
    """The sum of the operator's metrics that begin so."""
    wanted = f"execution_operator_{beginning}"
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(wanted))
