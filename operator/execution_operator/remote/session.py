"""Opens connections only to allowed addresses, and lets bytes out only past a fence.

It knows aiohttp and nothing of what is sent.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from execution_operator.remote.addresses import HostPolicy

    Hook = Callable[[], None]

_MOST_CONNECTIONS: Final = 100


@dataclass(slots=True)
class Sending:
    """What is known of a request under way; the connection's side fills it in.

    Attributes:
        bytes_left: whether the request's own bytes may be on the wire.
        refused_address: why an address was not connected to.
        status: of the answer, once its headers came.
    """

    bytes_left: bool = False
    refused_address: str | None = None
    status: int | None = None


@dataclass(slots=True)
class Fence:
    """Stands between a connection and the request's first byte."""

    sending: Sending
    before_bytes: Hook | None
    refusal: BaseException | None = field(default=None, init=False)

    def pass_through(self) -> None:
        """Ask whether bytes may leave, and note that they do."""
        try:
            if self.before_bytes is not None:
                self.before_bytes()
        except BaseException as refusal:
            self.refusal = refusal  # the library may wrap it on its way out
            raise
        self.sending.bytes_left = True


# A key and no state: each request's task has a value of its own. httpx-aiohttp hands nothing of a
# request on to aiohttp but what goes out.
_FENCE: Final[ContextVar[Fence | None]] = ContextVar("fence", default=None)


@contextmanager
def standing_at(fence: Fence) -> Iterator[None]:
    """Let the requests of this task pass that fence."""
    mark = _FENCE.set(fence)
    try:
        yield
    finally:
        _FENCE.reset(mark)


def fenced_session(context: ssl.SSLContext, hosts: HostPolicy) -> aiohttp.ClientSession:
    """Make a session without cookies, credentials or proxies of its own.

    Its sockets are made for one address each, the very one they are then connected to: so no
    second look-up can bring another address, and no spelling of one slips through.
    """

    def guarded_socket(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = address_info
        if (why := hosts.refuses_address(address[0])) is not None:
            if (fence := _FENCE.get()) is not None:
                fence.sending.refused_address = why
            raise PermissionError(why)
        return socket.socket(family, kind, protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            ssl=context, limit=_MOST_CONNECTIONS, socket_factory=guarded_socket
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        request_class=_FencedRequest,
        trust_env=False,
    )


class _FencedRequest(aiohttp.ClientRequest):
    """Asks the fence when a connection stands, new or kept.

    Not in aiohttp's tracing hooks: what they raise leaves the connection open and unowned.
    """

    async def send(self, conn: Any) -> Any:  # noqa: ANN401 - aiohttp does not export the types
        if (fence := _FENCE.get()) is not None:
            fence.pass_through()
        return await super().send(conn)
