"""Operator processes, one after the other, between a model of the cluster and one of the server.

A process is all of the real operator but its borders: cache, queue, workers and kinds. It can come
to a halt before and after each request, die there, or go on when another has taken over.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from execution_operator.kinds.ports import Ports
from execution_operator.kinds.registry import build_kinds
from execution_operator.reconcile.backoff import Backoff
from execution_operator.reconcile.ports import FenceClosed, FirstSeen, Key, Now
from execution_operator.reconcile.worker import Worker
from execution_operator.runtime.cache import ObjectCache
from execution_operator.runtime.controller import Controller
from execution_operator.runtime.queue import FairQueue
from support.chance import Chance
from support.exactly_once_cluster import ModelCluster, ModelObjects, run_key
from support.exactly_once_server import SETTLING_SECONDS, ModelHub, ModelServer, Point
from support.runs import PERIODS
from support.virtual_time import LoopClock, seconds

if TYPE_CHECKING:
    from execution_operator.api.model import Resource
    from support.cached import Json

LEASE_SECONDS: Final = 15.0
FENCE_SECONDS: Final = 13.0
"""So long after its last renewal a process may still send; less than the lease lasts."""
_MOMENT: Final = 0.001
_LAST_TURNS: Final = 50
"""So many turns of its loop pass until a process that went on sees that it lost its lease."""


async def moment() -> None:
    """Let all that can go on now go on; hardly any time passes."""
    await asyncio.sleep(_MOMENT)


class TickingClock(LoopClock):
    """A process' own clock: a nanosecond passes whenever it is read, as it does in life.

    Without that a timer that rings a rounding error early would be set anew for ever.
    """

    def __init__(self, *, offset: float) -> None:
        super().__init__(offset=offset)
        self._reads = 0

    def now(self) -> Now:
        """This moment."""
        self._reads += 1
        now = super().now()
        return replace(now, monotonic=now.monotonic + 1e-9 * self._reads)


class ModelFence:
    """Open while its process leads; a process that is halted cannot renew its lease."""

    def __init__(self, writer: str, clock: LoopClock) -> None:
        self.writer = writer
        self.since = clock.now().monotonic
        self.halted_at: float | None = None
        self.is_taken = False

    @property
    def is_open(self) -> bool:
        """Whether its process may act."""
        halted = self.halted_at is not None and seconds() - self.halted_at >= FENCE_SECONDS
        return not self.is_taken and not halted

    def check(self) -> None:
        """Raise FenceClosed unless it is open."""
        if not self.is_open:
            raise FenceClosed


class Told:
    """What all processes measured and told."""

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()
        self.warnings: list[tuple[str, str, str]] = []

    def publish(self, wanted: Resource, reason: str, message: str, *, kind: str) -> None:
        """An event: the object's uid, why, the text."""
        if kind == "Warning":
            self.warnings.append((wanted.metadata.uid, str(reason), message))

    def reconciled(self, _kind: str, result: str, _seconds: float) -> None:
        """A look ended."""
        self.results[str(result)] += 1

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_kwargs: None


class FixedSecrets:
    """Every Secret is there."""

    async def secret(self, *_args: Any, **_kwargs: Any) -> SecretStr:
        """A token."""
        return SecretStr("token")


class Process:
    """One operator process, from its take-over to its death."""

    def __init__(self, number: int, *, cluster: ModelCluster, server: ModelServer, told: Told):
        clock, random = TickingClock(offset=1000.0 * number), Chance()
        self.fence = ModelFence(f"operator-{number}/{number}", clock)
        self.trap: Point | None = None
        self._cluster = cluster
        self._going_on = asyncio.Event()
        self._going_on.set()
        self._dead = False
        self._unread: deque[tuple[str, Json]] = deque()
        self._watches = True
        by_name: dict[str, Any] = {}
        self._cache = ObjectCache(by_name, lambda key: self._queue.add(key))
        objects = ModelObjects(cluster, self._cache, self)
        self._queue = FairQueue(
            self._lane, per_lane=4, backoff=Backoff(), random=random, meter=told
        )
        ports = Ports(
            objects=objects,
            secrets=FixedSecrets(),
            fence=self.fence,
            events=told,
            clock=clock,
            random=random,
            meter=told,
            open_hub=lambda _key, _blueprint: ModelHub(server, self),
            wake=self._queue.add,
            cluster_id="c1",
        )
        self._kinds = build_kinds(ports, replace(PERIODS, settling=SETTLING_SECONDS))
        by_name.update(self._kinds.by_name)
        worker = Worker(by_name, objects=objects, clock=clock, meter=told)
        self._controller = Controller(self._queue, worker, workers=4)
        self._working: asyncio.Task[None] | None = None

    @property
    def is_halted(self) -> bool:
        """Whether it waits to go on."""
        return not self._going_on.is_set()

    def start(self) -> None:
        """List, watch and work."""
        for raw in self._cluster.objects.values():
            self._cache.put(raw, first_seen=FirstSeen.LISTED)
        self._cluster.watchers.append(self)
        self._working = asyncio.create_task(self._controller.run(), name="controller")

    def wake_all(self) -> None:
        """Look at all that is known, as from time to time."""
        for wanted in self._cache.resources():
            self._queue.add(Key.of(wanted))

    def halt(self) -> None:
        """Freeze: nothing leaves and nothing is read until it goes on."""
        self.trap = None
        self._going_on.clear()
        if self.fence.halted_at is None:
            self.fence.halted_at = seconds()

    def go_on(self) -> None:
        """Thaw."""
        if self.fence.is_open:
            self.fence.halted_at = None
        self._going_on.set()
        self._read()

    def watch(self, *, flows: bool) -> None:
        """Let the watch stall, or flow again."""
        self._watches = flows
        self._read()

    async def die(self) -> None:
        """End at once, wherever it is."""
        self._dead = True
        self._cluster.watchers.remove(self)
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        await self._controller.drain(0.0)
        await self._kinds.connections.close()

    async def at(self, point: Point) -> None:
        """See `Sender`."""
        if self._dead:
            raise asyncio.CancelledError
        if point is self.trap:
            self.halt()
        await asyncio.sleep(0)
        await self._going_on.wait()

    def may_send(self) -> bool:
        """See `Sender`."""
        return self.fence.is_open

    def tell(self, event: str, raw: Json) -> None:
        """See `Watcher`."""
        self._unread.append((event, raw))
        self._read()

    def _read(self) -> None:
        while self._unread and self._watches and not self.is_halted:
            event, raw = self._unread.popleft()
            if event == "DELETED":
                self._cache.drop(raw)
            else:
                first = FirstSeen.ADDED if event == "ADDED" else FirstSeen.LISTED
                self._cache.put(raw, first_seen=first)

    def _lane(self, key: Key) -> Key:
        wanted = self._cache.get(key)
        return self._kinds.by_name[key.kind].lane(wanted) if wanted else key


class World:
    """The cluster, the server, and whoever leads or once led."""

    def __init__(self) -> None:
        self.cluster = ModelCluster()
        self.server = ModelServer()
        self.told = Told()
        self.leader: Process | None = None
        self.frozen: Process | None = None
        self.names: list[str] = []
        self.cancelled: set[str] = set()
        self.deleted: set[str] = set()
        self._processes = 0
        self.cluster.create_server()

    @property
    def unwanted(self) -> set[str]:
        """The objects whose runs somebody asked to stop."""
        return self.cancelled | self.deleted

    def create(self) -> None:
        """Somebody creates a TestExecution."""
        self.names.append(self.cluster.create_run(f"u{len(self.names) + 1}"))

    def cancel(self, name: str) -> None:
        """Somebody cancels it, if it is there."""
        if run_key(name) in self.cluster.objects:
            self.cancelled.add(name)
            self.cluster.cancel(run_key(name))

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
        self._processes += 1
        self.leader = Process(
            self._processes, cluster=self.cluster, server=self.server, told=self.told
        )
        self.leader.start()
        await moment()

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
        await self.thaw()
        if self.leader is None:
            await self.take_over()
        if self.leader is not None:
            self.leader.trap = None
            self.leader.watch(flows=True)
        await moment()
