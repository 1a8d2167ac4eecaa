"""An operator process between the models of the cluster and of the server.

It is all of the real operator but its borders: cache, queue, workers and kinds. It can come to a
halt before and after each request, die there, or go on when another has taken over.
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
from support.exactly_once_cluster import ModelCluster, ModelObjects
from support.exactly_once_hub import ModelHub
from support.exactly_once_server import SETTLING_SECONDS, ModelServer
from support.runs import PERIODS
from support.virtual_time import LoopClock, seconds

if TYPE_CHECKING:
    from execution_operator.api.model import Resource
    from support.cached import Json
    from support.exactly_once_points import Point

FENCE_SECONDS: Final = 13.0
"""So long after its last renewal a process may still send; less than the lease lasts."""
_RESTLESS: Final = 2000
"""More requests at one moment than any process needs."""


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
        self.is_restless = False

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
        self._told = told
        self._passed = (0.0, 0)
        self._going_on = asyncio.Event()
        self._going_on.set()
        self._dead = False
        self._unread: deque[tuple[str, Json]] = deque()
        self._watches = True
        by_name: dict[str, Any] = {}
        self._cache = ObjectCache(
            by_name,
            self._wake,
            heard=lambda known: self._kinds.heard(known),  # noqa: PLW0108 - built below
        )
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
            wake=self._wake,
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
        for known in self._cache.digests():
            self._queue.add(known.key)

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
        if point is self.trap or self._is_restless():
            self.halt()
        await asyncio.sleep(0)
        await self._going_on.wait()

    def _is_restless(self) -> bool:
        """Whether it does more at one moment than can be needed: that would never end."""
        moment, times = self._passed
        self._passed = (seconds(), times + 1 if moment == seconds() else 0)
        self._told.is_restless |= times > _RESTLESS
        return self._told.is_restless

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

    def _wake(self, key: Key) -> None:
        self._queue.add(key)

    def _lane(self, key: Key) -> Key:
        known = self._cache.digest(key)
        return self._kinds.by_name[key.kind].lane(known) if known else key
