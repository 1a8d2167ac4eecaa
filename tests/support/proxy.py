"""A small HTTP proxy on loopback that tunnels (CONNECT) to the servers it knows by name."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REFUSAL = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Proxy:
    """What it was asked for, by request line; while `locked` it wants credentials."""

    ports: dict[str, int]
    locked: bool = False
    asked: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self._tunnel(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        self.asked.append(line)
        self.headers += headers
        method, target, _ = line.split()
        if self.locked:
            writer.write(REFUSAL % b"407 Proxy Authentication Required")
            return
        if method != "CONNECT" or target not in self.ports:
            writer.write(REFUSAL % b"403 Forbidden")
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.ports[target])
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            back.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def proxy_to(**ports: int) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy that knows `host:443` for each host, and its URL; a `_` in a host is a dot."""
    proxy = Proxy({f"{host.replace('_', '.')}:443": port for host, port in ports.items()})
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tuple(proxy.tasks):
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)
        await server.wait_closed()
