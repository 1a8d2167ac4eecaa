"""One Lease in memory, which hangs or fails when told to, and processes that want it."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kubernetes.aio.client.exceptions import ApiException

from execution_operator.runtime.fence import LeaseFence, Terms
from execution_operator.runtime.lease import LeaseElection
from support.chance import Chance
from support.virtual_time import LoopClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

TERMS = Terms(duration=15.0, renew_deadline=10.0, retry=2.0)
SAME_CLOCK = timedelta()


class Leases:
    """Answers as the API server does, with optimistic locking.

    Attributes:
        lease: what is stored; None before the first.
        changes: how often it was written.
        delay: how many seconds a write takes before it is stored, and again before its answer.
        hangs: whether it gives no answer any more.
        fails: the HTTP status of every answer; None while it works.
    """

    def __init__(self) -> None:
        self.lease: Json | None = None
        self.changes = 0
        self.delay = 0.0
        self.hangs = False
        self.fails: int | None = None

    async def get(self, _path: str) -> Json:
        """The lease as it is."""
        await self._trouble()
        if self.lease is None:
            raise ApiException(status=404)
        return copy.deepcopy(self.lease)

    async def create(self, _path: str, body: Json) -> Json:
        """Store the first."""
        return await self._store(body, expected=None)

    async def replace(self, _path: str, body: Json) -> Json:
        """Store another, if it was made from the one that is stored."""
        return await self._store(body, expected=body["metadata"]["resourceVersion"])

    @property
    def holder(self) -> str | None:
        """Who holds it."""
        return self.lease["spec"]["holderIdentity"] if self.lease else None

    async def _store(self, body: Json, *, expected: str | None) -> Json:
        await self._trouble()
        await asyncio.sleep(self.delay)
        if expected != (self.lease["metadata"]["resourceVersion"] if self.lease else None):
            raise ApiException(status=409)
        self.changes += 1
        self.lease = copy.deepcopy(body)
        self.lease["metadata"]["resourceVersion"] = str(self.changes)
        await asyncio.sleep(self.delay)
        return copy.deepcopy(self.lease)

    async def _trouble(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise ApiException(status=self.fails)
        await asyncio.sleep(0)


class Meter:
    """Remembers when we led."""

    def __init__(self) -> None:
        self.seen: list[bool] = []

    def leading(self, *, is_leader: bool) -> None:
        """We became or ceased to be the leader."""
        self.seen.append(is_leader)


class Candidate:
    """A process that wants the lease, with a clock of its own."""

    def __init__(
        self, leases: Any, identity: str, *, offset: float = 0.0, ahead: timedelta = SAME_CLOCK
    ) -> None:
        clock = LoopClock(offset=offset, ahead=ahead)
        self.meter = Meter()
        self.fence = LeaseFence(identity, TERMS, clock)
        self.election = LeaseElection(
            leases,
            name="execution-operator",
            namespace="ops",
            identity=identity,
            terms=TERMS,
            fence=self.fence,
            clock=clock,
            random=Chance(),
            meter=self.meter,
        )

    async def lead(self) -> None:
        """Lead until the lease is lost."""
        await self.election.acquire()
        await self.election.keep()

    @contextlib.asynccontextmanager
    async def leading(self) -> AsyncIterator[None]:
        """Lead until the end of the block, then crash."""
        await self.election.acquire()
        keeping = asyncio.create_task(self.election.keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
