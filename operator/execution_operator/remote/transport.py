"""Sends a request over HTTP and TLS and brings the answer; it knows no API, only the border.

It is httpx-aiohttp's transport on a session of ours, without httpx's client (docs/adr/0002): so
there are no redirects, no cookies and nothing from the environment to switch off.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote, urlencode

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from execution_operator.remote.answers import read_retry_after
from execution_operator.remote.bodies import ACCEPT_ENCODING, Body
from execution_operator.remote.errors import HostNotAllowed, TLSVerificationFailed
from execution_operator.remote.failures import classify
from execution_operator.remote.messages import Response
from execution_operator.remote.session import Fence, Sending, fenced_session, standing_at
from execution_operator.remote.tls import (
    UnusableBundleError,
    bounded,
    trusting,
    trusting_anybody,
)
from execution_operator.remote.urls import host_of, origin

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator

    from execution_operator.remote.endpoint import Endpoint
    from execution_operator.remote.hosts import Lane, Passage
    from execution_operator.remote.messages import Receiver, Request
    from execution_operator.remote.session import Hook

    Bearer = Callable[[], Awaitable[str]]

_DEFAULT_PAUSE_SECONDS: Final = 1.0
_TOO_MANY_REQUESTS: Final = 429
_UNAVAILABLE: Final = 503
_GATEWAY_FAILURES: Final = frozenset({502, _UNAVAILABLE, 504})


class RequestMeter(Protocol):
    """Who counts requests; `server` is the label the transport was given."""

    def request(self, server: str, operation: str, code: str, seconds: float) -> None:
        """A request ended: its status, or timeout, refused, tls, reset."""

    def rate_limit_wait(self, server: str, seconds: float) -> None:
        """A request waited so long for the rate limit."""


class Transport:
    """The way to one server. Nothing is opened before the first request."""

    def __init__(self, endpoint: Endpoint, *, lane: Lane, meter: RequestMeter, server: str) -> None:
        self._endpoint = endpoint
        self._lane = lane
        self._meter = meter
        self._server = server
        self._name = origin(endpoint.base_url)
        self._agent = f"execution-operator/{_version()}"
        self._opening = asyncio.Lock()
        self._open: AiohttpTransport | None = None
        self._session: aiohttp.ClientSession | None = None
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def send(
        self,
        request: Request,
        *,
        bearer: Bearer | None = None,
        before_bytes: Hook | None = None,
        receiver: Receiver | None = None,
    ) -> Response:
        """Send a request in its turn, with the token `bearer` gives then, and read the answer.

        With a `receiver` the body of a 2xx goes there piece by piece, and the time for a request
        is the time for each piece of it.

        `before_bytes` is called once the connection stands, immediately before bytes leave; what
        it raises is passed on, and no byte has left. For GET, PUT and DELETE it may be called
        twice: a kept connection that the server had closed is replaced, for POST never.

        Returns:
            The answer, whatever its status.

        Raises:
            RemoteError: there is no answer; Ambiguous when bytes of a request that must not be
                repeated may have left.
        """
        self._require_allowed(request)
        waited = await self._lane.turn(request.priority, request.purpose)
        self._meter.rate_limit_wait(self._server, waited)
        # Only now, since a token may expire while one waits; and before the passage, since the
        # exchange of tokens needs one, too, and a half-open breaker has a single one to give.
        token = None if bearer is None else await bearer()
        with self._lane.passage(request.purpose) as passage, self._counted():
            fence = Fence(Sending(), before_bytes)
            response = await self._metered(request, token, fence, passage, receiver)
            self._judge(response, passage)
        return response

    async def close(self) -> None:
        """Let nothing more in, wait for the answers under way, and close all connections.

        An answer that is thrown away leaves its run in doubt. None takes longer than the
        endpoint's time-out.
        """
        self._lane.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), self._endpoint.request_seconds)
        if self._session is not None:
            await self._session.close()

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    def _require_allowed(self, request: Request) -> None:
        for url in filter(None, (self._endpoint.base_url, self._endpoint.proxy_url)):
            if (why := self._endpoint.hosts.refuses_host(host_of(url))) is not None:
                message = f"cannot {request.purpose}: {why}"
                raise HostNotAllowed(message)

    def _judge(self, response: Response, passage: Passage) -> None:
        """Tell the host's breaker and limiter what the answer says about the host."""
        pause = response.retry_after_seconds
        if response.status == _TOO_MANY_REQUESTS:
            passage.pause(pause or _DEFAULT_PAUSE_SECONDS)
        elif response.status == _UNAVAILABLE and pause is not None:
            passage.pause(pause)
        elif response.status in _GATEWAY_FAILURES:
            passage.failed(f"{self._name} is not available (HTTP {response.status})")
            return
        passage.reached()

    async def _metered(
        self,
        request: Request,
        token: str | None,
        fence: Fence,
        passage: Passage,
        receiver: Receiver | None,
    ) -> Response:
        sending = fence.sending
        begin = time.perf_counter()
        try:
            response = await self._exchange(request, token, fence, receiver)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            aiohttp.ClientError,
            OSError,
            ValueError,  # a body's, and httpx-aiohttp's over a reason phrase that is not UTF-8
        ) as error:
            if fence.refusal is not None:
                raise fence.refusal from None
            failure = classify(error, sending, self._name, self._endpoint.proxy_url)
            seconds = self._count(request, failure.code, begin)
            if failure.host_failed:
                passage.failed(failure.cause)
            meaning = failure.meaning(request, sending)
            meaning.server_seconds = seconds
            # The foreign text may name a URL with a token in it, or quote the answer.
            raise meaning from None
        seconds = self._count(request, str(response.status), begin)
        return replace(response, server_seconds=seconds)

    def _count(self, request: Request, code: str, begin: float) -> float:
        seconds = time.perf_counter() - begin
        self._meter.request(self._server, request.operation, code, seconds)
        return seconds

    async def _exchange(
        self, request: Request, token: str | None, fence: Fence, receiver: Receiver | None
    ) -> Response:
        with standing_at(fence):
            async with asyncio.timeout(self._endpoint.request_seconds) as limit:
                transport = await self._transport(request)
                answer = await transport.handle_async_request(self._foreign(request, token))
                fence.sending.status = answer.status_code
                if receiver is None:
                    return await _read(answer)
                seconds = self._endpoint.request_seconds
                return await _pass_on(answer, receiver, limit, seconds)

    def _foreign(self, request: Request, token: str | None) -> httpx.Request:
        headers = {
            "Accept": request.accept,
            "Accept-Encoding": ACCEPT_ENCODING,
            "Accept-Language": "en",
            "User-Agent": self._agent,
            **dict(request.headers),
        }
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        query = urlencode(request.query, quote_via=quote, errors="replace")
        return httpx.Request(
            request.method,
            f"{self._endpoint.base_url}{request.path}{'?' if query else ''}{query}",
            headers=headers,
            content=request.body,
            extensions={"timeout": {"connect": self._endpoint.connect_seconds}},
        )

    async def _transport(self, request: Request) -> AiohttpTransport:
        async with self._opening:
            if self._open is None:
                self._open = await self._opened(request)
            return self._open

    async def _opened(self, request: Request) -> AiohttpTransport:
        try:
            context = await asyncio.to_thread(_tls_context, self._endpoint)
        except UnusableBundleError:
            message = f"cannot {request.purpose}: the CA bundle has no readable PEM certificate"
            raise TLSVerificationFailed(message) from None
        self._session = fenced_session(context, self._endpoint.hosts)
        proxy = self._endpoint.proxy_url
        return AiohttpTransport(
            verify=context,
            trust_env=False,
            client=self._session,
            proxy=None if proxy is None else httpx.Proxy(proxy),
        )


async def _pass_on(
    answer: httpx.Response, receiver: Receiver, limit: asyncio.Timeout, seconds: float
) -> Response:
    receiver.begins(answer.status_code, answer.headers.get("content-range"))
    if not answer.is_success:
        return await _read(answer)

    def takes(piece: bytes) -> None:
        limit.reschedule(asyncio.get_running_loop().time() + seconds)
        receiver.takes(piece)

    return await _read(answer, takes)


async def _read(answer: httpx.Response, onward: Callable[[bytes], None] | None = None) -> Response:
    try:
        body = Body(answer.headers.get("content-encoding", ""), onward=onward)
        async for chunk in answer.aiter_raw():
            body.feed(chunk)
    finally:
        await answer.aclose()
    return Response(
        status=answer.status_code,
        content_type=answer.headers.get("content-type", "").partition(";")[0].strip().lower(),
        body=body.whole(),
        retry_after_seconds=read_retry_after(answer.headers.get("retry-after"), datetime.now(UTC)),
        location=answer.headers.get("location"),
    )


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    if endpoint.insecure_skip_verify:
        return trusting_anybody()
    if endpoint.ca_bundle is not None:
        return trusting(endpoint.ca_bundle)
    return bounded(httpx.create_ssl_context(trust_env=False))


def _version() -> str:
    try:
        return version("execution-operator")
    except PackageNotFoundError:
        return "0"
