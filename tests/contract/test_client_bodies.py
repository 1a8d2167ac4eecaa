"""Answers too large to be read, however small they look on the wire."""

import asyncio
import zlib

import pytest
from aiohttp import web

from contract.small_servers import READ, START, outside, web_server
from execution_operator.remote.bodies import MAX_BODY_BYTES
from execution_operator.remote.errors import Ambiguous, ProtocolError, RemoteError
from execution_operator.remote.messages import Request

MEBIBYTE = 1024 * 1024


class Flood:
    """Sends ten gibibytes of zeros, made as they go, and counts what left."""

    def __init__(self, encoding: str | None) -> None:
        self.encoding = encoding
        self.sent = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(
            headers={"Content-Encoding": self.encoding} if self.encoding else {}
        )
        await response.prepare(request)
        packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
        for _ in range(10 * 1024):
            chunk = b"\0" * MEBIBYTE
            if self.encoding:
                chunk = packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
            await response.write(chunk)
            self.sent += len(chunk)
            await asyncio.sleep(0)  # client and server share this loop
        return response


@pytest.mark.parametrize(
    ("request_", "meaning"), [(READ, ProtocolError), (START, Ambiguous)], ids=["read", "start"]
)
@pytest.mark.parametrize("encoding", ["gzip", None], ids=["bomb", "plain"])
async def test_ten_gibibytes_are_given_up_early(
    encoding: str | None, request_: Request, meaning: type[RemoteError]
) -> None:
    flood = Flood(encoding)
    async with outside() as out, web_server(flood) as url:
        with pytest.raises(meaning, match="larger than"):
            await out.transport(url).send(request_)

    assert flood.sent < (MEBIBYTE if encoding else MAX_BODY_BYTES + 16 * MEBIBYTE)


async def test_compressed_answer_is_read() -> None:
    async def compressed(request: web.Request) -> web.Response:
        assert "gzip" in request.headers["Accept-Encoding"]
        response = web.Response(body=b"x" * 100_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with outside() as out, web_server(compressed) as url:
        assert len((await out.transport(url).send(READ)).body) == 100_000


async def test_chain_of_encodings_is_refused() -> None:
    async def chained(request: web.Request) -> web.Response:
        assert request
        return web.Response(body=b"x", headers={"Content-Encoding": "gzip, gzip"})

    async with outside() as out, web_server(chained) as url:
        with pytest.raises(ProtocolError, match="not asked for"):
            await out.transport(url).send(READ)
