"""Tells what an exception of the HTTP libraries means; it sends nothing and raises nothing.

It looks at causes and at whether bytes left, never at httpx's classes: httpx-aiohttp 0.2.0 calls a
lost answer a ConnectTimeout.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import aiohttp

from execution_operator.remote.bodies import UnreadableBodyError
from execution_operator.remote.errors import (
    Ambiguous,
    HostNotAllowed,
    ProtocolError,
    RemoteError,
    TLSVerificationFailed,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from execution_operator.remote.messages import Request
    from execution_operator.remote.session import Sending


# OpenSSL's verification codes (x509_vfy.h): what another CA bundle does not mend.
_TRUST_REMEDIES: Final = {
    9: "check the clocks of the server and of this node",
    10: "renew the certificate on the server",
    62: "use a name that the certificate has, or renew it with this one",
    64: "use a name that the certificate has, or renew it with this address",
}
_UNKNOWN_AUTHORITY: Final = "set tls.caBundle to the authority that signed it"
_PROXY_REMEDIES: Final = {
    407: "it asks for credentials, of which there are none for proxies: let the operator through",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer.

    Attributes:
        code: a metric's label: the status, or timeout, refused, tls, reset.
        cause: for people, one line without anything that was sent or received.
        host_failed: whether it speaks against the host, and not against our settings.
    """

    code: str
    cause: str
    kind: type[RemoteError] = Unreachable
    host_failed: bool = True

    def meaning(self, request: Request, sending: Sending) -> RemoteError:
        """The error to raise: in doubt, when it may have been carried out and must not twice."""
        in_doubt = sending.bytes_left and not request.repeatable
        kind = Ambiguous if in_doubt else self.kind
        return kind(f"cannot {request.purpose}: {self.cause}", status=sending.status)


def classify(
    error: BaseException, sending: Sending, server: str, proxy: str | None = None
) -> Failure:
    """Tell what went wrong with a request to `server`, an origin, perhaps by way of a proxy."""
    causes = tuple(_chain(error))
    if isinstance(error, UnreadableBodyError):
        return Failure(str(sending.status), str(error), ProtocolError, host_failed=False)
    if sending.bytes_left:
        return _lost(causes, server, sending)
    if sending.refused_address is not None:
        return Failure("refused", sending.refused_address, HostNotAllowed, host_failed=False)
    if proxy is not None and _has(causes, aiohttp.ClientProxyConnectionError):
        failure = _not_connected(causes, f"the proxy {proxy}")
        return replace(failure, cause=f"{failure.cause}; check proxyURL")
    return _not_connected(causes, server)


def _lost(causes: tuple[BaseException, ...], server: str, sending: Sending) -> Failure:
    if _has(causes, TimeoutError):
        return Failure("timeout", f"{server} did not answer in time")
    if _has(causes, aiohttp.ClientResponseError) or _has(causes, ValueError):
        return Failure("reset", f"what {server} answered is not HTTP", ProtocolError)
    if sending.status is not None:
        return Failure("reset", f"{server} broke off its answer")
    return Failure("reset", f"{server} closed the connection without an answer")


def _not_connected(causes: tuple[BaseException, ...], server: str) -> Failure:
    for cause in reversed(causes):  # the innermost first: aiohttp's own classes pose as ssl's
        match cause:
            case ssl.SSLCertVerificationError():
                why = cause.verify_message or "certificate verify failed"
                remedy = _TRUST_REMEDIES.get(cause.verify_code, _UNKNOWN_AUTHORITY)
                text = f"cannot trust the certificate of {server}: {why}; {remedy}"
                return Failure("tls", text, TLSVerificationFailed, host_failed=False)
            case ssl.SSLError() | ssl.CertificateError():
                text = f"no TLS 1.2 or newer with {server}: {_tls_reason(cause)}"
                return Failure("tls", text, TLSVerificationFailed, host_failed=False)
            case socket.gaierror():
                return Failure("refused", f"the host name of {server} is not known; check the URL")
            case TimeoutError():
                return Failure("timeout", f"no connection to {server} in time")
            case aiohttp.ClientHttpProxyError():
                remedy = _PROXY_REMEDIES.get(cause.status, "check proxyURL and what it allows")
                text = f"the proxy did not connect to {server} (HTTP {cause.status}); {remedy}"
                return Failure("refused", text)
            case ConnectionRefusedError():
                return Failure("refused", f"{server} refused the connection")
            case _:
                continue
    return Failure("refused", f"no connection to {server}")


def _tls_reason(error: ssl.SSLError | ssl.CertificateError) -> str:
    """OpenSSL's name of the reason, from a closed set."""
    reason = getattr(error, "reason", None)
    return str(reason).lower().replace("_", " ") if reason else "the handshake failed"


def _has(causes: tuple[BaseException, ...], kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in causes)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
