"""Keeps one access token fresh for all requests to a server; it knows tokens and no runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from execution_operator.remote.answers import Answer
from execution_operator.remote.errors import LicenseRefused, Unauthorized
from execution_operator.remote.redaction import Redactor
from execution_operator.remote.testhub.protocol import exchange_token
from execution_operator.remote.testhub.reading import read_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from execution_operator.remote.errors import RemoteError
    from execution_operator.remote.messages import Request, Response

    Exchange = Callable[[Request], Awaitable[Response]]
    OfflineToken = Callable[[bool], Awaitable[str]]

_DEFAULT_LIFE_SECONDS: Final = 60.0
_LONGEST_LIFE_SECONDS: Final = 86_400.0
_MARGIN_SECONDS: Final = 30.0
_SHARE_OF_LIFE: Final = 0.8
_KEPT: Final = 6
_FIRST_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Issued:
    token: SecretStr
    offline_token: SecretStr
    renew_at: float


@dataclass(frozen=True, slots=True)
class _InVain:
    """A new token that was refused like the one before it."""

    issued: _Issued
    until: float
    pause: float


@dataclass(frozen=True, slots=True)
class _Refused:
    offline_token: SecretStr
    error: RemoteError
    until: float


def lifetime(expires_in: int | None) -> float:
    """Seconds to use a token: until 30 s before its end, or 80 % where that is longer."""
    life = min(float(expires_in or _DEFAULT_LIFE_SECONDS), _LONGEST_LIFE_SECONDS)
    return max(_SHARE_OF_LIFE * life, life - _MARGIN_SECONDS)


class Tokens:
    """Access tokens got with an offline token.

    Whoever asks while a renewal is under way waits for that one. An offline token that was
    refused is not tried again before `refusal_seconds`, unless its text changes; one whose access
    tokens are refused is exchanged after pauses that grow up to that.
    """

    def __init__(
        self,
        exchange: Exchange,
        offline_token: OfflineToken,
        *,
        clock: Callable[[], float],
        refusal_seconds: float = 60.0,
    ) -> None:
        """Get tokens by `exchange`.

        Args:
            exchange: sends a request without a token.
            offline_token: gives the offline token; True asks for it anew, past any cache.
            clock: monotonic seconds.
            refusal_seconds: how long a refused offline token is left alone; the longest pause.
        """
        self._exchange = exchange
        self._offline_token = offline_token
        self._clock = clock
        self._refusal_seconds = refusal_seconds
        self._issued: _Issued | None = None
        self._refused: _Refused | None = None
        self._in_vain: _InVain | None = None
        self._renewal: asyncio.Task[SecretStr] | None = None
        self._secrets: tuple[SecretStr, ...] = ()
        self._redactor = Redactor(())

    async def access(self) -> SecretStr:
        """Return a token that should still be good.

        Raises:
            RemoteError: there is none to be had; what `offline_token` raises is passed on.
        """
        issued = self._issued
        if issued is not None and self._clock() < issued.renew_at:
            return issued.token
        return await self._renewed(fresh=False)

    async def replace(self, used: SecretStr) -> bool:
        """Get another token than `used`, which was refused, unless somebody did already.

        Returns:
            Whether there is another one to try: not while the last one was got in vain.
        """
        issued = self._issued
        if issued is not None and issued.token != used:
            return True
        if issued is not None and await self._is_vain(issued):
            return False
        await self._renewed(fresh=True)
        return True

    def replaced(self, token: SecretStr, *, helped: bool) -> None:
        """Tell whether the request that was refused before was let in with that new token."""
        issued, before = self._issued, self._in_vain
        if helped:
            self._in_vain = None
        elif (
            issued is not None
            and issued.token == token
            and not (before is not None and before.issued == issued)
        ):
            pause = min(2 * before.pause if before else _FIRST_PAUSE_SECONDS, self._refusal_seconds)
            self._in_vain = _InVain(issued, self._clock() + pause, pause)

    def turn_to(self, offline: SecretStr) -> bool:
        """Use that offline token from now on; returns whether that changed anything.

        An access token that was got with another one is no longer used, since its life has no
        bound that matters to whoever took the other away.
        """
        issued = self._issued
        if issued is None or issued.offline_token == offline:
            return False
        self._issued = None
        return True

    async def offline(self) -> SecretStr:
        """Return the offline token, which a run needs for itself."""
        return self._noted(await self._offline_token(False))  # noqa: FBT003 - the port's form

    def redactor(self, *more: str) -> Redactor:
        """Make a redactor for all tokens in use, and for other values."""
        return Redactor([*self._values(), *more]) if more else self._redactor

    async def close(self) -> None:
        """Give up a renewal that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    async def _renewed(self, *, fresh: bool) -> SecretStr:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(fresh=fresh), name="renew token")
            # Its waiters may all have gone away: then nobody else takes the exception.
            self._renewal.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._renewal)

    async def _renew(self, *, fresh: bool) -> SecretStr:
        offline = self._noted(await self._offline_token(fresh))
        self._require_untried(offline)
        try:
            return await self._exchanged(offline)
        except (Unauthorized, LicenseRefused):
            if fresh:
                raise
        newer = self._noted(await self._offline_token(True))  # noqa: FBT003 - the port's form
        self._require_untried(newer)
        return await self._exchanged(newer)

    async def _exchanged(self, offline: SecretStr) -> SecretStr:
        begin = self._clock()
        request = exchange_token(offline.get_secret_value())
        response = await self._exchange(request)
        try:
            token = read_token(Answer(request, response, self.redactor()))
        except (Unauthorized, LicenseRefused) as error:
            self._refused = _Refused(offline, error, begin + self._refusal_seconds)
            error.retry_after = self._refusal_seconds
            raise
        self._refused = None
        self._issued = _Issued(token.access_token, offline, begin + lifetime(token.expires_in))
        return self._noted(token.access_token.get_secret_value())

    async def _is_vain(self, issued: _Issued) -> bool:
        """Whether to wait before the same offline token is exchanged again."""
        vain = self._in_vain
        if vain is None or vain.until <= self._clock():
            return False
        offline = self._noted(await self._offline_token(True))  # noqa: FBT003 - the port's form
        return offline == issued.offline_token

    def _require_untried(self, offline: SecretStr) -> None:
        refused = self._refused
        if refused is None or refused.offline_token != offline:
            return
        left = refused.until - self._clock()
        if left > 0:
            again = type(refused.error)(
                refused.error.message, retry_after=left, status=refused.error.status
            )
            raise again

    def _noted(self, text: str) -> SecretStr:
        """Remember a token to hide it: the newest few, since old ones turn up in answers too."""
        secret = SecretStr(text)
        if secret not in self._secrets:
            self._secrets = (*self._secrets, secret)[-_KEPT:]
            self._redactor = Redactor(self._values())
        return secret

    def _values(self) -> list[str]:
        return [secret.get_secret_value() for secret in self._secrets]
