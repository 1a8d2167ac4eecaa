"""The way to a server, over real HTTP: what goes out, what comes back, and what is lost."""

import asyncio
import socket

import pytest
from aiohttp import web

from contract.small_servers import (
    READ,
    START,
    outside,
    raw_server,
    read_request,
    until,
    web_server,
)
from execution_operator.remote.errors import (
    Ambiguous,
    Closed,
    RateLimited,
    Unreachable,
)
from execution_operator.remote.messages import Request


async def empty(request: web.Request) -> web.Response:
    assert request
    return web.json_response({})


async def test_request_goes_out_as_it_was_built() -> None:
    seen: list[web.Request] = []

    async def keep(request: web.Request) -> web.Response:
        seen.append(request)
        assert await request.read() == b'{"a":1}'
        return web.json_response({})

    async def bearer() -> str:
        return "access-1"

    request = Request(
        operation="start",
        purpose="start",
        method="POST",
        path="/rest/a%2Fb%20%C3%BC/x/",
        query=(("tag", "a+b,c"), ("asset.path", "P/Ü t.x&y=z#%")),
        headers=(("spaceId", "s-1"),),
        body=b'{"a":1}',
        content_type="application/json",
        accept="text/plain",
    )
    async with outside() as out, web_server(keep) as url:
        await out.transport(f"{url}/test").send(request, bearer=bearer)

    (one,) = seen
    assert one.raw_path.partition("?")[0] == "/test/rest/a%2Fb%20%C3%BC/x/"
    assert dict(one.query) == {"tag": "a+b,c", "asset.path": "P/Ü t.x&y=z#%"}
    assert one.headers["Authorization"] == "Bearer access-1"
    assert one.headers["spaceId"] == "s-1"
    assert one.headers["Accept"] == "text/plain"
    assert one.headers["Accept-Language"] == "en"
    assert one.headers["Content-Type"] == "application/json"
    assert one.headers["User-Agent"].startswith("execution-operator/")


async def test_answer_is_told_whole_and_counted() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request
        headers = {"Location": "/x/1", "Retry-After": "7"}
        return web.Response(status=201, text="Ü", content_type="text/plain", headers=headers)

    async with outside() as out, web_server(answer) as url:
        response = await out.transport(url).send(READ)

    assert (response.status, response.content_type) == (201, "text/plain")
    assert (response.body, response.location) == ("Ü".encode(), "/x/1")
    assert response.retry_after_seconds == 7
    assert out.meter.codes == ["201"]


async def test_refused_connection_is_unreachable_even_for_a_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
        async with outside() as out:
            with pytest.raises(Unreachable, match="refused the connection"):
                await out.transport(f"http://127.0.0.1:{taken.getsockname()[1]}").send(START)

    assert out.meter.codes == ["refused"]


async def test_unknown_host_name_is_unreachable() -> None:
    async with outside() as out:
        with pytest.raises(Unreachable, match="host name"):
            await out.transport("http://no-such-host.invalid").send(START)


async def test_redirect_is_not_followed() -> None:
    paths: list[str] = []

    async def lead_away(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with outside() as out, web_server(lead_away) as url:
        response = await out.transport(url).send(READ)

    assert response.status == 302
    assert paths == ["/rest/x"]


async def test_cookies_are_not_kept() -> None:
    cookies: list[str | None] = []

    async def set_cookie(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "JSESSIONID=1; Path=/"})

    async with outside() as out, web_server(set_cookie) as url:
        transport = out.transport(url)
        await transport.send(READ)
        await transport.send(READ)

    assert cookies == [None, None]


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    async with outside() as out, web_server(empty) as url:
        assert (await out.transport(url).send(READ)).status == 200


async def test_long_pause_asked_of_one_stops_everybody_on_that_host() -> None:
    asked = 0

    async def refuse(request: web.Request) -> web.Response:
        nonlocal asked
        assert request
        asked += 1
        return web.json_response({}, status=429, headers={"Retry-After": "60"})

    async with outside() as out, web_server(refuse) as url:
        await out.transport(url).send(READ)
        with pytest.raises(RateLimited) as refusal:
            await out.transport(f"{url}/test").send(READ)

    assert asked == 1
    assert 0 < (refusal.value.retry_after or 0) <= 60


async def test_short_pause_asked_of_one_is_waited_out_by_everybody() -> None:
    answers = [web.Response(status=503, headers={"Retry-After": "1"}), web.Response(status=200)]

    async def answer(request: web.Request) -> web.Response:
        assert request
        return answers.pop(0)

    async with outside() as out, web_server(answer) as url:
        await out.transport(url).send(READ)
        response = await out.transport(f"{url}/test").send(READ)

    assert response.status == 200
    assert out.meter.waits[1] > 0


async def test_server_s_seconds_are_those_of_the_exchange_answered_or_not() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({}) if request.path == "/test/rest/x" else await broken(request)

    async def broken(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with outside() as out, web_server(answer) as url:
        response = await out.transport(f"{url}/test").send(READ)
        with pytest.raises(Unreachable) as lost:
            await out.transport(url).send(READ)

    assert [response.server_seconds, lost.value.server_seconds] == out.meter.seconds
    assert all(out.meter.seconds)


async def test_breaker_opens_after_failures_to_connect_and_not_after_refusals() -> None:
    async def refuse(request: web.Request) -> web.Response:
        assert request
        return web.json_response({}, status=409)

    async with outside(failures=3) as out, web_server(refuse) as url:
        for _ in range(5):
            assert (await out.transport(url).send(READ)).status == 409

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with outside(failures=3) as out:
            transport = out.transport(url)
            errors = []
            for _ in range(5):
                with pytest.raises(Unreachable) as error:
                    await transport.send(READ)
                errors.append(error.value)

    assert out.meter.codes == ["refused"] * 3
    assert errors[4].retry_after
    assert str(errors[4]) == str(errors[0])


async def test_closed_transport_sends_nothing() -> None:
    async with outside() as out, web_server(empty) as url:
        transport = out.transport(url)
        await transport.send(READ)
        await transport.close()
        with pytest.raises(Unreachable, match="closed"):
            await transport.send(READ)


async def test_closing_waits_for_the_answer_under_way_and_lets_nothing_more_in() -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        assert request
        arrived.set()
        await go_on.wait()
        return web.json_response({}, status=201)

    async with outside() as out, web_server(answer) as url:
        transport = out.transport(url)
        sending = asyncio.create_task(transport.send(START))
        await asyncio.wait_for(arrived.wait(), 10)
        closing = asyncio.create_task(transport.close())
        await asyncio.sleep(0)
        with pytest.raises(Closed):
            await transport.send(START)
        assert not closing.done()
        go_on.set()
        assert (await sending).status == 201
        await asyncio.wait_for(closing, 10)


async def test_closing_waits_no_longer_than_a_request_may_take() -> None:
    arrived = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert writer
        await read_request(reader)
        arrived.set()
        await reader.read()

    async with outside() as out, raw_server(hang) as url:
        transport = out.transport(url, request_seconds=0.2)
        sending = asyncio.create_task(transport.send(START))
        await asyncio.wait_for(arrived.wait(), 10)
        await asyncio.wait_for(transport.close(), 10)
        with pytest.raises(Ambiguous):
            await sending


async def test_token_is_asked_for_after_the_wait_for_ones_turn() -> None:
    order: list[str] = []

    async def bearer() -> str:
        order.append("token")
        return "t"

    async def answer(request: web.Request) -> web.Response:
        assert request
        order.append("request")
        status = 503 if order == ["request"] else 200
        return web.Response(status=status, headers={"Retry-After": "1"})

    async with outside() as out, web_server(answer) as url:
        transport = out.transport(url)
        await transport.send(READ)
        sent = asyncio.create_task(transport.send(READ, bearer=bearer))
        await asyncio.sleep(0)
        assert order == ["request"]
        await sent

    assert order == ["request", "token", "request"]


async def test_cancelled_request_leaves_no_connection() -> None:
    gone = asyncio.Event()

    async def wait_for_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert writer
        await read_request(reader)
        arrived.set()
        await reader.read()
        gone.set()

    arrived = asyncio.Event()
    async with outside() as out, raw_server(wait_for_the_end) as url:
        sending = asyncio.create_task(out.transport(url).send(START))
        await asyncio.wait_for(arrived.wait(), 10)
        sending.cancel()
        await until(gone.is_set)

    assert sending.cancelled()
