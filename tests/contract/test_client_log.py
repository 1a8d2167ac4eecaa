"""The client's reading of logs: from a byte on, whatever the server makes of that."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from aiohttp import web

from contract.simulator_client import TOKEN, opened
from contract.small_servers import Hub, outside, web_server
from execution_operator.remote.errors import Gone, NotFound, Unreachable
from execution_operator.remote.testhub.client import TestHub
from execution_operator.remote.testhub.log import LogCursor
from execution_simulator.scripts import Script


class Taken(LogCursor):
    """A cursor that keeps what it passes on."""

    def __init__(self) -> None:
        self.text = bytearray()
        super().__init__(self.text.extend)


def growing(*logs: bytes, ranges: bool) -> Hub:
    """A server whose log is another one at each look."""
    looks = iter(logs)

    async def answer(request: web.Request) -> web.Response:
        log, asked = next(looks), request.headers.get("Range")
        if asked is None or not ranges:
            return web.Response(body=log, content_type="text/plain")
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        if first >= len(log):
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(log)}"})
        told = {"Content-Range": f"bytes {first}-{len(log) - 1}/{len(log)}"}
        return web.Response(status=206, body=log[first:], content_type="text/plain", headers=told)

    return Hub(answer)


@pytest.mark.parametrize("ranges", [False, True], ids=["ignored", "honoured"])
async def test_growing_log_is_read_once(*, ranges: bool) -> None:
    server = growing(b"one\n", b"one\n", b"one\ntwo\n", ranges=ranges)
    cursor = Taken()
    async with outside() as out, web_server(server) as url:
        hub = out.hub(url)
        for _ in range(3):
            await hub.read_log("1050", "1", cursor)

    assert bytes(cursor.text) == b"one\ntwo\n"
    assert not cursor.began_anew


@pytest.mark.parametrize("ranges", [False, True], ids=["ignored", "honoured"])
async def test_log_that_became_shorter_is_another_containers(*, ranges: bool) -> None:
    server = growing(b"one\ntwo\n", b"uno\n", b"uno\n", ranges=ranges)
    cursor = Taken()
    async with outside() as out, web_server(server) as url:
        hub = out.hub(url)
        await hub.read_log("1050", "1", cursor)
        await hub.read_log("1050", "1", cursor)
        anew = cursor.began_anew
        cursor.restart()
        await hub.read_log("1050", "1", cursor)

    assert anew
    assert bytes(cursor.text) == b"one\ntwo\nuno\n"


async def test_log_that_breaks_off_goes_on_where_it_was() -> None:
    looks = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal looks
        looks += 1
        response = web.StreamResponse(headers={"Content-Length": "8"})
        response.content_type = "text/plain"
        await response.prepare(request)
        await response.write(b"one\n" if looks == 1 else b"one\ntwo\n")
        if looks == 1 and request.transport is not None:
            request.transport.close()
        return response

    cursor = Taken()
    async with outside() as out, web_server(Hub(answer)) as url:
        hub = out.hub(url)
        with pytest.raises(Unreachable, match="broke off"):
            await hub.read_log("1050", "1", cursor)
        await hub.read_log("1050", "1", cursor)

    assert bytes(cursor.text) == b"one\ntwo\n"


async def test_log_may_be_larger_than_any_other_answer() -> None:
    line, lines = b"x" * 1023 + b"\n", 40 * 1024
    packed = gzip.compress(line * lines, 1)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            body=packed, content_type="text/plain", headers={"Content-Encoding": "gzip"}
        )

    largest = 0

    def receive(piece: bytes) -> None:
        nonlocal largest
        largest = max(largest, len(piece))

    cursor = LogCursor(receive)
    async with outside() as out, web_server(Hub(answer)) as url:
        await out.hub(url).read_log("1050", "1", cursor)

    assert cursor.offset == len(line) * lines
    assert largest <= 1024 * 1024


async def test_log_that_comes_slowly_is_not_cut_off() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(6):
            await response.write(b"line\n")
            await asyncio.sleep(0.2)
        return response

    cursor = Taken()
    async with outside() as out, web_server(Hub(answer)) as url:
        await out.hub(url, request_seconds=0.8).read_log("1050", "1", cursor)

    assert bytes(cursor.text) == b"line\n" * 6


@pytest.mark.parametrize("ranges", ["ignored", "honoured"])
async def test_log_of_the_simulator_grows_and_goes(ranges: str) -> None:
    async with opened() as api, outside() as out:
        api.simulator.change(log_ranges=ranges)
        script = Script(name="g", log="a\nb\nc\nd\n", log_grows=True, run_seconds=4)
        started = await api.start(script)
        hub = _hub(out, api.url)
        cursor, seen = Taken(), []
        for _ in range(5):
            await hub.read_log("1050", started.id, cursor)
            seen.append(bytes(cursor.text))
            api.simulator.clock.advance(1.5)
        init = Taken()
        await hub.read_log("1050", started.id, init, init=True)
        api.simulator.clock.advance(90_000)
        with pytest.raises(Gone):
            await hub.read_log("1050", started.id, cursor)
        with pytest.raises(NotFound):
            await hub.read_log("1050", "none", Taken())

    assert seen == [b"", b"", b"a\nb\n", b"a\nb\nc\n", b"a\nb\nc\nd\n"]
    assert bytes(init.text) == b"Prepared the container.\n"


def _hub(out: object, url: str) -> TestHub:
    async def offline_token(fresh: bool) -> str:  # noqa: ARG001, FBT001 - the port's form
        return TOKEN

    clock = asyncio.get_running_loop().time
    return TestHub(out.transport(url), offline_token, clock=clock)


async def test_tokens_in_a_log_can_be_hidden() -> None:
    async with opened() as api, outside() as out:
        started = await api.start(Script(name="t", log=f"token {TOKEN}\n"))
        api.simulator.clock.advance(2)
        hub, cursor = _hub(out, api.url), Taken()
        await hub.read_log("1050", started.id, cursor)
        shown = hub.hide(cursor.text.decode())

    assert shown == "token ***\n"
