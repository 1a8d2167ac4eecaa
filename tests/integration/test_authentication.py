"""Each way in which a server does not let the operator in, told with its reason and its remedy."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from execution_simulator import Simulator, serve
from execution_simulator.faults import AnswerStatus, Redirect
from execution_simulator.tokens import Standing
from support.kube import condition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from execution_simulator.faults import Fault

TOKEN = "demo-offline-token"
SECRET = 'the token is key "token" of Secret "hub-token"'
URL = "check the URL: https://host/test"
ANY = {"times": None}


@dataclass(frozen=True)
class Row:
    """A server, what is wrong with it, and what is told."""

    name: str
    reason: str
    told: tuple[str, ...]
    fault: Fault | None = None
    token: str = "hub-token"
    path: str = "/test"
    issued_for: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)


def answers(operation: str, status: int, body: str = "json", message: str = "no") -> AnswerStatus:
    return AnswerStatus(operation=operation, status=status, body=body, message=message, **ANY)


EXCHANGE = "exchange_token"
ROWS = (
    Row("wrong", "Unauthorized", ("create a new one", 'Secret "wrong"'), token="wrong"),
    Row(
        "expired",
        "Unauthorized",
        ("Offline session not active (HTTP 400)", "expired after 30 days", SECRET),
        answers(EXCHANGE, 400, message="Offline session not active"),
    ),
    Row("unpaid", "Unauthorized", ("HTTP 402", SECRET), answers(EXCHANGE, 402)),
    Row("licence", "LicenseRefused", ("assign a licence",), token="unlicensed"),
    Row("forbidden", "Forbidden", ("the rights", SECRET), answers("list_spaces", 403)),
    Row("stranger", "Unauthorized", ("a member there", SECRET), answers("list_spaces", 401)),
    Row("firewall", "Forbidden", ("let the operator through",), answers(EXCHANGE, 403, "html")),
    Row("login", "ProtocolError", ("let the operator through",), answers(EXCHANGE, 401, "html")),
    Row("no-context", "NotFound", (URL,), path=""),
    Row("page", "ProtocolError", (URL,), answers(EXCHANGE, 200, "html")),
    Row("page-404", "ProtocolError", (URL,), answers(EXCHANGE, 404, "html")),
    Row(
        "moved",
        "ProtocolError",
        ("set the URL it leads to",),
        Redirect(operation=EXCHANGE, location="http://127.0.0.1:1/", **ANY),
    ),
    Row(
        "unknown-authority", "TLSVerificationFailed", ("set tls.caBundle",), issued_for="127.0.0.1"
    ),
    Row(
        "other-name",
        "TLSVerificationFailed",
        ("use a name that the certificate has", 'the CA bundle is key "ca.crt" of Secret "ca"'),
        issued_for="hub.example.com",
        spec={"tls": {"caBundle": {"secretRef": {"name": "ca", "key": "ca.crt"}}}},
    ),
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextlib.asynccontextmanager
async def serving(row: Row, authority: trustme.CA) -> AsyncIterator[str]:
    simulator = Simulator()
    simulator.tokens.add("unlicensed-token", Standing.LICENCE_REFUSED)
    if row.fault is not None:
        simulator.faults.add(row.fault)
    context = None
    if row.issued_for is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(row.issued_for).configure_cert(context)
    async with serve(simulator, ssl_context=context) as url:
        yield url.removesuffix("/test") + row.path


@pytest.mark.usefixtures("operator")
async def test_each_way_to_be_kept_out_has_its_reason_and_its_remedy(namespace, authority):
    secrets = {"hub-token": TOKEN, "wrong": "wrong-token", "unlicensed": "unlicensed-token"}
    for name, token in secrets.items():
        await namespace.secret(name, token=token)
    await namespace.secret("ca", **{"ca.crt": authority.cert_pem.bytes().decode()})
    async with contextlib.AsyncExitStack() as servers:
        for row in ROWS:
            url = await servers.enter_async_context(serving(row, authority))
            await namespace.server(url, row.name, row.token, **row.spec)
        for row in ROWS:
            unknown = row.reason == "ProtocolError"
            found = await namespace.condition(
                "ExecutionServer", row.name, "Ready", "Unknown" if unknown else "False", row.reason
            )
            message = condition(found, "Ready")["message"]
            assert [part for part in row.told if part not in message] == [], message
            assert not [token for token in secrets.values() if token in str(found)]
            pending = "Reconciling" if unknown else "Stalled"
            assert condition(found, pending)["reason"] == row.reason
            assert condition(found, "Authenticated")["status"] != "True"
