"""How every call to a Test Hub is made: with a token, once more after a 401, page by page.

It knows no particular call.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from execution_operator.remote.answers import Answer
from execution_operator.remote.errors import ProtocolError, RemoteError
from execution_operator.remote.testhub import reading
from execution_operator.remote.whole_list import WholeList

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import SecretStr

    from execution_operator.remote.messages import Receiver, Request, Response
    from execution_operator.remote.testhub.auth import Tokens
    from execution_operator.remote.testhub.reading import Item
    from execution_operator.remote.transport import Transport

    Build = Callable[[], Awaitable[Request]]

Read = TypeVar("Read")
_UNAUTHORIZED: Final = 401
_MOST_PAGES: Final = 1000


class Calls:
    """Sends requests with one user's tokens."""

    def __init__(self, transport: Transport, tokens: Tokens) -> None:
        self._transport = transport
        self._tokens = tokens

    async def answer(
        self,
        request: Request,
        *,
        before_bytes: Callable[[], None] | None = None,
        secrets: tuple[str, ...] = (),
        receiver: Receiver | None = None,
    ) -> Answer:
        """Send a request as it is.

        Args:
            request: what to send.
            before_bytes: called immediately before bytes leave; what it raises is passed on.
            secrets: values to hide in the server's words, beside the tokens.
            receiver: takes the body of a 2xx piece by piece.
        """
        return await self.built(
            _same(request), before_bytes=before_bytes, secrets=secrets, receiver=receiver
        )

    async def built(
        self,
        build: Build,
        *,
        before_bytes: Callable[[], None] | None = None,
        secrets: tuple[str, ...] = (),
        receiver: Receiver | None = None,
    ) -> Answer:
        """Send a request that is built anew for each attempt, since it holds a token itself."""
        used: list[SecretStr] = []

        async def bearer() -> str:
            used.append(await self._tokens.access())
            return used[-1].get_secret_value()

        async def send() -> tuple[Request, Response]:
            request = await build()
            return request, await self._transport.send(
                request, bearer=bearer, before_bytes=before_bytes, receiver=receiver
            )

        request, response = await send()
        if response.status == _UNAUTHORIZED and await self._tokens.replace(used[-1]):
            request, response = await send()
            self._tokens.replaced(used[-1], helped=response.status != _UNAUTHORIZED)
        return Answer(request, response, self._tokens.redactor(*secrets))

    async def all_pages(
        self, model: type[Item], request: Callable[[int], Request], *, may_be_short: bool = False
    ) -> WholeList[Item]:
        """Read a list, all pages of it.

        Args:
            model: what it is a list of.
            request: makes the request for a page.
            may_be_short: whoever asks looks after what is missing from it, and `is_short` says so.

        Raises:
            RemoteError: the list is not complete; what is missing from it would prove nothing.
                It tells the server's seconds as well, those of the pages before included.
        """
        gathered, seconds = reading.Pages(model, may_be_short=may_be_short), 0.0
        try:
            for page in range(_MOST_PAGES):
                answer = await self.answer(request(page))
                seconds += answer.response.server_seconds
                if not await off_loop(gathered.add, answer):
                    items = tuple(gathered.found.values())
                    return WholeList(items, seconds, gathered.pages, gathered.is_short)
        except RemoteError as error:
            error.server_seconds += seconds
            raise
        message = f"cannot {request(0).purpose}: the list has more than {_MOST_PAGES} pages"
        endless = ProtocolError(message)
        endless.server_seconds = seconds
        raise endless


async def off_loop(read: Callable[[Answer], Read], answer: Answer) -> Read:
    """Read an answer; a large one in a thread, so that everything else goes on."""
    if answer.is_large:
        return await asyncio.to_thread(read, answer)
    return read(answer)


def _same(request: Request) -> Build:
    async def build() -> Request:
        return request

    return build
