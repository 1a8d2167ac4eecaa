"""Who acts: a Lease, decided purely on monotonic time, renewed by a loop of our own.

The official client's leader election measures by the wall clock and gives a renewal no time-out.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog
from kubernetes.aio.client.exceptions import ApiException

from execution_operator.reconcile.ports import Clock, ObjectConflict, ObjectsUnavailable
from execution_operator.runtime.api_server import group_path
from execution_operator.runtime.kubernetes_api import Refused, translated

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from execution_operator.runtime.fence import LeaseFence, Terms

_log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS: Final = 0.5
_GROUP: Final = "coordination.k8s.io"


@dataclass(frozen=True, slots=True)
class Record:
    """A Lease as it was read; `changed_at` is our monotonic time of first seeing it so."""

    holder: str
    renewed: str
    transitions: int
    duration: float
    version: str
    changed_at: float


def observed(record: Record, before: Record | None) -> Record:
    """The record with the time of its last change; no clock of another machine is trusted."""
    if before is None:
        return record
    same = (before.holder, before.renewed) == (record.holder, record.renewed)
    return replace(record, changed_at=before.changed_at) if same else record


def may_take(record: Record, *, identity: str, now: float) -> bool:
    """Whether the lease is free: nobody's, ours, or not renewed for its whole duration."""
    if record.holder in {"", identity}:
        return True
    return now - record.changed_at >= record.duration


class LeaseMeter(Protocol):
    """What is measured of the lease."""

    def leading(self, *, is_leader: bool) -> None:
        """We became or ceased to be the leader."""


class LeaseApi(Protocol):
    """The API server, as far as a Lease needs it; raises ApiException."""

    async def get(self, path: str) -> dict[str, Any]:
        """Read an object."""

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object in a collection."""

    async def replace(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Replace an object, if it still is of the version that the body names."""


class LeaseElection:
    """Gets the Lease, keeps it, gives it back."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        api: LeaseApi,
        *,
        name: str,
        namespace: str,
        identity: str,
        terms: Terms,
        fence: LeaseFence,
        clock: Clock,
        random: Random,
        meter: LeaseMeter,
    ) -> None:
        self._api = api
        self._leases = group_path(_GROUP, "v1", "namespaces", namespace, "leases")
        self._name = name
        self._namespace = namespace
        self._identity = identity
        self._terms = terms
        self._fence = fence
        self._clock = clock
        self._random = random
        self._meter = meter
        self._seen: Record | None = None
        self._acquired: datetime | None = None

    async def acquire(self) -> None:
        """Return when the lease is ours; looks every half second."""
        self._meter.leading(is_leader=False)
        while not await self._try(self._take):  # noqa: ASYNC110 - the event is in the cluster
            await asyncio.sleep(LOOK_SECONDS * (0.8 + 0.4 * self._random.random()))
        self._meter.leading(is_leader=True)
        _log.info("leading", writer=self._fence.writer)

    async def keep(self) -> None:
        """Renew until that fails for too long or somebody else holds it; then return."""
        while (left := self._left()) > 0:
            renewed = await self._try(self._renew, at_most=left)
            if not renewed and self._seen is not None and self._seen.holder != self._identity:
                break
            await asyncio.sleep(min(self._terms.retry, max(self._left(), 0.0)))
        self._fence.close()
        self._meter.leading(is_leader=False)
        _log.error("lost the lease", holder=self._seen.holder if self._seen else "")

    async def release(self) -> None:
        """Give it back, so that another need not wait."""
        self._fence.close()
        self._meter.leading(is_leader=False)
        if self._seen is not None and self._seen.holder == self._identity:
            await self._try(self._give_back)

    def _left(self) -> float:
        """Seconds until the renew deadline; like the lease, it counts from the last renewal."""
        return self._fence.remaining() - (self._terms.duration - self._terms.renew_deadline)

    async def _try(self, step: _Step, *, at_most: float = math.inf) -> bool:
        limit = min(self._terms.renew_deadline / 2, at_most)
        try:
            async with asyncio.timeout(limit), translated("use lease"):
                return await step()
        except TimeoutError:
            _log.warning("cannot use lease", cause="no answer in time")
        except Refused as exc:
            _log.error("cannot use lease: grant it", cause=str(exc), namespace=self._namespace)
        except ObjectConflict:
            return False
        except ObjectsUnavailable as exc:
            _log.warning("cannot use lease", cause=str(exc))
        return False

    async def _read(self) -> Record | None:
        try:
            lease = await self._api.get(self._path)
        except ApiException as exc:
            if exc.status != 404:  # noqa: PLR2004 - HTTP's number
                raise
            return None
        spec = lease.get("spec") or {}
        record = Record(
            holder=spec.get("holderIdentity") or "",
            renewed=spec.get("renewTime") or "",
            transitions=spec.get("leaseTransitions") or 0,
            duration=float(spec.get("leaseDurationSeconds") or self._terms.duration),
            version=lease["metadata"].get("resourceVersion") or "",
            changed_at=self._clock.now().monotonic,
        )
        self._seen = observed(record, self._seen)
        return self._seen

    async def _take(self) -> bool:
        record = await self._read()
        sent_at = self._clock.now().monotonic
        self._acquired = self._clock.now().utc
        if record is None:
            await self._api.create(self._leases, self._lease(transitions=1, version=None))
            transitions = 1
        elif may_take(record, identity=self._identity, now=sent_at):
            transitions = record.transitions + 1
            await self._replace(transitions, record.version)
        else:
            return False
        await self._read()
        self._fence.open(transitions=transitions, sent_at=sent_at)
        return True

    async def _renew(self) -> bool:
        record = await self._read()
        if record is None or record.holder != self._identity:
            return False
        sent_at = self._clock.now().monotonic
        await self._replace(record.transitions, record.version)
        self._fence.renewed(sent_at)
        return True

    async def _give_back(self) -> bool:
        record = await self._read()
        if record is None or record.holder != self._identity:
            return False
        await self._replace(record.transitions, record.version, holder="")
        return True

    async def _replace(self, transitions: int, version: str, holder: str | None = None) -> None:
        lease = self._lease(transitions=transitions, version=version, holder=holder)
        await self._api.replace(self._path, lease)

    @property
    def _path(self) -> str:
        return f"{self._leases}/{self._name}"

    def _lease(
        self, *, transitions: int, version: str | None, holder: str | None = None
    ) -> dict[str, Any]:
        meta = {"name": self._name, "namespace": self._namespace}
        return {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "Lease",
            "metadata": meta | ({"resourceVersion": version} if version else {}),
            "spec": {
                "holderIdentity": self._identity if holder is None else holder,
                "leaseDurationSeconds": max(1, round(self._terms.duration)),
                "acquireTime": _micro_time(self._acquired),
                "renewTime": _micro_time(self._clock.now().utc),
                "leaseTransitions": transitions,
            },
        }


def _micro_time(moment: datetime | None) -> str | None:
    """As Kubernetes' MicroTime wants it: always six digits of the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


class _Step(Protocol):
    async def __call__(self) -> bool: ...
