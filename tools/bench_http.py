"""Measures the HTTP clients the operator could use; it knows nothing of the operator itself.

Run it with `python tools/bench_http.py`. A small server runs in a process of its own and ends when
this one does, because its standard input closes then.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import httpx
from aiohttp import web
from httpx_aiohttp import AiohttpTransport

ANSWER = b'{"id":"1cee02cb-9a89-4175-acef-6af120497476","status":"RUNNING","pad":"%s"}' % (
    b"x" * 900
)
BODY = b'{"testAsset":{"name":"%s"}}' % (b"y" * 2000)


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU of the client per request, and latencies, all in milliseconds."""

    cpu: float
    median: float
    p99: float


async def serve() -> None:
    """Answer everything until standard input ends; the first line printed is the port."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=ANSWER, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def body_of(method: str) -> bytes | None:
    """Return what a request of that method carries."""
    return BODY if method == "POST" else None


async def with_client(url: str, client: httpx.AsyncClient, run: Run) -> Figures:
    """Measure calls through an httpx client."""

    async def call(method: str) -> None:
        answer = await client.request(method, url, content=body_of(method))
        answer.raise_for_status()

    async with client:
        return await run(call)


async def own_transport(url: str, run: Run) -> Figures:
    """Httpx with the transport it comes with."""
    return await with_client(url, httpx.AsyncClient(trust_env=False), run)


async def aiohttp_transport(url: str, run: Run) -> Figures:
    """Httpx's client on httpx-aiohttp."""
    session = aiohttp.ClientSession()
    transport = AiohttpTransport(client=session)
    return await with_client(url, httpx.AsyncClient(transport=transport, trust_env=False), run)


async def transport_alone(url: str, run: Run) -> Figures:
    """Httpx-aiohttp's transport, called without httpx's client."""
    extensions = {"timeout": {"connect": 10.0}}
    async with aiohttp.ClientSession() as session:
        transport = AiohttpTransport(client=session)

        async def call(method: str) -> None:
            request = httpx.Request(method, url, content=body_of(method), extensions=extensions)
            answer = await transport.handle_async_request(request)
            await answer.aread()
            await answer.aclose()

        return await run(call)


async def bare_aiohttp(url: str, run: Run) -> Figures:
    """Only aiohttp, for comparison."""
    async with aiohttp.ClientSession() as session:

        async def call(method: str) -> None:
            async with session.request(method, url, data=body_of(method)) as answer:
                await answer.read()

        return await run(call)


async def measure(call: Callable[[str], Awaitable[None]], load: Load) -> Figures:
    """Send the load's requests and take the figures."""
    for _ in range(load.concurrency):
        await call(load.method)
    left = iter(range(load.requests))
    seconds: list[float] = []

    async def worker() -> None:
        for _ in left:
            begin = time.perf_counter()
            await call(load.method)
            seconds.append(time.perf_counter() - begin)

    cpu = time.process_time()
    await asyncio.gather(*(worker() for _ in range(load.concurrency)))
    cpu = time.process_time() - cpu
    cuts = statistics.quantiles(seconds, n=100)
    return Figures(1000 * cpu / load.requests, 1000 * statistics.median(seconds), 1000 * cuts[98])


@dataclass(frozen=True, slots=True)
class Load:
    """How many requests of which method, how many at a time."""

    method: str
    requests: int
    concurrency: int


Run = Callable[[Callable[[str], Awaitable[None]]], Awaitable[Figures]]


async def compare(url: str, requests: int) -> None:
    """Print a table: each client under each load."""
    clients = (own_transport, aiohttp_transport, transport_alone, bare_aiohttp)
    print(f"{'client':<18} {'load':<9} {'CPU ms':>7} {'p50 ms':>7} {'p99 ms':>7}")
    for method in ("GET", "POST"):
        for concurrency in (1, 16):
            load = Load(method, requests, concurrency)
            for client in clients:
                found = await client(url, lambda call, load=load: measure(call, load))
                name = f"{client.__name__:<18} {method} x{concurrency:<3}"
                print(f"{name:<28} {found.cpu:7.2f} {found.median:7.2f} {found.p99:7.2f}")


def main() -> None:
    """Read the arguments; serve, or start the server and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        port = int(server.stdout.readline()) if server.stdout else 0
        asyncio.run(compare(f"http://127.0.0.1:{port}/rest/item", options.requests))
        server.communicate()


if __name__ == "__main__":
    main()
