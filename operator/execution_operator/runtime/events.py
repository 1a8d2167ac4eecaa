"""Kubernetes Events: what has happened, told once, without making anybody wait."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal

import structlog
from kubernetes.aio import client

from execution_operator.api.model import API_VERSION
from execution_operator.reconcile.ports import Clock, ObjectConflict, ObjectsUnavailable
from execution_operator.reconcile.status import one_line
from execution_operator.runtime.kubernetes_api import REQUEST_SECONDS, Refused, translated

if TYPE_CHECKING:
    from execution_operator.api.model import Resource

_log = structlog.stdlib.get_logger(__name__)

_WAITING: Final = 20_000
_REST: Final = 4
_LONGEST_REST: Final = 1.0
_REMEMBERED: Final = 10_000


class ClusterEvents:
    """Writes Events one after the other; drops what it cannot write, and says so in the log.

    After each it rests for four times as long as the API server took: Events never take more than
    a fifth of a connection's time from the writes that runs wait for.
    """

    def __init__(self, api: client.CoreV1Api, *, clock: Clock, host: str) -> None:
        self._api = api
        self._clock = clock
        self._host = host
        self._waiting: asyncio.Queue[tuple[str, client.CoreV1Event]] = asyncio.Queue(_WAITING)
        self._draining = False
        self._told: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def publish(
        self, wanted: Resource, reason: str, message: str, *, kind: Literal["Normal", "Warning"]
    ) -> None:
        """Tell it once an object; never fails, never waits."""
        told = (wanted.metadata.uid, reason, message)
        if told in self._told:
            return
        self._told[told] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        try:
            event = self._event(wanted, reason, message, kind)
            self._waiting.put_nowait((wanted.metadata.namespace, event))
        except asyncio.QueueFull:
            _log.warning("dropped an event: too many wait", reason=reason)

    async def run(self) -> None:
        """Write what is published, for ever."""
        while True:
            namespace, event = await self._waiting.get()
            began = self._clock.now().monotonic
            try:
                await self._write(namespace, event)
            finally:
                self._waiting.task_done()
            took = self._clock.now().monotonic - began
            if not self._draining:
                await asyncio.sleep(min(_REST * took, _LONGEST_REST))

    async def drain(self) -> None:
        """Return when all that was published is written, without any rest from now on."""
        self._draining = True
        await self._waiting.join()

    async def _write(self, namespace: str, event: client.CoreV1Event) -> None:
        try:
            async with translated("create event"):
                await self._api.create_namespaced_event(
                    namespace, event, _request_timeout=REQUEST_SECONDS
                )
        except (ObjectConflict, ObjectsUnavailable, Refused) as exc:
            _log.warning("dropped an event", cause=str(exc))

    def _event(self, wanted: Resource, reason: str, message: str, kind: str) -> client.CoreV1Event:
        meta, now = wanted.metadata, self._clock.now().utc
        return client.CoreV1Event(
            metadata=client.V1ObjectMeta(
                generate_name=f"{meta.name[:200]}.", namespace=meta.namespace
            ),
            involved_object=client.V1ObjectReference(
                api_version=API_VERSION,
                kind=wanted.kind,
                name=meta.name,
                namespace=meta.namespace,
                uid=meta.uid,
                resource_version=meta.resource_version,
            ),
            reason=reason,
            message=one_line(message),
            type=kind,
            source=client.V1EventSource(component="execution-operator", host=self._host),
            reporting_component="execution-operator",
            reporting_instance=self._host,
            first_timestamp=now,
            last_timestamp=now,
            count=1,
        )
