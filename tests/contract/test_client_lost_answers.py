"""Answers that are lost, late or no HTTP: what is sure then, and what is in doubt."""

import asyncio
import random
import socket

import pytest
from aiohttp import web

from contract.small_servers import OK, READ, START, outside, raw_server, read_request, web_server
from execution_operator.remote.errors import Ambiguous, ProtocolError, RemoteError, Unreachable
from execution_operator.remote.messages import Request


async def test_start_whose_connection_is_reset_after_its_bytes_is_in_doubt_and_sent_once() -> None:
    taken: list[bytes] = []

    async def take_and_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(await read_request(reader))
        writer.transport.abort()

    async with outside() as out, raw_server(take_and_reset) as url:
        with pytest.raises(Ambiguous):
            await out.transport(url).send(START)

    assert len(taken) == 1
    assert out.meter.codes == ["reset"]


async def test_start_on_a_kept_connection_that_is_closed_is_never_sent_twice() -> None:
    taken: list[bytes] = []

    async def answer_then_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        taken.append(await read_request(reader))

    async with outside() as out, raw_server(answer_then_close) as url:
        transport = out.transport(url)
        await transport.send(READ)
        with pytest.raises(Ambiguous):
            await transport.send(START)

    assert len(taken) == 1


async def test_read_on_a_kept_connection_that_is_closed_is_repeated_on_a_new_one() -> None:
    connections = 0

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await read_request(reader)
        writer.write(OK)
        await read_request(reader)

    async with outside() as out, raw_server(answer_once) as url:
        transport = out.transport(url)
        await transport.send(READ)
        await transport.send(READ)

    assert connections == 2


@pytest.mark.parametrize(
    ("request_", "meaning"), [(READ, Unreachable), (START, Ambiguous)], ids=["read", "start"]
)
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk"],
)
async def test_answer_that_breaks_off_is_lost(
    sent: bytes, request_: Request, meaning: type[RemoteError]
) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(sent)

    async with outside() as out, raw_server(break_off) as url:
        with pytest.raises(meaning):
            await out.transport(url).send(request_)


@pytest.mark.parametrize(
    ("request_", "meaning"), [(READ, Unreachable), (START, Ambiguous)], ids=["read", "start"]
)
async def test_answer_that_never_comes_is_a_time_out(
    request_: Request, meaning: type[RemoteError]
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert writer
        await reader.read()
        await asyncio.Event().wait()

    async with outside() as out, raw_server(say_nothing) as url:
        with pytest.raises(meaning, match="in time"):
            await out.transport(url, request_seconds=0.2).send(request_)

    assert out.meter.codes == ["timeout"]


async def test_answer_that_drips_is_a_time_out() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    async with outside() as out, web_server(drip) as url:
        with pytest.raises(Unreachable, match="in time"):
            await out.transport(url, request_seconds=0.3).send(READ)


async def test_connection_that_never_stands_is_a_time_out_and_no_doubt() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.settimeout(0)
            second.connect_ex(full.getsockname())
            async with outside() as out:
                url = f"http://127.0.0.1:{full.getsockname()[1]}"
                with pytest.raises(Unreachable):
                    await out.transport(url, connect_seconds=0.2, request_seconds=1).send(START)

    assert out.meter.codes == ["timeout"]


NASTY = [
    b"\x00" * 100,
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 99999 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 50_000 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff\xfe=\x01;;;=\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nLocation: \xff\xfe\r\nContent-Type: \xff\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 301 Gone\r\nLocation: ://\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    b"ICY 200 OK\r\n\r\n",
    b"<html>",
    b"\x16\x03\x01\x00\x05hello",
]


async def outcome(answer: bytes, request: Request) -> int | type[Exception]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)

    async with outside() as out, raw_server(serve) as url:
        try:
            return (await out.transport(url, request_seconds=2).send(request)).status
        except RemoteError as error:
            return type(error)


@pytest.mark.parametrize("answer", NASTY, ids=range(len(NASTY)))
async def test_what_is_no_http_is_an_answer_or_a_remote_error(answer: bytes) -> None:
    read = await outcome(answer, READ)
    started = await outcome(answer, START)

    assert isinstance(read, int) or read in {Unreachable, ProtocolError}
    assert isinstance(started, int) or started is Ambiguous


async def test_garbled_answers_are_an_answer_or_a_remote_error() -> None:
    dice = random.Random(7)  # noqa: S311 - the same garbage each time
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    for _ in range(200):
        answer = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            answer[dice.randrange(len(answer))] = dice.randrange(256)

        found = await outcome(bytes(answer), READ)

        assert isinstance(found, int) or found in {Unreachable, ProtocolError}
