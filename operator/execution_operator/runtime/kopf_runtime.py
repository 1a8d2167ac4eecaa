"""Kopf as the runtime: watching, reconnecting, signing in; the only module that imports it.

Only event handlers are registered: Kopf's own change detection would write to the objects.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, Final

import kopf
import structlog
from kopf._core.reactor.inventory import ResourceMemories

from execution_operator.api.model import GROUP, VERSION
from execution_operator.reconcile.ports import FirstSeen
from execution_operator.runtime.kubernetes_api import watch_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from kubernetes.aio import client

    from execution_operator.runtime.cache import ObjectCache
    from execution_operator.runtime.kubernetes_api import KubernetesMeter

_log = structlog.stdlib.get_logger(__name__)

_CHUNK: Final = 500


class _NoProgress(kopf.ProgressStorage):
    """Kopf remembers nothing in our objects: safe with event handlers alone."""

    def fetch(self, *, key: object, body: object) -> None:
        """Nothing was stored."""

    def store(self, *, key: object, record: object, body: object, patch: object) -> None:
        """Store nothing."""

    def purge(self, *, key: object, body: object, patch: object) -> None:
        """There is nothing to purge."""

    def touch(self, *, body: object, patch: object, value: object) -> None:
        """Touch nothing."""

    def clear(self, *, essence: Any) -> Any:  # noqa: ANN401 - kopf's type
        """There is nothing to clear."""
        return essence


class _NoDiffBase(kopf.DiffBaseStorage):
    def build(self, *, body: object, extra_fields: object = None) -> kopf.BodyEssence:
        """Nothing is compared: a deep copy at each event for nothing."""
        del body, extra_fields
        return kopf.BodyEssence()

    def fetch(self, *, body: object) -> None:
        """Nothing was stored."""

    def store(self, *, body: object, patch: object, essence: object) -> None:
        """Store nothing."""


class NoMemories(ResourceMemories):
    """Kopf remembers nothing of each object: what it would is for other handlers than ours.

    Three quarters of a KiB for each object, and a pause after an error of Kopf's own.
    """

    async def recall(self, raw_body: Any, **more: Any) -> Any:  # noqa: ANN401 - kopf's types
        """One that is not kept."""
        return await super().recall(raw_body, **more | {"ephemeral": True})


class _EndlessBackoff:
    """Waits between tries without an end: an API server that is away comes back."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def __iter__(self) -> Iterator[float]:
        growing = itertools.chain((0.2, 0.5, 1.0, 2.0), itertools.repeat(5.0))
        return (seconds * (0.8 + 0.4 * self._random.random()) for seconds in growing)


class KopfRuntime:
    """Feeds the cache with what happens to objects of our kinds, until it is stopped."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        cache: ObjectCache,
        plurals: Mapping[str, str],
        namespaces: tuple[str, ...],
        configuration: client.Configuration,
        meter: KubernetesMeter,
        random: Random,
    ) -> None:
        self._cache = cache
        self._plurals = plurals
        self._namespaces = namespaces
        self._configuration = configuration
        self._meter = meter
        self._random = random
        self._stop = asyncio.Event()
        self._started = asyncio.Event()

    def stop(self) -> None:
        """End `run` soon."""
        self._stop.set()

    async def started(self) -> None:
        """Return when Kopf runs; from then on its handling of signals can be replaced."""
        await self._started.wait()

    async def run(self) -> None:
        """Watch until `stop`; raises what Kopf cannot overcome."""
        try:
            await self._operate()
        finally:
            self._started.set()

    async def _operate(self) -> None:
        await kopf.operator(
            registry=self._registry(),
            settings=self._settings(),
            memo=_Shared(),
            memories=NoMemories(),
            standalone=True,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._stop,
            ready_flag=self._started,
        )

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry, errors=kopf.ErrorsMode.PERMANENT)(self._login)
        for plural in self._plurals.values():
            kopf.on.event(GROUP, VERSION, plural, registry=registry)(self._event)
        return registry

    def _settings(self) -> kopf.OperatorSettings:
        settings = kopf.OperatorSettings()
        settings.posting.enabled = False
        settings.scanning.disabled = True
        settings.peering.standalone = True
        settings.watching.chunk_size = _CHUNK
        settings.queueing.idle_timeout = 0.5
        settings.networking.request_timeout = 30
        settings.networking.error_backoffs = _EndlessBackoff(self._random)
        settings.persistence.progress_storage = _NoProgress()
        settings.persistence.diffbase_storage = _NoDiffBase()
        return settings

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        # Kopf closes a session that was answered 401: each sign-in makes a new one.
        return kopf.AiohttpSession(
            server=self._configuration.host,
            aiohttp_session=await watch_session(self._configuration, self._meter),
        )

    async def _event(self, type: str | None, body: kopf.Body, **_: object) -> None:  # noqa: A002 - kopf names it
        raw = dict(body)
        if type == "DELETED":
            self._cache.drop(raw)
        else:
            first = FirstSeen.ADDED if type == "ADDED" else FirstSeen.LISTED
            self._cache.put(raw, first_seen=first)


class _Shared:
    """A memo that is not copied for each object."""

    def __copy__(self) -> _Shared:
        return self
