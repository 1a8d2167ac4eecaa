"""Looks at everything from time to time, and finds what was deleted unseen; knows no kind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog

from execution_operator.api.model import GROUP, VERSION
from execution_operator.reconcile.ports import Key, ObjectConflict, ObjectsUnavailable
from execution_operator.runtime.api_server import objects_path
from execution_operator.runtime.kubernetes_api import Refused, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from execution_operator.runtime.api_server import ApiServer
    from execution_operator.runtime.cache import ObjectCache

_log = structlog.stdlib.get_logger(__name__)

_PAGE: Final = 500
_LOOK_SECONDS: Final = 0.05
_METADATA_ONLY: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Resync:
    """Compares the cache with the API server: all of it at the start, then every period."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        cache: ObjectCache,
        api: ApiServer,
        plurals: Mapping[str, str],
        namespaces: tuple[str, ...],
        period_seconds: float,
        random: Random,
        wake_after: Callable[[Key, float], None],
    ) -> None:
        self._cache = cache
        self._api = api
        self._plurals = plurals
        self._namespaces = namespaces
        self._period_seconds = period_seconds
        self._random = random
        self._wake_after = wake_after

    async def synced(self) -> None:
        """Return when the cache has what the API server has."""
        missing = await self._uids()
        while missing:
            missing = {
                key: uid for key, uid in missing.items() if not self._cache.has_heard_of(key, uid)
            }
            if missing:
                await asyncio.sleep(_LOOK_SECONDS)
                if self._random.random() < _LOOK_SECONDS:  # about once a second: some may be gone
                    current = await self._uids()
                    missing = {key: uid for key, uid in missing.items() if key in current}

    async def run(self) -> None:
        """Resync for ever."""
        while True:
            await asyncio.sleep(self._period_seconds * (0.9 + 0.2 * self._random.random()))
            await self._drop_ghosts()
            for key in [key for kind in self._plurals for key in self._cache.keys(kind)]:
                self._wake_after(key, self._random.random() * self._period_seconds / 2)

    async def _drop_ghosts(self) -> None:
        before = {one.key: one.uid for kind in self._plurals for one in self._cache.of_kind(kind)}
        try:
            there = await self._uids(patient=False)
        except ObjectsUnavailable as exc:
            _log.warning("cannot resync", cause=str(exc))
            return
        for key, uid in before.items():
            if there.get(key) != uid:
                self._cache.drop_key(key, uid=uid)

    async def _uids(self, *, patient: bool = True) -> dict[Key, str]:
        while True:
            try:
                return {
                    key: uid
                    for kind in self._plurals
                    for namespace in self._namespaces or ("",)
                    for key, uid in (await self._uids_of(kind, namespace)).items()
                }
            except ObjectsUnavailable:
                if not patient:
                    raise
                await asyncio.sleep(1.0)

    async def _uids_of(self, kind: str, namespace: str) -> dict[Key, str]:
        found: dict[Key, str] = {}
        token = ""
        while True:
            page = await self._page(kind, namespace, token)
            for item in page.get("items") or ():
                meta = item["metadata"]
                found[Key(kind, meta["namespace"], meta["name"])] = meta["uid"]
            token = page.get("metadata", {}).get("continue") or ""
            if not token:
                return found

    async def _page(self, kind: str, namespace: str, token: str) -> dict[str, Any]:
        query = {"limit": str(_PAGE)} | ({"continue": token} if token else {})
        path = objects_path(GROUP, VERSION, namespace, self._plurals[kind])
        try:
            async with translated(f"list {kind}"):
                return await self._api.get(path, query=query, accept=_METADATA_ONLY)
        except (ObjectConflict, Refused) as exc:
            text = f"cannot list {kind}: {exc}"
            raise ObjectsUnavailable(text) from exc
