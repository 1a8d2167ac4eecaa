"""Kubernetes Events: what has happened, told once, without making anybody wait."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import structlog

from execution_operator.api.model import API_VERSION
from execution_operator.reconcile.ports import Clock, ObjectConflict, ObjectsUnavailable
from execution_operator.reconcile.status import one_line
from execution_operator.runtime.api_server import core_path
from execution_operator.runtime.kubernetes_api import Refused, translated

if TYPE_CHECKING:
    from datetime import datetime

    from execution_operator.api.model import Resource
    from execution_operator.runtime.api_server import ApiServer

_log = structlog.stdlib.get_logger(__name__)

_WAITING: Final = 20_000
_REST: Final = 4
_LONGEST_REST: Final = 1.0
_REMEMBERED: Final = 10_000


_COMPONENT: Final = "execution-operator"


@dataclass(frozen=True, slots=True)
class _Event:
    """What is to be told; thousands may wait."""

    kind: str
    namespace: str
    name: str
    uid: str
    resource_version: str
    type: str
    reason: str
    message: str
    at: datetime


class ClusterEvents:
    """Writes Events one after the other; drops what it cannot write, and says so in the log.

    After each it rests for four times as long as the API server took: Events never take more than
    a fifth of a connection's time from the writes that runs wait for.
    """

    def __init__(self, api: ApiServer, *, clock: Clock, host: str) -> None:
        self._api = api
        self._clock = clock
        self._host = host
        self._waiting: asyncio.Queue[_Event] = asyncio.Queue(_WAITING)
        self._draining = False
        self._told: OrderedDict[int, None] = OrderedDict()

    def publish(
        self, wanted: Resource, reason: str, message: str, *, kind: Literal["Normal", "Warning"]
    ) -> None:
        """Tell it once an object; never fails, never waits."""
        told = hash((wanted.metadata.uid, reason, message))  # thousands are remembered
        if told in self._told:
            return
        self._told[told] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        try:
            self._waiting.put_nowait(self._event(wanted, reason, message, kind))
        except asyncio.QueueFull:
            _log.warning("dropped an event: too many wait", reason=reason)

    async def run(self) -> None:
        """Write what is published, for ever."""
        while True:
            event = await self._waiting.get()
            began = self._clock.now().monotonic
            try:
                await self._write(event)
            finally:
                self._waiting.task_done()
            took = self._clock.now().monotonic - began
            if not self._draining:
                await asyncio.sleep(min(_REST * took, _LONGEST_REST))

    async def drain(self) -> None:
        """Return when all that was published is written, without any rest from now on."""
        self._draining = True
        await self._waiting.join()

    async def _write(self, event: _Event) -> None:
        path = core_path("namespaces", event.namespace, "events")
        try:
            async with translated("create event"):
                await self._api.create(path, _body(event, self._host))
        except (ObjectConflict, ObjectsUnavailable, Refused) as exc:
            _log.warning("dropped an event", cause=str(exc))

    def _event(self, wanted: Resource, reason: str, message: str, kind: str) -> _Event:
        return _Event(
            kind=wanted.kind,
            namespace=wanted.metadata.namespace,
            name=wanted.metadata.name,
            uid=wanted.metadata.uid,
            resource_version=wanted.metadata.resource_version,
            type=kind,
            reason=reason,
            message=one_line(message),
            at=self._clock.now().utc,
        )


def _body(event: _Event, host: str) -> dict[str, Any]:
    """A core/v1 Event."""
    at = event.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{event.name[:200]}.", "namespace": event.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": event.kind,
            "name": event.name,
            "namespace": event.namespace,
            "uid": event.uid,
            "resourceVersion": event.resource_version,
        },
        "reason": event.reason,
        "message": event.message,
        "type": event.type,
        "source": {"component": _COMPONENT, "host": host},
        "reportingComponent": _COMPONENT,
        "reportingInstance": host,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
