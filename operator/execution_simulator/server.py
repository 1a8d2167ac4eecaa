"""The simulator on a socket: as a context in tests, or until somebody says stop."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from execution_simulator.app import make_app
from execution_simulator.simulator import Simulator

LOOPBACK = "127.0.0.1"
SHUTDOWN_SECONDS = 0.2


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
    runner = web.AppRunner(
        make_app(simulator, context), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=ssl_context, backlog=1024)
        await site.start()
        scheme = "https" if ssl_context else "http"
        shown = f"[{host}]" if ":" in host else host
        yield f"{scheme}://{shown}:{runner.addresses[0][1]}{context}"
    finally:
        await runner.cleanup()
