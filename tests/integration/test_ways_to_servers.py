"""The way to a server: by a proxy, with others of the same host, open to be read by anybody."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from kubernetes.aio import client

from execution_simulator import serve
from execution_simulator.scripts import Match, Script
from support.kube import condition, until
from support.proxy import proxy_to

if TYPE_CHECKING:
    from execution_simulator import Simulator
    from execution_simulator.journal import Seen

SMOKE = "Shop/Tests/Smoke.testsuite"
PASSWORD = "pr0xy-passw0rd"
BUNDLE = {"caBundle": {"secretRef": {"name": "ca", "key": "ca.crt"}}}


@pytest.fixture(autouse=True)
async def _token(namespace, simulator: Simulator) -> None:
    await namespace.secret("hub-token", token="demo-offline-token")
    simulator.scripts.put(
        Script(name="t", match=Match(asset=SMOKE), transition_seconds=0.1, run_seconds=0.2)
    )


@pytest.mark.usefixtures("operator")
async def test_everything_goes_through_the_proxy_and_tls_ends_at_the_server(namespace, simulator):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hub.example.com").configure_cert(context)
    await namespace.secret("ca", **{"ca.crt": authority.cert_pem.bytes().decode()})
    async with serve(simulator, ssl_context=context) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        async with proxy_to(hub_example_com=port) as (proxy, proxy_url):
            await namespace.server(
                "https://hub.example.com/test",
                proxyURL=proxy_url,
                tls=BUNDLE,
                allowPlainHTTP=False,
            )
            await namespace.run("smoke")
            await namespace.phase("smoke", "Succeeded")
            assert set(proxy.asked) == {"CONNECT hub.example.com:443 HTTP/1.1"}
            assert "demo-offline-token" not in str(proxy.headers)
            assert "Authorization" not in str(proxy.headers)


@pytest.mark.usefixtures("operator")
async def test_a_proxy_that_asks_for_credentials_is_told_and_heals(namespace, simulator):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hub.example.com").configure_cert(context)
    await namespace.secret("ca", **{"ca.crt": authority.cert_pem.bytes().decode()})
    async with serve(simulator, ssl_context=context) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        async with proxy_to(hub_example_com=port) as (proxy, proxy_url):
            proxy.locked = True
            await namespace.server(
                "https://hub.example.com/test",
                proxyURL=proxy_url,
                tls=BUNDLE,
                allowPlainHTTP=False,
            )
            found = await namespace.condition(
                "ExecutionServer", "hub", "Ready", "Unknown", "ServerUnreachable"
            )
            told = condition(found, "Ready")["message"]
            assert "(HTTP 407); it asks for credentials" in told
            proxy.locked = False
            await namespace.condition("ExecutionServer", "hub", "Ready", "True")


HUB = "https://hub.example.com"
SECRETIVE = f"://user:{PASSWORD}@proxy.example.com:3128"


@pytest.mark.parametrize(
    ("url", "more", "told"),
    [
        pytest.param(HUB, {"proxyURL": f"http{SECRETIVE}"}, "spec.proxyURL", id="proxy"),
        pytest.param(f"https{SECRETIVE}", {}, "spec.testHub.url", id="server"),
    ],
)
async def test_a_password_in_a_url_is_refused_and_not_repeated(namespace, url, more, told):
    with pytest.raises(client.ApiException) as refusal:
        await namespace.server(url, **more)
    assert refusal.value.status == 422
    assert told in refusal.value.body
    assert "without user" in refusal.value.body
    assert PASSWORD not in refusal.value.body


async def test_a_way_that_others_can_read_is_measured(namespace, operator, hub_url):
    name = "execution_operator_server_insecure"

    async def measured(reason: str) -> float:
        label = f"{namespace.name}/hub"
        return await asyncio.to_thread(operator.metric, name, server=label, reason=reason)

    await namespace.server(hub_url)
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    assert await measured("PlainHTTP") == 1
    assert await measured("InsecureSkipVerify") == 0
    change = {"testHub": {"url": "https://127.0.0.1:9/"}, "tls": {"insecureSkipVerify": True}}
    await namespace.patch("ExecutionServer", "hub", {"spec": change})
    await namespace.condition("ExecutionServer", "hub", "Ready", "Unknown", "ServerUnreachable")
    assert await measured("PlainHTTP") == 0
    assert await measured("InsecureSkipVerify") == 1


SLOW, FAST = 5, 10
RUNS = 20
SLACK = 4
"""Requests that may come together because the machine was busy."""


@pytest.mark.usefixtures("operator")
async def test_servers_on_one_host_share_the_larger_limit_and_keep_their_own(
    namespace, simulator, hub_url
):
    # None ends: the ends of some would go before the starts of others.
    script = Script(name="t", match=Match(asset=SMOKE), run_seconds=600)
    simulator.scripts.put(script)
    for name, rate in (("slow", SLOW), ("fast", FAST)):
        limit = {"requestsPerSecond": rate, "burst": rate}
        await namespace.server(hub_url, name, rateLimit=limit, pollInterval="1s")
        await namespace.condition("ExecutionServer", name, "Ready", "True")
    names = [
        (f"{server}-{number}", server) for server in ("slow", "fast") for number in range(RUNS)
    ]
    await asyncio.gather(
        *(namespace.run(name, serverRef={"name": server}, tags=[server]) for name, server in names)
    )
    await until(
        lambda: simulator.requests.counts().get("start_execution") == len(names), "all starts"
    )
    seen = simulator.requests.read()
    assert not over(seen, FAST)
    assert not over([one for one in seen if _server_of(simulator, one) == "slow"], SLOW)


def over(seen: list[Seen] | tuple[Seen, ...], rate: int) -> list[tuple[int, float]]:
    """The stretches of time with more requests than a bucket of that rate and burst lets out."""
    return [
        (last - first + 1, seen[last].at - seen[first].at)
        for first in range(len(seen))
        for last in range(first, len(seen))
        if last - first + 1 > rate + rate * (seen[last].at - seen[first].at) + SLACK
    ]


def _server_of(simulator: Simulator, seen: Seen) -> str | None:
    """Whose run a request is about, as the run's own tag says."""
    if isinstance(seen.body, dict) and "tags" in seen.body:
        return seen.body["tags"][0]
    last = seen.path.rpartition("/")[2]
    runs = [run for run in simulator.ledger.all() if last in {run.id, run.result_id}]
    return runs[0].tags[0] if runs else None
