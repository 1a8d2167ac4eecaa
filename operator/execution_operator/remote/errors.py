"""What can go wrong with an execution server, by meaning; it knows no library and no protocol."""

# ruff: noqa: N818 - these are meanings, and read better without the suffix

from __future__ import annotations

from typing import ClassVar, Final


class RemoteError(Exception):
    """A request that did not bring what it was for.

    Attributes:
        reason: CamelCase, as conditions and metrics show it.
        message: one line without secrets, `cannot <verb> <thing>: <cause>`.
        retry_after: seconds after which a repeat makes sense, where somebody said so.
        status: the HTTP status, where there was an answer.
        server_seconds: what the server took until then, without any wait of our own.
    """

    reason: ClassVar[str] = "RemoteError"

    def __init__(
        self, message: str, *, retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status
        self.server_seconds = 0.0

    @property
    def message(self) -> str:
        """What to tell people."""
        return str(self.args[0])


class Unreachable(RemoteError):
    """No usable answer, and nothing was changed: refused, DNS, lost on a safe request, 5xx."""

    reason = "ServerUnreachable"


class Closed(Unreachable):
    """We closed the connection, for another one or for good; it says nothing about the server."""


class TLSVerificationFailed(RemoteError):
    """The server could not prove who it is; nothing was sent."""

    reason = "TLSVerificationFailed"


class HostNotAllowed(RemoteError):
    """The server's or the proxy's host or address is not allowed; nothing was sent."""

    reason = "HostNotAllowed"


class Unauthorized(RemoteError):
    """The token was refused, also after it was renewed."""

    reason = "Unauthorized"


class LicenseRefused(RemoteError):
    """403 where tokens are exchanged: the user has no licence."""

    reason = "LicenseRefused"


class Forbidden(RemoteError):
    """The user may not do this."""

    reason = "Forbidden"


class RateLimited(RemoteError):
    """Too many requests, or 503 with a Retry-After; nothing was changed."""

    reason = "RateLimited"


class NotFound(RemoteError):
    """The API itself, in its JSON, says that there is no such thing."""

    reason = "NotFound"


class Gone(RemoteError):
    """410: it was there, and the server does not keep it any more."""

    reason = "Gone"


class Rejected(RemoteError):
    """The server understood and refuses; the message carries its words."""

    reason = "Rejected"


class Ambiguous(RemoteError):
    """A request that must not be repeated left, and nobody knows what came of it."""

    reason = "SubmitAmbiguous"


class ProtocolError(RemoteError):
    """An answer that is none of this API's: HTML, a redirect, no sense, too large.

    For a request that must not be repeated this says that it changed nothing (a proxy's 404, a
    redirect to be repeated elsewhere); where that is not sure the error is Ambiguous.
    """

    reason = "ProtocolError"


PASSING: Final = (Unreachable, RateLimited, ProtocolError)
"""What is likely to pass, and told only when it lasts."""
