"""The process: standby, then leader, then stopped; what acts is put together elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import uuid
from dataclasses import replace
from random import SystemRandom
from typing import TYPE_CHECKING, Final

import structlog
from kubernetes.aio import client

from execution_operator.composition import PLURALS, Acting, Composition
from execution_operator.ops.metrics import Metrics
from execution_operator.ops.server import AddressTaken, Heartbeats, OpsServer
from execution_operator.runtime.api_server import ApiServer
from execution_operator.runtime.clock import SystemClock
from execution_operator.runtime.fence import LeaseFence, OpenFence, Terms
from execution_operator.runtime.kubernetes_api import NotConfigured, load, own_namespace
from execution_operator.runtime.lease import LeaseElection
from execution_operator.runtime.preflight import NotInstalled, Preflight

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from execution_operator.settings import Settings

_log = structlog.stdlib.get_logger(__name__)

STOPPED, FAILED, MISTAKE = 0, 1, 2
_BEAT_SECONDS: Final = 1.0
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


class Operator:
    """One process of the operator: standby first, then leader, then stopped."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._random = SystemRandom()
        self._metrics = Metrics()
        host = os.environ.get("POD_NAME") or socket.gethostname()
        self._identity = f"{host}_{uuid.uuid4().hex[:8]}"
        self._heartbeats = Heartbeats(lambda: self._clock.now().monotonic, longest=_SILENT_SECONDS)
        self._composition = Composition(
            settings,
            metrics=self._metrics,
            clock=self._clock,
            random=self._random,
            host=host,
        )
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
                return await self._act(
                    stop, self._composition.acting(api, configuration, fence, cluster_id)
                )
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
            acting = self._composition.acting(api, configuration, fence, cluster_id)
            return await self._act(stop, acting, lost=keeping)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await election.release()

    async def _act(
        self, stop: asyncio.Event, acting: Acting, lost: asyncio.Task[None] | None = None
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

    async def _work(self, acting: Acting) -> None:
        await acting.resync.synced()
        self._not_ready = None
        _log.info("synced")
        async with asyncio.TaskGroup() as group:
            group.create_task(acting.controller.run(), name="controller")
            group.create_task(acting.resync.run(), name="resync")

    async def _let_go(self, acting: Acting, events: asyncio.Task[None], *, patience: float) -> None:
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
