"""Reads from the cache, writes to the API server, and puts each answer back at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.model import FINALIZER, GROUP, VERSION
from execution_operator.reconcile.ports import (
    Digest,
    FirstSeen,
    Key,
    ObjectConflict,
    ObjectsUnavailable,
)
from execution_operator.runtime.api_server import objects_path
from execution_operator.runtime.kubernetes_api import Refused, translated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping

    from execution_operator.api.model import Resource, Status
    from execution_operator.runtime.api_server import ApiServer
    from execution_operator.runtime.cache import ObjectCache

_SLASH: Final = "~1"


class ClusterObjects:
    """The engine's port to the cluster's objects.

    Each write carries the resourceVersion that was seen: with `replace` on it a stale one answers
    409, which means look again (a `test` would answer 422 like a schema refusal).
    """

    def __init__(self, cache: ObjectCache, api: ApiServer, plurals: Mapping[str, str]) -> None:
        self._cache = cache
        self._api = api
        self._plurals = plurals

    def get(self, key: Key) -> Resource | None:
        """The object, if it is there."""
        return self._cache.get(key)

    def first_seen(self, key: Key) -> FirstSeen:
        """How this leadership came to know the object."""
        return self._cache.first_seen(key)

    def referrers(self, key: Key) -> Iterable[Digest]:
        """The objects that name it in their spec."""
        return self._cache.referrers(key)

    def of_kind(self, kind: str) -> Iterable[Digest]:
        """All objects of a kind."""
        return self._cache.of_kind(kind)

    def grouped(self, kind: str, group: str) -> Iterable[Digest]:
        """The objects of a kind whose digests are in that group."""
        return self._cache.grouped(kind, group)

    async def write_status(self, wanted: Resource, status: Status) -> Resource | None:
        """Replace the status; raises ObjectConflict, ObjectsUnavailable."""
        value = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        operations: list[dict[str, object]] = [
            _version(wanted),
            {"op": "add", "path": "/status", "value": value},
        ]
        return await self._patch(wanted, operations, subresource=("status",))

    async def write_metadata(
        self, wanted: Resource, *, held: bool, annotations: Mapping[str, str | None] | None = None
    ) -> Resource | None:
        """Set or take off our finalizer and set annotations; raises as `write_status`."""
        operations = [
            _version(wanted),
            *_finalizers(wanted, held=held),
            *_annotations(wanted, annotations or {}),
        ]
        return await self._patch(wanted, operations)

    async def delete(self, wanted: Resource) -> Resource | None:
        """Ask for its deletion; raises as `write_status`."""
        key, meta = Key.of(wanted), wanted.metadata
        only = {"uid": meta.uid, "resourceVersion": meta.resource_version}
        answer = self._api.delete(self._path(key), preconditions=only)
        raw = await self._answered(answer, key, wanted)
        if raw is not None and raw["kind"] == wanted.kind:
            return self._taken_in(raw)
        place = {"name": key.name, "namespace": key.namespace, "uid": meta.uid}
        self._cache.drop({"kind": key.kind, "metadata": place})
        return None

    async def _patch(
        self,
        wanted: Resource,
        operations: list[dict[str, object]],
        *,
        subresource: tuple[str, ...] = (),
    ) -> Resource | None:
        key = Key.of(wanted)
        answer = self._api.patch(self._path(key, *subresource), operations)
        raw = await self._answered(answer, key, wanted)
        return None if raw is None else self._taken_in(raw)

    def _path(self, key: Key, *subresource: str) -> str:
        plural = self._plurals[key.kind]
        return objects_path(GROUP, VERSION, key.namespace, plural, key.name, *subresource)

    def _taken_in(self, raw: dict[str, Any]) -> Resource | None:
        """The object as it is now; None when it went with our write."""
        meta = raw["metadata"]
        if meta.get("deletionTimestamp") and not meta.get("finalizers"):
            self._cache.drop(raw)
            return None
        return self._cache.put_answer(raw)

    async def _answered(
        self, answer: Awaitable[Any], key: Key, wanted: Resource
    ) -> dict[str, Any] | None:
        try:
            async with translated(f"write {key}"):
                raw: dict[str, Any] = await answer
                return raw
        except ObjectConflict as conflict:
            if getattr(conflict.__cause__, "status", None) == 404:  # noqa: PLR2004 - HTTP's number
                self._cache.drop_key(key, uid=wanted.metadata.uid)
                return None
            raise
        except Refused as refused:
            text = f"cannot write {key}: {refused}"
            raise ObjectsUnavailable(text) from refused


def _version(wanted: Resource) -> dict[str, object]:
    return {
        "op": "replace",
        "path": "/metadata/resourceVersion",
        "value": wanted.metadata.resource_version,
    }


def _finalizers(wanted: Resource, *, held: bool) -> list[dict[str, object]]:
    if held == wanted.metadata.is_held:
        return []
    others = [one for one in wanted.metadata.finalizers if one != FINALIZER]
    value = [*others, FINALIZER] if held else others
    return [{"op": "add", "path": "/metadata/finalizers", "value": value}]


def _annotations(
    wanted: Resource, annotations: Mapping[str, str | None]
) -> list[dict[str, object]]:
    known = wanted.metadata.annotations
    added = {name: value for name, value in annotations.items() if value is not None}
    if added and not known:
        return [{"op": "add", "path": "/metadata/annotations", "value": added}]
    operations: list[dict[str, object]] = [
        {"op": "add", "path": _place(name), "value": value} for name, value in added.items()
    ]
    gone = [name for name in annotations if name not in added and name in known]
    operations += [{"op": "remove", "path": _place(name)} for name in gone]
    return operations


def _place(annotation: str) -> str:
    return f"/metadata/annotations/{annotation.replace('~', '~0').replace('/', _SLASH)}"
