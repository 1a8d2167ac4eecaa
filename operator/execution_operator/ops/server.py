"""The HTTP server of /livez, /readyz and /metrics; up in the standby too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.ops.metrics import Metrics

_TEXT: Final = "text/plain; version=1.0.0; charset=utf-8"


class AddressTaken(Exception):  # noqa: N818 - a person's mistake, in one line
    """The address cannot be listened on."""


class Heartbeats:
    """When each long-lived task last showed that it lives; pure but for the clock given to it."""

    def __init__(self, monotonic: Callable[[], float], *, longest: float) -> None:
        self._monotonic = monotonic
        self._longest = longest
        self._beats: dict[str, float] = {}

    def beat(self, task: str) -> None:
        """The task lives."""
        self._beats[task] = self._monotonic()

    def silent(self) -> list[str]:
        """The tasks that have not been heard of for too long."""
        now = self._monotonic()
        return sorted(task for task, at in self._beats.items() if now - at > self._longest)


class OpsServer:
    """Serves what probes and Prometheus ask; knows only how to ask back."""

    def __init__(
        self, metrics: Metrics, *, heartbeats: Heartbeats, not_ready: Callable[[], str | None]
    ) -> None:
        self._metrics = metrics
        self._heartbeats = heartbeats
        self._not_ready = not_ready
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; port 0 takes a free one.

        Returns:
            The port.

        Raises:
            AddressTaken: somebody else has it, or it is not ours.
        """
        app = web.Application()
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._scrape)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except (OSError, UnicodeError) as exc:
            cause = exc.strerror if isinstance(exc, OSError) else "no host is called so"
            text = f'cannot listen on "{host}:{port}": {cause}; give --ops-address'
            raise AddressTaken(text) from exc
        taken: int = self._runner.addresses[0][1]
        return taken

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def beat(self, period: float) -> None:
        """Show for ever that the event loop lives."""
        while True:
            self._heartbeats.beat("event loop")
            await asyncio.sleep(period)

    async def _livez(self, _request: web.Request) -> web.Response:
        silent = self._heartbeats.silent()
        if silent:
            return web.Response(status=503, text=f"not heard of: {', '.join(silent)}\n")
        return web.Response(text="ok\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        why = self._not_ready()
        if why is not None:
            return web.Response(status=503, text=f"{why}\n")
        return web.Response(text="ok\n")

    async def _scrape(self, _request: web.Request) -> web.Response:
        body = self._metrics.exposition()
        return web.Response(body=body, headers={"Content-Type": _TEXT})
