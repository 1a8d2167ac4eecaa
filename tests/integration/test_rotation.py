"""Tokens and authorities that are exchanged under a running operator: no restart, no run lost."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from kubernetes.aio import client

from execution_simulator import serve
from execution_simulator.faults import Delay
from execution_simulator.runs import current
from execution_simulator.scripts import Match, Script
from support.kube import condition, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from execution_simulator import Simulator

SMOKE = "Shop/Tests/Smoke.testsuite"
OLD, NEW = "demo-offline-token", "the-next-offline-token"
MERGE = "application/merge-patch+json"
IN_DOUBT = "in doubt whether a run was started"


@pytest.fixture(autouse=True)
def _script(simulator: Simulator) -> None:
    script = Script(name="t", match=Match(asset=SMOKE), transition_seconds=0.1, run_seconds=3)
    simulator.scripts.put(script)


def exchanges(simulator: Simulator) -> int:
    return simulator.requests.counts().get("exchange_token", 0)


def refusals(simulator: Simulator) -> list[str]:
    return [one.operation for one in simulator.requests.read() if one.status == 401]


def one_run_each(simulator: Simulator, names: list[str]) -> bool:
    runs = simulator.ledger.all()
    now = simulator.clock.now()
    words = {current(run.timeline, now).status for run in runs}
    return len(runs) == len(names) and words == {"COMPLETE"}


@pytest.mark.usefixtures("hub", "operator")
async def test_a_new_token_is_used_before_the_old_one_is_refused(namespace, simulator):
    names = [f"smoke-{number}" for number in range(6)]
    for name in names[:3]:
        await namespace.run(name)
        await namespace.phase(name, "Running")
    simulator.tokens.add(NEW)
    before = exchanges(simulator)
    await namespace.change_secret("hub-token", token=NEW)
    await until(lambda: exchanges(simulator) > before, "an exchange of the new token")
    simulator.tokens.remove(OLD)
    for name in names[3:]:
        await namespace.run(name)
    for name in names:
        await namespace.phase(name, "Succeeded")
    assert refusals(simulator) == []
    assert one_run_each(simulator, names)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_token_that_is_revoked_first_is_told_and_heals_with_the_next(namespace, simulator):
    await namespace.run("smoke-0")
    await namespace.phase("smoke-0", "Running")
    simulator.tokens.remove(OLD)
    refused = await namespace.condition(
        "ExecutionServer", "hub", "Authenticated", "False", "Unauthorized"
    )
    told = condition(refused, "Stalled")["message"]
    assert 'key "token" of Secret "hub-token"' in told
    await namespace.run("smoke-1")
    simulator.tokens.add(NEW)
    await namespace.change_secret("hub-token", token=NEW)
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    for name in ("smoke-0", "smoke-1"):
        await namespace.phase(name, "Succeeded")
    assert one_run_each(simulator, ["smoke-0", "smoke-1"])


@pytest.mark.usefixtures("hub", "operator")
async def test_a_wrong_new_token_is_told_although_the_old_one_would_still_do(namespace, simulator):
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    await namespace.change_secret("hub-token", token="mistyped")
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "Unauthorized")
    await namespace.change_secret("hub-token", token=OLD)
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    assert simulator.tokens.knows(OLD)


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


class Secure:
    """A server whose certificate can be exchanged while it serves."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        self.url = url
        self._context = context

    def show(self, authority: trustme.CA) -> None:
        authority.issue_cert("127.0.0.1").configure_cert(self._context)


@pytest.fixture
async def secure(simulator: Simulator) -> AsyncIterator[Secure]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    async with serve(simulator, ssl_context=context) as url:
        yield Secure(url, context)


async def write_bundle(namespace, source: str, text: str) -> None:
    meta = client.V1ObjectMeta(name="ca")
    if source == "configMapRef":
        body = client.V1ConfigMap(metadata=meta, data={"ca.crt": text})
        await namespace.core.create_namespaced_config_map(namespace.name, body)
    else:
        await namespace.secret("ca", **{"ca.crt": text})


async def change_bundle(namespace, source: str, text: str) -> None:
    if source == "configMapRef":
        await namespace.core.patch_namespaced_config_map(
            "ca", namespace.name, {"data": {"ca.crt": text}}, _content_type=MERGE
        )
    else:
        await namespace.change_secret("ca", **{"ca.crt": text})


@pytest.mark.parametrize("source", ["configMapRef", "secretRef"])
async def test_another_authority_takes_effect_under_runs_and_starts(
    namespace, operator, simulator, secure, source
):
    old, new = trustme.CA(), trustme.CA()
    secure.show(old)
    await namespace.secret("hub-token", token=OLD)
    await write_bundle(namespace, source, pem(old))
    tls = {"caBundle": {source: {"name": "ca", "key": "ca.crt"}}}
    await namespace.server(secure.url, tls=tls, allowPlainHTTP=False)
    names = [f"smoke-{number}" for number in range(8)]
    for name in names[:3]:
        await namespace.run(name)
        await namespace.phase(name, "Running")
    # Starts whose answers take longer than the exchange of the connection.
    simulator.faults.add(Delay(operation="start_execution", seconds=2.0, times=None))
    await asyncio.gather(*(namespace.run(name) for name in names[3:]))
    await until(lambda: simulator.requests.counts()["start_execution"] == len(names), "all starts")
    secure.show(new)
    before = exchanges(simulator)
    await change_bundle(namespace, source, pem(new))
    await until(lambda: exchanges(simulator) > before, "a new connection")
    for name in names:
        await namespace.phase(name, "Succeeded")
    assert one_run_each(simulator, names)
    assert simulator.requests.counts()["start_execution"] == len(names)
    assert [line for line in operator.lines if line.get("event") == IN_DOUBT] == []
    ready = await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    assert condition(ready, "Ready")["message"] == "usable"


async def test_a_certificate_that_changes_before_the_bundle_is_told_and_heals(
    namespace, operator, simulator, secure
):
    old, new = trustme.CA(), trustme.CA()
    secure.show(old)
    await namespace.secret("hub-token", token=OLD)
    await write_bundle(namespace, "configMapRef", pem(old))
    tls = {"caBundle": {"configMapRef": {"name": "ca", "key": "ca.crt"}}}
    await namespace.server(secure.url, tls=tls, allowPlainHTTP=False)
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    secure.show(new)
    # The kept connection still has the old one; another spec opens another connection.
    await namespace.patch("ExecutionServer", "hub", {"spec": {"timeouts": {"connect": "9s"}}})
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "TLSVerificationFailed")
    await namespace.run("smoke")
    await change_bundle(namespace, "configMapRef", pem(new))
    await namespace.phase("smoke", "Succeeded")
    assert one_run_each(simulator, ["smoke"])
    assert operator.process.returncode is None
