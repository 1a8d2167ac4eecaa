"""How a fault is done over HTTP; which one and when was decided before."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from execution_simulator.faults import (
    AnswerStatus,
    Delay,
    Drop,
    EchoRequest,
    Fault,
    Hang,
    HugeBody,
    LoseAnswer,
    Redirect,
    RemoveMachine,
    StatusWord,
    Truncate,
)
from execution_simulator.operations import refused

Handle = Callable[[], web.Response]

PROXY_PAGE = (
    "<html><head><title>{status}</title></head>"
    "<body><center><h1>{status}</h1></center><hr><center>proxy</center></body></html>"
)
CHUNK = 65_536


async def respond(
    request: web.Request, body: bytes, handle: Handle, fault: Fault | None
) -> web.StreamResponse | None:
    """The answer with the fault in it; None when the connection was closed instead."""
    match fault:
        case None | StatusWord() | RemoveMachine():
            return handle()
        case AnswerStatus() | Redirect():
            return _status(fault)
        case EchoRequest():
            text = f"cannot process the request: {body.decode(errors='replace')}"
            return refused(fault.status, "BAD_REQUEST", text)
        case HugeBody():
            return await _huge(request, fault)
        case Truncate():
            return await _truncated(request, handle(), fault)
        case Drop() | Hang() | Delay() | LoseAnswer():
            return await _slow_or_lost(request, handle, fault)


async def _slow_or_lost(
    request: web.Request, handle: Handle, fault: Drop | Hang | Delay | LoseAnswer
) -> web.Response | None:
    match fault:
        case Drop():
            close(request, reset=fault.reset)
        case Hang():
            await asyncio.sleep(fault.seconds)
            close(request, reset=False)
        case Delay():
            await asyncio.sleep(fault.seconds)
            return handle()
        case LoseAnswer():
            handle()
            await asyncio.sleep(fault.hang_seconds)
            close(request, reset=fault.reset)
    return None


def close(request: web.Request, *, reset: bool) -> None:
    """Close the connection: politely, or with a reset."""
    transport = request.transport
    if transport is None:
        return
    if reset:
        transport.abort()
    else:
        transport.close()


def _status(fault: AnswerStatus | Redirect) -> web.Response:
    if isinstance(fault, Redirect):
        return web.Response(status=fault.status, headers={"Location": fault.location})
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    match fault.body:
        case "json":
            response = refused(fault.status, "SIMULATED_FAULT", fault.message)
        case "html":
            page = PROXY_PAGE.format(status=fault.status)
            response = web.Response(text=page, status=fault.status, content_type="text/html")
        case "empty":
            response = web.Response(status=fault.status)
    response.headers.update(headers)
    return response


async def _truncated(
    request: web.Request, whole: web.Response, fault: Truncate
) -> web.StreamResponse | None:
    body = whole.body if isinstance(whole.body, bytes) else b""
    half = body[: len(body) // 2]
    if not fault.announce_all:
        whole.body = half
        return whole
    broken = web.StreamResponse(status=whole.status)
    broken.content_type = whole.content_type
    broken.content_length = len(body)
    await broken.prepare(request)
    await broken.write(half)
    close(request, reset=False)
    return None


async def _huge(request: web.Request, fault: HugeBody) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = "application/json"
    if fault.gzip:
        response.enable_compression(web.ContentCoding.gzip)
    else:
        response.content_length = fault.size
    await response.prepare(request)
    await response.write(b"[")
    left = fault.size - 2
    while left:
        chunk = min(left, CHUNK)
        await response.write(b" " * chunk)
        left -= chunk
    await response.write(b"]")
    await response.write_eof()
    return response
