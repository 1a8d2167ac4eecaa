"""What about a connection lets others read or forge what is sent; pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from execution_operator.api.execution_server import ExecutionServerSpec


class Caution(StrEnum):
    """The metric's labels, one for each field that allows it."""

    INSECURE_SKIP_VERIFY = "InsecureSkipVerify"
    PLAIN_HTTP = "PlainHTTP"


_WORDS = {
    Caution.INSECURE_SKIP_VERIFY: "its certificate is not checked (tls.insecureSkipVerify)",
    Caution.PLAIN_HTTP: "the connection is not encrypted (allowPlainHTTP)",
}


def cautions_of(spec: ExecutionServerSpec) -> frozenset[Caution]:
    """What there is to be told; of a connection without TLS only that."""
    hub = spec.test_hub or spec.perfecto
    if hub is not None and hub.url.lower().startswith("http:"):
        return frozenset({Caution.PLAIN_HTTP}) if spec.allow_plain_http else frozenset()
    skips = spec.tls is not None and spec.tls.insecure_skip_verify
    return frozenset({Caution.INSECURE_SKIP_VERIFY}) if skips else frozenset()


def told(spec: ExecutionServerSpec) -> str:
    """What the condition of a usable server says."""
    return "; ".join(["usable", *(_WORDS[one] for one in sorted(cautions_of(spec)))])
