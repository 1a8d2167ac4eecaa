"""Workers that take keys from the queue and have them looked at, until they are drained."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from execution_operator.reconcile.ports import Key
    from execution_operator.reconcile.worker import Worker
    from execution_operator.runtime.queue import FairQueue


class Controller:
    """N workers on one queue."""

    def __init__(self, queue: FairQueue, worker: Worker, *, workers: int) -> None:
        self._queue = queue
        self._worker = worker
        self._workers = workers
        self._busy: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work for ever; raises what ends a worker, which nothing should."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                group.create_task(self._work(), name=f"worker-{number}")

    async def drain(self, seconds: float) -> None:
        """Wait for the looks under way, so long at most; those that hang are cancelled."""
        self._queue.close()
        if self._busy:
            _, late = await asyncio.wait(self._busy, timeout=seconds)
            for look in late:
                look.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            key = await self._queue.take()
            # A look is a task of its own: a worker that is cancelled at the end leaves it running,
            # so that the answer of a request under way is still recorded.
            look = asyncio.create_task(self._look(key), name=f"look {key}")
            self._busy.add(look)
            look.add_done_callback(self._busy.discard)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(look)
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError

    async def _look(self, key: Key) -> None:
        outcome = await self._worker.look(key)
        self._queue.done(key, failed=outcome.failed, again=outcome.look_again)
