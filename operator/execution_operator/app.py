"""The composition root: settings, clients, kinds, controllers; then run until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import uuid
from dataclasses import dataclass, replace
from random import SystemRandom
from typing import TYPE_CHECKING, Final

import structlog
from kubernetes.aio import client

from execution_operator.crds import DEFINITIONS
from execution_operator.kinds.counts import runs_by_server, snapshot_ages
from execution_operator.kinds.ports import Ports
from execution_operator.kinds.registry import build_kinds, periods_of
from execution_operator.kinds.testhubs import TestHubs
from execution_operator.ops.gauges import register_gauges
from execution_operator.ops.metrics import Metrics
from execution_operator.ops.server import AddressTaken, Heartbeats, OpsServer
from execution_operator.reconcile.backoff import Backoff
from execution_operator.reconcile.worker import Worker
from execution_operator.runtime.api_server import ApiServer
from execution_operator.runtime.cache import ObjectCache
from execution_operator.runtime.clock import SystemClock
from execution_operator.runtime.controller import Controller
from execution_operator.runtime.events import ClusterEvents
from execution_operator.runtime.fence import LeaseFence, OpenFence, Terms
from execution_operator.runtime.kopf_runtime import KopfRuntime
from execution_operator.runtime.kubernetes_api import NotConfigured, load, own_namespace
from execution_operator.runtime.lease import LeaseElection
from execution_operator.runtime.objects import ClusterObjects
from execution_operator.runtime.preflight import NotInstalled, Preflight
from execution_operator.runtime.queue import FairQueue
from execution_operator.runtime.resync import Resync
from execution_operator.runtime.secrets import ClusterSecrets

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from execution_operator.kinds.connections import Connections
    from execution_operator.reconcile.ports import Fence, Key
    from execution_operator.reconcile.worker import AnyKind
    from execution_operator.settings import Settings

_log = structlog.stdlib.get_logger(__name__)

PLURALS: Final = {definition.kind: definition.plural for definition in DEFINITIONS}
STOPPED, FAILED, MISTAKE = 0, 1, 2
_BEAT_SECONDS: Final = 1.0
_SOON_SECONDS: Final = 0.2
_SILENT_SECONDS: Final = 30.0


class Mistake(Exception):  # noqa: N818 - a person's, told in one line
    """Something that a person has to mend before the operator can run."""


async def run(settings: Settings) -> int:
    """Run the operator until SIGTERM or SIGINT, or until it lost its lease.

    Returns:
        The process's exit code: 0 stopped as asked, 1 the lease or the watch was lost.

    Raises:
        Mistake: a CRD, a right, a kubeconfig or an address is missing or wrong.
    """
    operator = Operator(settings)
    stop = asyncio.Event()
    _on_signal(stop)
    try:
        return await operator.run(stop)
    except (NotConfigured, NotInstalled, AddressTaken) as exc:
        raise Mistake(str(exc)) from exc


def _on_signal(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


@dataclass(frozen=True, slots=True)
class _Acting:
    """The parts that exist while this process leads."""

    connections: Connections
    controller: Controller
    events: ClusterEvents
    resync: Resync
    kopf: KopfRuntime


class Operator:
    """One process of the operator: standby first, then leader, then stopped."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._random = SystemRandom()
        self._metrics = Metrics()
        self._host = os.environ.get("POD_NAME") or socket.gethostname()
        self._identity = f"{self._host}_{uuid.uuid4().hex[:8]}"
        self._heartbeats = Heartbeats(lambda: self._clock.now().monotonic, longest=_SILENT_SECONDS)
        self._not_ready: str | None = "waiting for the API server"
        self._ops = OpsServer(
            self._metrics, heartbeats=self._heartbeats, not_ready=lambda: self._not_ready
        )

    async def run(self, stop: asyncio.Event) -> int:
        """See `run` of the module."""
        address = self._settings.ops_address
        taken = replace(address, port=await self._ops.start(address.host, address.port))
        _log.info("starting", ops_address=str(taken), identity=self._identity)
        beat = asyncio.create_task(self._ops.beat(_BEAT_SECONDS), name="heartbeat")
        try:
            return await self._with_api(stop)
        finally:
            beat.cancel()
            await self._ops.stop()
            _log.info("stopped")

    async def _with_api(self, stop: asyncio.Event) -> int:
        configuration = await load(self._settings.kubeconfig, self._metrics)
        async with client.ApiClient(configuration) as connected:
            api = ApiServer(connected)
            cluster_id = await _unless(stop, self._prepare(api))
            if cluster_id is None:
                return STOPPED
            self._not_ready = None
            if not self._settings.leader_election:
                fence = OpenFence(self._identity, self._clock)
                self._metrics.leading(is_leader=True)
                return await self._act(stop, self._acting(api, configuration, fence, cluster_id))
            return await self._elected(stop, api, configuration, cluster_id)

    async def _prepare(self, api: ApiServer) -> str:
        preflight = Preflight(api)
        namespace = self._lease_namespace() if self._settings.leader_election else None
        await preflight.check(PLURALS, self._settings.namespaces, namespace)
        return self._settings.cluster_id or await preflight.cluster_id()

    def _lease_namespace(self) -> str:
        return self._settings.lease_namespace or own_namespace()

    async def _elected(
        self,
        stop: asyncio.Event,
        api: ApiServer,
        configuration: client.Configuration,
        cluster_id: str,
    ) -> int:
        settings = self._settings
        terms = Terms(
            duration=settings.lease_duration.total_seconds(),
            renew_deadline=settings.renew_deadline.total_seconds(),
            retry=settings.retry_period.total_seconds(),
        )
        fence = LeaseFence(self._identity, terms, self._clock)
        election = LeaseElection(
            api,
            name=settings.lease_name,
            namespace=self._lease_namespace(),
            identity=self._identity,
            terms=terms,
            fence=fence,
            clock=self._clock,
            random=self._random,
            meter=self._metrics,
        )
        if await _unless(stop, election.acquire(), done=True) is None:
            return STOPPED
        keeping = asyncio.create_task(election.keep(), name="lease")
        try:
            acting = self._acting(api, configuration, fence, cluster_id)
            return await self._act(stop, acting, lost=keeping)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await election.release()

    def _acting(
        self,
        api: ApiServer,
        configuration: client.Configuration,
        fence: Fence,
        cluster_id: str,
    ) -> _Acting:
        settings = self._settings
        kinds: dict[str, AnyKind] = {}

        def lane(key: Key) -> Key:
            known = cache.digest(key)
            return kinds[key.kind].lane(known) if known else key

        def is_urgent(key: Key) -> bool:
            known = cache.digest(key)
            return known is not None and kinds[key.kind].is_urgent(known)

        queue = FairQueue(
            lane,
            is_urgent=is_urgent,
            per_lane=settings.workers_per_server,
            backoff=Backoff(),
            random=self._random,
            meter=self._metrics,
        )
        cache = ObjectCache(
            kinds,
            queue.add,
            wake_soon=lambda key: queue.add_after(key, _SOON_SECONDS),
            gone=queue.forget,
            heard=lambda known: built.heard(known),  # noqa: PLW0108 - built below
        )
        objects = ClusterObjects(cache, api, PLURALS)
        keep = settings.secret_period.total_seconds()
        secrets = ClusterSecrets(api, clock=self._clock, keep_seconds=keep)
        events = ClusterEvents(api, clock=self._clock, host=self._host)
        ports = Ports(
            objects=objects,
            secrets=secrets,
            fence=fence,
            events=events,
            clock=self._clock,
            random=self._random,
            meter=self._metrics,
            open_hub=TestHubs(settings, secrets, clock=self._clock, meter=self._metrics),
            wake=queue.add,
            cluster_id=cluster_id,
            instance_label=self._settings.argocd_instance_label,
        )
        built = build_kinds(ports, periods_of(settings))
        kinds.update(built.by_name)
        register_gauges(
            self._metrics,
            cache,
            queue,
            runs=lambda which: runs_by_server(cache.digests(), which),
            snapshot_ages=lambda: snapshot_ages(built.connections),
            unclaimed=built.strangers.counts,
        )
        worker = Worker(kinds, objects=objects, clock=self._clock, meter=self._metrics)
        return _Acting(
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
            kopf=KopfRuntime(
                cache=cache,
                plurals=PLURALS,
                namespaces=settings.namespaces,
                configuration=configuration,
                meter=self._metrics,
                random=self._random,
            ),
        )

    async def _act(
        self, stop: asyncio.Event, acting: _Acting, lost: asyncio.Task[None] | None = None
    ) -> int:
        self._not_ready = "reading the objects"
        stopping = asyncio.create_task(stop.wait(), name="stop")
        # Kopf cancels, when it ends, what was created after it started: these come before it.
        events = asyncio.create_task(acting.events.run(), name="events")
        working = asyncio.create_task(self._work(acting), name="work")
        watching = asyncio.create_task(acting.kopf.run(), name="watch")
        await acting.kopf.started()
        _on_signal(stop)  # Kopf took the signals over
        ends = {stopping, working, watching, *([lost] if lost else [])}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        lease_is_lost = lost is not None and lost.done()
        asked = stopping.done() and not lease_is_lost
        for task in (working, stopping):
            task.cancel()
        patience = self._settings.drain_period.total_seconds() if asked else 0.0
        await acting.controller.drain(patience)
        await self._let_go(acting, events, patience=min(patience, 2.0))
        acting.kopf.stop()
        ends_by = await asyncio.gather(watching, working, return_exceptions=True)
        return _code(ends_by, asked=asked)

    async def _work(self, acting: _Acting) -> None:
        await acting.resync.synced()
        self._not_ready = None
        _log.info("synced")
        async with asyncio.TaskGroup() as group:
            group.create_task(acting.controller.run(), name="controller")
            group.create_task(acting.resync.run(), name="resync")

    async def _let_go(
        self, acting: _Acting, events: asyncio.Task[None], *, patience: float
    ) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(acting.events.drain(), patience)
        events.cancel()
        await acting.connections.close()


def _code(ends: tuple[Any, ...], *, asked: bool) -> int:
    problems = [
        end
        for end in ends
        if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError)
    ]
    for problem in problems:
        _log.error("ended by an error", exc_info=problem)
    return STOPPED if asked and not problems else FAILED


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Any], *, done: Any = None) -> Any:  # noqa: ANN401 - any work
    """What the work returns, or `done` for work that returns nothing; None if stopped first."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return None
    result = working.result()
    return done if result is None else result
