"""Small servers on loopback that do one wrong thing each, and what a test needs to reach them."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from execution_operator.remote.addresses import HostPolicy
from execution_operator.remote.breaker import BreakerRules
from execution_operator.remote.bucket import RateLimit
from execution_operator.remote.endpoint import Endpoint
from execution_operator.remote.hosts import HostRules, Hosts
from execution_operator.remote.messages import Request
from execution_operator.remote.testhub.client import TestHub
from execution_operator.remote.transport import Transport

READ = Request(operation="read", purpose="read", method="GET", path="/rest/x")
START = Request(
    operation="start",
    purpose="start",
    method="POST",
    path="/rest/x",
    body=b'{"a":1}',
    content_type="application/json",
    repeatable=False,
)
OFFLINE = "offline-t0ken"
LOOPBACK = HostPolicy(allow_loopback=True)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Meter:
    """Keeps what it is told."""

    codes: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def request(self, server: str, operation: str, code: str, seconds: float) -> None:
        assert server
        assert operation
        assert seconds >= 0
        self.codes.append(code)
        self.seconds.append(seconds)

    def rate_limit_wait(self, server: str, seconds: float) -> None:
        assert server
        self.waits.append(seconds)


@dataclass
class Outside:
    """What an operator has once: hosts and a meter."""

    hosts: Hosts
    meter: Meter = field(default_factory=Meter)
    limit: RateLimit | None = None
    open: list[Transport] = field(default_factory=list)

    def transport(self, url: str, **endpoint: object) -> Transport:
        settings = Endpoint(base_url=url, **{"hosts": LOOPBACK, **endpoint})  # type: ignore[arg-type]
        lane = self.hosts.lane(url, self.limit, proxy_url=settings.proxy_url)
        transport = Transport(settings, lane=lane, meter=self.meter, server="hub")
        self.open.append(transport)
        return transport

    def hub(self, url: str, **endpoint: object) -> TestHub:
        async def offline_token(fresh: bool) -> str:  # noqa: ARG001, FBT001 - the port's form
            return OFFLINE

        clock = asyncio.get_running_loop().time
        return TestHub(self.transport(url, **endpoint), offline_token, clock=clock)


@asynccontextmanager
async def outside(*, failures: int = 1000, patience: float = 5) -> AsyncIterator[Outside]:
    rules = HostRules(breaker=BreakerRules(failures=failures), patience_seconds=patience)
    made = Outside(Hosts(asyncio.get_running_loop().time, rules))
    try:
        yield made
    finally:
        for transport in made.open:
            await transport.close()


@asynccontextmanager
async def web_server(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """Answer everything with `handler`; yields the URL, by name, so that TLS has one to check."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    scheme = "https" if context else "http"
    try:
        yield f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(peer: Peer, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Give every connection to `peer`, which may do with it what HTTP forbids."""
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await peer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    scheme = "https" if context else "http"
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await server.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Read one request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)


@dataclass
class Hub:
    """A Test Hub as small as can be: tokens, and one handler for the rest."""

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    exchanges: int = 0
    good: set[str] = field(default_factory=set)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/rest/tokens/"):
            form = await request.post()
            assert form["refresh_token"] == OFFLINE
            self.exchanges += 1
            self.good.add(f"access-{self.exchanges}")
            return web.json_response(
                {"access_token": f"access-{self.exchanges}", "expires_in": 300}
            )
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen.append((request.method, request.raw_path, token))
        if request.method == "POST":
            self.bodies.append(json.loads(await request.read()))
        if token not in self.good:
            return web.json_response({"code": 401}, status=401)
        return await self.answer(request)


async def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions here are plain values
            await asyncio.sleep(0.005)
