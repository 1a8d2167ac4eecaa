"""A model of the API server: compare-and-swap, finalizers, watches, writes that fail."""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol

from execution_operator.api.model import FINALIZER, INTENT_ANNOTATION
from execution_operator.reconcile.ports import FirstSeen, Key, ObjectConflict, ObjectsUnavailable
from support.cached import raw_run, raw_server
from support.exactly_once_points import Point, Sender
from support.exactly_once_server import REQUEST_SECONDS
from support.virtual_time import LoopClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from execution_operator.api.model import Resource, Status
    from execution_operator.reconcile.ports import Digest
    from execution_operator.runtime.cache import ObjectCache
    from support.cached import Json

    Change = Callable[[Json], None]

DELETION_TIMEOUT: Final = "100h"
BACKOFF: Final = "20s"


class Written(Enum):
    """What becomes of a write, beside being answered."""

    REFUSED = "not done, answered 503"
    DONE_UNTOLD = "done, the answer is lost"
    HUNG_DONE = "done, never answered"
    HUNG = "not done, never answered"

    @property
    def is_done(self) -> bool:
        """Whether it takes effect."""
        return self in {Written.DONE_UNTOLD, Written.HUNG_DONE}

    @property
    def lasts(self) -> float:
        """Seconds until the client waits no longer."""
        return REQUEST_SECONDS if self in {Written.HUNG, Written.HUNG_DONE} else 0.0


class Watcher(Protocol):
    """Who is told of each change."""

    def tell(self, event: str, raw: Json) -> None:
        """ADDED, MODIFIED or DELETED."""


def run_key(name: str) -> Key:
    """A TestExecution's."""
    return Key("TestExecution", "shop", name)


class ModelCluster:
    """The API server's objects, and what people do to them."""

    def __init__(self) -> None:
        self.objects: dict[Key, Json] = {}
        self.watchers: list[Watcher] = []
        self.fates: deque[Written] = deque()
        self._version = 0

    def create_server(self) -> None:
        """The ExecutionServer that all runs name."""
        raw = raw_server()
        raw["spec"]["pollInterval"] = "20s"
        self._create(raw)

    def create_run(self, name: str, *, retries: int = 0) -> str:
        """A TestExecution; its name is its uid and its test asset's name, too."""
        more: Json = {"retry": {"limit": retries, "backoff": BACKOFF}} if retries else {}
        asset = {"name": name, "revision": "main"}
        more |= {"testAsset": asset, "deletionTimeout": DELETION_TIMEOUT}
        self._create(raw_run(uid=name, name=name, **more))
        return name

    def cancel(self, key: Key) -> None:
        """Somebody sets spec.cancel."""

        def change(raw: Json) -> None:
            raw["spec"]["cancel"] = True
            raw["metadata"]["generation"] += 1

        self.change(key, change)

    def delete(self, key: Key) -> None:
        """Somebody deletes the object."""

        def change(raw: Json) -> None:
            raw["metadata"].setdefault("deletionTimestamp", _now())

        self.change(key, change)

    def take_intent_away(self, key: Key) -> None:
        """Somebody removes the annotation that says that a run was asked for."""
        self.change(
            key, lambda raw: raw["metadata"].get("annotations", {}).pop(INTENT_ANNOTATION, None)
        )

    def is_forgotten(self, key: Key) -> bool:
        """Whether nothing in the object says that a run was asked for."""
        raw = self.objects.get(key, {"metadata": {}})
        status = raw.get("status", {})
        intent = INTENT_ANNOTATION in raw["metadata"].get("annotations", {})
        return not (intent or status.get("execution") or status.get("attempt"))

    def change(self, key: Key, change: Change) -> Json:
        """Change an object; one that is deleted goes with its last finalizer."""
        before = self.objects[key]
        raw = copy.deepcopy(before)
        change(raw)
        if raw == before:
            return before
        self._version += 1
        raw["metadata"]["resourceVersion"] = str(self._version)
        if _is_gone(raw):
            del self.objects[key]
            self._tell("DELETED", raw)
        else:
            self.objects[key] = raw
            self._tell("MODIFIED", raw)
        return raw

    def write(self, wanted: Resource, change: Change) -> Json | None:
        """Change the object if it is still what was seen; None: it is gone."""
        current = self.objects.get(Key.of(wanted))
        if current is None:
            return None
        if current["metadata"]["resourceVersion"] != wanted.metadata.resource_version:
            raise ObjectConflict
        return self.change(Key.of(wanted), change)

    def _create(self, raw: Json) -> None:
        self._version += 1
        raw["metadata"] |= {
            "resourceVersion": str(self._version),
            "generation": 1,
            "creationTimestamp": _now(),
        }
        self.objects[Key(raw["kind"], "shop", raw["metadata"]["name"])] = raw
        self._tell("ADDED", raw)

    def _tell(self, event: str, raw: Json) -> None:
        for watcher in tuple(self.watchers):
            watcher.tell(event, raw)


class ModelObjects:
    """The engine's port to the cluster, for one process with its cache."""

    def __init__(self, cluster: ModelCluster, cache: ObjectCache, sender: Sender) -> None:
        self._cluster = cluster
        self._cache = cache
        self._sender = sender

    def get(self, key: Key) -> Resource | None:
        """As the cache knows it."""
        return self._cache.get(key)

    def first_seen(self, key: Key) -> FirstSeen:
        """As the cache knows it."""
        return self._cache.first_seen(key)

    def referrers(self, key: Key) -> Iterable[Digest]:
        """As the cache knows them."""
        return self._cache.referrers(key)

    def of_kind(self, kind: str) -> Iterable[Digest]:
        """As the cache knows them."""
        return self._cache.of_kind(kind)

    def grouped(self, kind: str, group: str) -> Iterable[Digest]:
        """As the cache knows them."""
        return self._cache.grouped(kind, group)

    async def write_status(self, wanted: Resource, status: Status) -> Resource | None:
        """Replace the status."""
        value = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        return await self._write(wanted, lambda raw: raw.update(status=value))

    async def write_metadata(
        self, wanted: Resource, *, held: bool, annotations: Mapping[str, str | None] | None = None
    ) -> Resource | None:
        """Set or take off the finalizer, set annotations."""

        def change(raw: Json) -> None:
            raw["metadata"]["finalizers"] = [FINALIZER] if held else []
            changed = raw["metadata"].setdefault("annotations", {}) | (annotations or {})
            kept = {name: value for name, value in changed.items() if value is not None}
            raw["metadata"]["annotations"] = kept

        return await self._write(wanted, change)

    async def delete(self, wanted: Resource) -> Resource | None:
        """Ask for its deletion."""
        return await self._write(
            wanted, lambda raw: raw["metadata"].setdefault("deletionTimestamp", _now())
        )

    async def _write(self, wanted: Resource, change: Change) -> Resource | None:
        await self._sender.at(Point.BEFORE_WRITE)
        try:
            raw = await self._answered(wanted, change)
        finally:
            await self._sender.at(Point.AFTER_WRITE)
        if raw is None:
            self._cache.drop_key(Key.of(wanted), uid=wanted.metadata.uid)
            return None
        if _is_gone(raw):
            self._cache.drop(raw)
            return None
        return self._cache.put(raw, first_seen=FirstSeen.LISTED)

    async def _answered(self, wanted: Resource, change: Change) -> Json | None:
        fates = self._cluster.fates
        if wanted.kind != "TestExecution" or not fates:
            return self._cluster.write(wanted, change)
        fate = fates.popleft()
        if fate.is_done:
            self._cluster.write(wanted, change)
        await asyncio.sleep(fate.lasts)
        text = f"cannot write: {fate.value}"
        raise ObjectsUnavailable(text)


def _is_gone(raw: Mapping[str, Any]) -> bool:
    meta = raw["metadata"]
    return bool(meta.get("deletionTimestamp") and not meta.get("finalizers"))


def _now() -> str:
    return LoopClock().now().utc.isoformat()
