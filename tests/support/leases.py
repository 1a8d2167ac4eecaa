"""The part of an API server that keeps one Lease, in memory; it hangs or fails when told to."""

from __future__ import annotations

import asyncio

from kubernetes.aio import client


class Leases:
    """Answers as CoordinationV1Api does, with optimistic locking.

    Attributes:
        lease: what is stored; None before the first.
        changes: how often it was written.
        delay: how many seconds a write takes before it is stored, and again before its answer.
        hangs: whether it gives no answer any more.
        fails: the HTTP status of every answer; None while it works.
    """

    def __init__(self) -> None:
        self.lease: client.V1Lease | None = None
        self.changes = 0
        self.delay = 0.0
        self.hangs = False
        self.fails: int | None = None

    async def read_namespaced_lease(self, _name: str, _namespace: str) -> client.V1Lease:
        """The lease as it is."""
        await self._trouble()
        if self.lease is None:
            raise client.ApiException(status=404)
        return self.lease

    async def create_namespaced_lease(
        self, _namespace: str, body: client.V1Lease
    ) -> client.V1Lease:
        """Store the first."""
        return await self._store(body, expected=None)

    async def replace_namespaced_lease(
        self, _name: str, _namespace: str, body: client.V1Lease
    ) -> client.V1Lease:
        """Store another, if it was made from the one that is stored."""
        return await self._store(body, expected=body.metadata.resource_version)

    @property
    def holder(self) -> str | None:
        """Who holds it."""
        return self.lease.spec.holder_identity if self.lease else None

    async def _store(self, body: client.V1Lease, *, expected: str | None) -> client.V1Lease:
        await self._trouble()
        await asyncio.sleep(self.delay)
        if expected != (self.lease.metadata.resource_version if self.lease else None):
            raise client.ApiException(status=409)
        self.changes += 1
        body.metadata.resource_version = str(self.changes)
        self.lease = body
        await asyncio.sleep(self.delay)
        return body

    async def _trouble(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise client.ApiException(status=self.fails)
        await asyncio.sleep(0)
