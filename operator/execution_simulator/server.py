"""The simulator on a socket: as a context in tests, or until somebody says stop."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from execution_simulator.app import make_app
from execution_simulator.simulator import Simulator

LOOPBACK = "127.0.0.1"
SHUTDOWN_SECONDS = 0.2
_TURNS = 5
"""Of the event loop, more than what it accepted takes to be a connection."""


@asynccontextmanager
async def serve(
    simulator: Simulator,
    *,
    context: str = "/test",
    host: str = LOOPBACK,
    port: int = 0,
    ssl_context: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """Serve in the current event loop; gives the base URL with the context path.

    Args:
        simulator: the state that is served.
        context: the path in front of `/rest`, "" for none.
        host: the address to listen on.
        port: 0 for a free one.
        ssl_context: with it, https.

    Raises:
        OSError: when the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=1024) as listening:
        runner = web.AppRunner(
            make_app(simulator, context), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
        )
        await runner.setup()
        await web.SockSite(runner, listening, ssl_context=ssl_context).start()
        scheme = "https" if ssl_context else "http"
        shown = f"[{host}]" if ":" in host else host
        try:
            yield f"{scheme}://{shown}:{listening.getsockname()[1]}{context}"
        finally:
            await _deaf(listening)
            await _end(runner)


async def _deaf(listening: socket.socket) -> None:
    """Accept no more; what was accepted just now becomes a connection, to be closed as all are.

    Until Python 3.12 a server that closes in between leaves that one open.
    """
    asyncio.get_running_loop().remove_reader(listening)
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def _end(runner: web.AppRunner) -> None:
    """Close all connections, also those whose other side has not read what was written."""
    opened = runner.server.connections if runner.server else []
    transports = [one.transport for one in opened if one.transport]
    await runner.cleanup()
    for transport in transports:
        if isinstance(transport, asyncio.Transport):
            transport.abort()
    await asyncio.sleep(0)
