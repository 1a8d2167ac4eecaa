"""Measurements with thousands of objects: many runs active, or many at rest."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

from benchmark.measurements import each, metric, until

if TYPE_CHECKING:
    from benchmark.workload import Bench

_REST_SECONDS: Final = 20.0
_RESYNC_SECONDS: Final = 60
_RESYNCS: Final = 2
_USUAL_RESYNC_SECONDS: Final = 600
_QUIET_CORES: Final = 0.1
_CALM_SECONDS: Final = 60.0


async def start_many(bench: Bench, count: int) -> dict[str, Any]:
    """Have so many runs started, and wait until nothing more is to be done about them."""
    began = time.monotonic()
    await each(count, lambda number: bench.create(f"active-{number}"))
    created = time.monotonic() - began

    async def active() -> bool:
        return metric(await bench.metrics(), "runs_active{") >= count

    await until(active, seconds=1.0)
    taken = time.monotonic() - began
    await _calm(bench)
    return {"n": count, "created_s": round(created, 1), "all_active_s": round(taken, 1)}


async def finished(bench: Bench, count: int) -> dict[str, Any]:
    """What so many finished objects cost: memory, and processor time while nothing happens.

    Each object is looked at from time to time without cause. The operator does that every minute
    here, so that it can be measured; what it does every ten minutes is computed from that.
    """
    await bench.operator.kill()
    await each(count, lambda number: bench.create_finished(f"finished-{number}"))
    began = time.monotonic()
    await bench.operator.start(f"--resync-period={_RESYNC_SECONDS}s")

    async def looked_at() -> bool:
        text = await bench.metrics()
        looks = metric(text, 'reconcile_total{kind="TestExecution"')
        return looks >= count and not metric(text, "queue_depth{")

    await until(looked_at, seconds=0.5)
    taken = time.monotonic() - began
    await asyncio.sleep(2.0)
    memory, peak = bench.operator.memory(), bench.operator.memory("VmHWM")
    at_rest = await _cores(bench, _REST_SECONDS)
    resyncing = await _cores(bench, _RESYNCS * _RESYNC_SECONDS)
    one_resync = max(0.0, resyncing - at_rest) * _RESYNC_SECONDS
    return {
        "n": count,
        "start_s": round(taken, 1),
        "memory_mib": round(memory),
        "peak_mib": round(peak),
        "memory_after_resyncs_mib": round(bench.operator.memory()),
        "cpu_percent_at_rest": round(100 * at_rest, 2),
        "cpu_seconds_a_resync": round(one_resync, 2),
        "cpu_percent": round(100 * (at_rest + one_resync / _USUAL_RESYNC_SECONDS), 2),
    }


async def _cores(bench: Bench, seconds: float) -> float:
    """How many cores the operator used in these seconds."""
    spent, began = bench.operator.cpu_seconds(), time.monotonic()
    await asyncio.sleep(seconds)
    return (bench.operator.cpu_seconds() - spent) / (time.monotonic() - began)


async def _calm(bench: Bench) -> None:
    """Wait until the operator is done with what the server says of new runs, or long enough."""

    async def calm() -> bool:
        waiting = metric(await bench.metrics(), "queue_depth{")
        return not waiting and await _cores(bench, 2.0) < _QUIET_CORES

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(until(calm, seconds=1.0), _CALM_SECONDS)
