"""The composition root: settings, clients, kinds, controllers; it starts none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from execution_operator.crds import DEFINITIONS
from execution_operator.kinds.counts import machines_by_server, runs_by_server, snapshot_ages
from execution_operator.kinds.ports import Ports
from execution_operator.kinds.registry import build_kinds, periods_of
from execution_operator.kinds.testhubs import TestHubs
from execution_operator.ops.gauges import register_gauges
from execution_operator.reconcile.backoff import Backoff
from execution_operator.reconcile.worker import Worker
from execution_operator.runtime.cache import ObjectCache
from execution_operator.runtime.controller import Controller
from execution_operator.runtime.events import ClusterEvents
from execution_operator.runtime.kopf_runtime import KopfRuntime
from execution_operator.runtime.objects import ClusterObjects
from execution_operator.runtime.queue import FairQueue
from execution_operator.runtime.resync import Resync
from execution_operator.runtime.secrets import ClusterSecrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import SystemRandom

    from kubernetes.aio import client

    from execution_operator.kinds.connections import Connections
    from execution_operator.kinds.registry import Kinds
    from execution_operator.ops.metrics import Metrics
    from execution_operator.reconcile.ports import Digest, Fence, Key
    from execution_operator.reconcile.worker import AnyKind
    from execution_operator.runtime.api_server import ApiServer
    from execution_operator.runtime.clock import SystemClock
    from execution_operator.settings import Settings

PLURALS: Final = {definition.kind: definition.plural for definition in DEFINITIONS}
_SOON_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Acting:
    """The parts that exist while this process leads."""

    connections: Connections
    controller: Controller
    events: ClusterEvents
    resync: Resync
    kopf: KopfRuntime


class Composition:
    """Puts the parts together of a process that leads."""

    def __init__(
        self,
        settings: Settings,
        *,
        metrics: Metrics,
        clock: SystemClock,
        random: SystemRandom,
        host: str,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._random = random
        self._host = host

    def acting(
        self,
        api: ApiServer,
        configuration: client.Configuration,
        fence: Fence,
        cluster_id: str,
    ) -> Acting:
        """The parts, none of them running yet."""
        settings = self._settings
        kinds: dict[str, AnyKind] = {}
        queue = self._queue(kinds, lambda key: cache.digest(key))  # noqa: PLW0108 - made below
        cache = ObjectCache(
            kinds,
            queue.add,
            wake_soon=lambda key: queue.add_after(key, _SOON_SECONDS),
            gone=queue.forget,
            heard=lambda known: built.heard(known),  # noqa: PLW0108 - built below
        )
        objects = ClusterObjects(cache, api, PLURALS)
        events = ClusterEvents(api, clock=self._clock, host=self._host)
        ports = self._ports(
            api, objects=objects, events=events, fence=fence, wake=queue.add, cluster_id=cluster_id
        )
        built = build_kinds(ports, periods_of(settings))
        kinds.update(built.by_name)
        self._measure(cache, queue, built)
        worker = Worker(kinds, objects=objects, clock=self._clock, meter=self._metrics)
        return Acting(
            connections=built.connections,
            controller=Controller(queue, worker, workers=settings.workers),
            events=events,
            resync=Resync(
                cache=cache,
                api=api,
                plurals=PLURALS,
                namespaces=settings.namespaces,
                period_seconds=settings.resync_period.total_seconds(),
                random=self._random,
                wake_after=queue.add_after,
            ),
            kopf=self._kopf(cache, configuration),
        )

    def _kopf(self, cache: ObjectCache, configuration: client.Configuration) -> KopfRuntime:
        """What watches the cluster."""
        return KopfRuntime(
            cache=cache,
            plurals=PLURALS,
            namespaces=self._settings.namespaces,
            configuration=configuration,
            meter=self._metrics,
            random=self._random,
        )

    def _queue(
        self, kinds: Mapping[str, AnyKind], digest: Callable[[Key], Digest | None]
    ) -> FairQueue:
        """What waits to be looked at, in the order that its kind says."""

        def lane(key: Key) -> Key:
            known = digest(key)
            return kinds[key.kind].lane(known) if known else key

        def is_urgent(key: Key) -> bool:
            known = digest(key)
            return known is not None and kinds[key.kind].is_urgent(known)

        return FairQueue(
            lane,
            is_urgent=is_urgent,
            per_lane=self._settings.workers_per_server,
            backoff=Backoff(),
            random=self._random,
            meter=self._metrics,
        )

    def _ports(  # noqa: PLR0913 - each is a different thing and named
        self,
        api: ApiServer,
        *,
        objects: ClusterObjects,
        events: ClusterEvents,
        fence: Fence,
        wake: Callable[[Key], None],
        cluster_id: str,
    ) -> Ports:
        """All that kinds may touch."""
        settings = self._settings
        keep = settings.secret_period.total_seconds()
        secrets = ClusterSecrets(api, clock=self._clock, keep_seconds=keep)
        return Ports(
            objects=objects,
            secrets=secrets,
            fence=fence,
            events=events,
            clock=self._clock,
            random=self._random,
            meter=self._metrics,
            open_hub=TestHubs(settings, secrets, clock=self._clock, meter=self._metrics),
            wake=wake,
            cluster_id=cluster_id,
            instance_label=settings.argocd_instance_label,
        )

    def _measure(self, cache: ObjectCache, queue: FairQueue, built: Kinds) -> None:
        """Register what is counted when somebody scrapes."""
        register_gauges(
            self._metrics,
            cache,
            queue,
            runs=lambda which: runs_by_server(cache.digests(), which),
            snapshot_ages=lambda: snapshot_ages(built.connections),
            machines=lambda kind: machines_by_server(cache.digests(), kind),
            unclaimed=built.strangers.counts,
        )
