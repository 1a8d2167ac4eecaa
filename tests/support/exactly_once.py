"""A world to look at exactly once in: cluster, server, and operators that come and go."""

from __future__ import annotations

import asyncio
from typing import Final

from support.exactly_once_cluster import ModelCluster, run_key
from support.exactly_once_process import Process, Told
from support.exactly_once_server import LISTED_SECONDS, ModelServer
from support.virtual_time import seconds

LEASE_SECONDS: Final = 15.0
_MOMENT: Final = 0.001
_LAST_TURNS: Final = 50
"""So many turns of its loop pass until a process that went on sees that it lost its lease."""


async def moment() -> None:
    """Let all that can go on now go on; hardly any time passes."""
    await asyncio.sleep(_MOMENT)


class World:
    """The cluster, the server, and whoever leads or once led."""

    def __init__(self) -> None:
        self.cluster = ModelCluster()
        self.server = ModelServer()
        self.told = Told()
        self.leader: Process | None = None
        self.frozen: Process | None = None
        self.names: list[str] = []
        self.retries: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.deleted: set[str] = set()
        self._processes = 0
        self.cluster.create_server()

    @property
    def unwanted(self) -> set[str]:
        """The objects whose runs somebody asked to stop."""
        return self.cancelled | self.deleted

    def create(self, *, retries: int = 0) -> None:
        """Somebody creates a TestExecution that may be retried so often."""
        name = f"u{len(self.names) + 1}"
        self.retries[name] = retries
        self.names.append(self.cluster.create_run(name, retries=retries))

    def cancel(self, name: str) -> None:
        """Somebody cancels it, if it is there."""
        if run_key(name) in self.cluster.objects:
            self.cancelled.add(name)
            self.cluster.cancel(run_key(name))

    def take_intent_away(self, name: str) -> None:
        """Somebody removes its intent, if it is there."""
        if run_key(name) in self.cluster.objects:
            self.cluster.take_intent_away(run_key(name))

    def delete(self, name: str) -> None:
        """Somebody deletes it, if it is there."""
        if run_key(name) in self.cluster.objects:
            self.deleted.add(name)
            self.cluster.delete(run_key(name))

    async def take_over(self) -> None:
        """A new process leads; one that is halted first loses its lease."""
        if self.leader is not None:
            halted_at = self.leader.fence.halted_at or 0.0
            await asyncio.sleep(max(0.0, halted_at + LEASE_SECONDS - seconds()))
            self.leader.fence.is_taken = True
            await self._bury()
            self.frozen, self.leader = self.leader, None
        await self._list_what_is_forgotten()
        self._processes += 1
        self.leader = Process(
            self._processes, cluster=self.cluster, server=self.server, told=self.told
        )
        self.leader.start()
        await moment()

    async def _list_what_is_forgotten(self) -> None:
        """Wait for the lists: the one thing that the design cannot heal is left out here.

        Somebody takes an intent away, nothing was recorded yet, and the process dies while the
        lists do not hold the run: then nothing anywhere says that it was asked for.
        """
        arrived = self.server.last_arrival
        forgotten = [name for name in arrived if self.cluster.is_forgotten(run_key(name))]
        listed_at = max((arrived[name] for name in forgotten), default=0.0) + LISTED_SECONDS
        if forgotten:
            await asyncio.sleep(max(0.0, listed_at - seconds()))

    async def crash(self) -> None:
        """The leader ends, wherever it is; its lease is given back."""
        if self.leader is not None:
            await self.leader.die()
            self.leader = None

    async def thaw(self) -> None:
        """Whoever is halted goes on: the leader for good, another until it sees that it lost."""
        if self.leader is not None and self.leader.is_halted:
            self.leader.go_on()
            await moment()
            if not self.leader.fence.is_open:
                await self.crash()
        if self.frozen is not None:
            self.frozen.go_on()
            for _ in range(_LAST_TURNS):  # no longer: the two would overwrite each other's status
                await asyncio.sleep(0)
            await self._bury()

    async def _bury(self) -> None:
        if self.frozen is not None:
            await self.frozen.die()
            self.frozen = None

    async def heal(self) -> None:
        """Nothing fails any more, and somebody leads."""
        self.server.is_away, self.server.lag = False, 0.0
        self.server.fates.clear()
        self.server.failing_reads.clear()
        self.cluster.fates.clear()
        for process in filter(None, (self.leader, self.frozen)):
            process.trap = None
            process.watch(flows=True)
        await self.thaw()
        if self.leader is None:
            await self.take_over()
        await moment()
