"""What a server's object refers to and how it may be reached: told when wrong, and it heals."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import sys
from typing import TYPE_CHECKING

import pytest
import trustme
from kubernetes.aio import client

from execution_simulator import serve
from execution_simulator.world import Space
from support.kube import condition
from support.operator_process import QUICK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from execution_simulator import Simulator
    from support.kube import Json, Namespace

MERGE = "application/merge-patch+json"
BUNDLE = {"caBundle": {"configMapRef": {"name": "ca", "key": "ca.crt"}}}
NOT_ALLOWED = ("ExecutionServer", "hub", "Ready", "False", "HostNotAllowed")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def secure_url(simulator: Simulator, authority: trustme.CA) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with serve(simulator, ssl_context=context) as url:
        yield url


@pytest.fixture(autouse=True)
async def _token(namespace: Namespace) -> None:
    await namespace.secret("hub-token", token="demo-offline-token")


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


async def create_bundle(namespace: Namespace, **data: str) -> None:
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="ca"), data=data)
    await namespace.core.create_namespaced_config_map(namespace.name, body)


async def change_bundle(namespace: Namespace, **data: str) -> None:
    await namespace.core.patch_namespaced_config_map(
        "ca", namespace.name, {"data": data}, _content_type=MERGE
    )


async def ready(namespace: Namespace, status: str, reason: str, name: str = "hub") -> Json:
    found = await namespace.condition("ExecutionServer", name, "Ready", status, reason)
    return condition(found, "Ready")["message"]


def hub(url: str, **more: Json) -> Json:
    secret = {"name": "hub-token", "key": "token"}
    return {"url": url, "offlineTokenSecretRef": secret} | more


@pytest.mark.usefixtures("operator")
async def test_each_way_in_which_a_ca_bundle_is_wrong_is_told_and_the_right_one_heals(
    namespace, secure_url, authority
):
    await namespace.server(secure_url, tls=BUNDLE, allowPlainHTTP=False)
    await namespace.run("smoke")
    told = await ready(namespace, "False", "ReferenceNotFound")
    assert 'cannot find ConfigMap "ca": create it with the key ca.crt' in told
    await namespace.condition("TestExecution", "smoke", "Accepted", "False", "ServerNotReady")
    await create_bundle(namespace, **{"ca.pem": pem(authority)})
    await namespace.wait(
        "ExecutionServer",
        "hub",
        "the missing key",
        lambda found: (
            'ConfigMap "ca" has no key "ca.crt": it has ca.pem'
            in condition(found, "Ready")["message"]
        ),
    )
    await ready(namespace, "False", "ReferenceNotFound")
    await change_bundle(namespace, **{"ca.crt": "-----BEGIN RUBBISH-----"})
    told = await ready(namespace, "False", "TLSVerificationFailed")
    assert "the CA bundle has no readable PEM certificate" in told
    await change_bundle(namespace, **{"ca.crt": pem(trustme.CA())})
    await namespace.wait(
        "ExecutionServer",
        "hub",
        "another authority",
        lambda found: "cannot trust the certificate" in condition(found, "Ready")["message"],
    )
    await change_bundle(namespace, **{"ca.crt": pem(authority)})
    assert await ready(namespace, "True", "Ready") == "usable"
    await namespace.phase("smoke", "Succeeded")


@pytest.mark.usefixtures("operator")
async def test_without_a_bundle_an_unknown_authority_is_told_until_there_is_one(
    namespace, secure_url, authority, simulator
):
    await namespace.server(secure_url, allowPlainHTTP=False)
    told = await ready(namespace, "False", "TLSVerificationFailed")
    assert "set tls.caBundle" in told
    assert simulator.requests.counts() == {}
    await namespace.secret("ca", **{"ca.crt": pem(authority)})
    bundle = {"caBundle": {"secretRef": {"name": "ca", "key": "ca.crt"}}}
    await namespace.patch("ExecutionServer", "hub", {"spec": {"tls": bundle}})
    await ready(namespace, "True", "Ready")


@pytest.mark.usefixtures("operator")
async def test_a_connection_that_others_can_read_says_so(namespace, secure_url, hub_url):
    await namespace.server(hub_url, "plain")
    await namespace.server(secure_url, "blind", tls={"insecureSkipVerify": True})
    assert "not encrypted" in await ready(namespace, "True", "Ready", "plain")
    assert "certificate is not checked" in await ready(namespace, "True", "Ready", "blind")


async def test_an_unknown_or_ambiguous_space_is_told_and_heals(
    namespace, start, hub_url, simulator
):
    await start(poll_period="300ms")
    await namespace.server(hub_url, testHub=hub(hub_url, space={"name": "Lab"}))
    await namespace.run("smoke")
    told = await ready(namespace, "False", "ReferenceNotFound")
    assert 'no team spaces are called "Lab"' in told
    await namespace.condition("TestExecution", "smoke", "Accepted", "False", "ServerNotReady")
    for number in (1, 2):
        simulator.world.put_space(Space(id=f"lab-{number}", display_name="Lab"))
    await namespace.wait(
        "ExecutionServer",
        "hub",
        "two spaces",
        lambda found: '2 team spaces are called "Lab"' in condition(found, "Ready")["message"],
    )
    simulator.world.remove_space("lab-2")
    await ready(namespace, "True", "Ready")
    found = await namespace.get("ExecutionServer", "hub")
    assert found["status"]["space"] == {"id": "lab-1", "name": "Lab"}
    await namespace.phase("smoke", "Succeeded")


@pytest.mark.usefixtures("operator")
async def test_an_unusable_token_is_told_without_being_shown_and_heals(namespace, hub_url):
    secrets = {"empty": b"  \n", "binary": b"\xff\xfe\x00"}
    for name, value in secrets.items():
        await _binary_secret(namespace, name, value)
        await namespace.server(hub_url, name, token=name)
    assert 'key "token" is empty' in await ready(namespace, "False", "SecretKeyMissing", "empty")
    assert "is not text" in await ready(namespace, "False", "SecretKeyMissing", "binary")
    for name in secrets:
        await namespace.change_secret(name, token="demo-offline-token")
        await ready(namespace, "True", "Ready", name)


async def _binary_secret(namespace: Namespace, name: str, value: bytes) -> None:
    data = {"token": base64.b64encode(value).decode()}
    body = client.V1Secret(metadata=client.V1ObjectMeta(name=name), data=data)
    await namespace.core.create_namespaced_secret(namespace.name, body)


@pytest.mark.usefixtures("operator")
async def test_a_url_that_only_the_operator_can_judge_is_told_and_heals(namespace, hub_url):
    wrong = {
        "query": f"{hub_url}?a=b",
        "port": "http://127.0.0.1:99999/test",
        "dots": "http://127.0.0.1/test/../other",
    }
    for name, url in wrong.items():
        await namespace.server(url, name)
    for name in wrong:
        assert "cannot use the URL" in await ready(namespace, "False", "InvalidSpec", name)
        change = {"spec": {"testHub": {"url": f"{hub_url}/#/projects"}}}
        await namespace.patch("ExecutionServer", name, change)
        await ready(namespace, "True", "Ready", name)


async def test_a_host_that_is_not_among_the_allowed_is_never_connected_to(
    namespace, start, hub_url, simulator
):
    operator = await start("--allowed-server-host=*.example.com", "--allowed-server-host=LOCALhost")
    await operator.leading()
    await namespace.server(hub_url)
    await namespace.run("smoke")
    told = condition(await namespace.condition(*NOT_ALLOWED), "Ready")["message"]
    assert 'host "127.0.0.1" is not among the allowed server hosts' in told
    await namespace.condition("ExecutionServer", "hub", "Stalled", "True", "HostNotAllowed")
    assert simulator.requests.counts() == {}
    allowed = hub_url.replace("127.0.0.1", "localhost")
    await namespace.patch("ExecutionServer", "hub", {"spec": {"testHub": {"url": allowed}}})
    await namespace.phase("smoke", "Succeeded")
    proxied = {"spec": {"proxyURL": "http://127.0.0.1:1"}}
    await namespace.patch("ExecutionServer", "hub", proxied)
    await namespace.condition(*NOT_ALLOWED)


@pytest.mark.usefixtures("operator")
async def test_link_local_addresses_are_refused_in_every_spelling(namespace):
    spellings = {
        "dotted": "169.254.169.254",
        "number": "2852039166",
        "hex": "0xa9.0xfe.0xa9.0xfe",
        "mapped": "[::ffff:169.254.169.254]",
        "six": "[fe80::1]",
    }
    for name, host in spellings.items():
        await namespace.server(f"http://{host}/latest", name)
    for name in spellings:
        told = await ready(namespace, "False", "HostNotAllowed", name)
        assert "link-local or multicast, which is never allowed" in told


async def test_this_machine_is_refused_unless_a_setting_allows_it(
    cluster, namespace, hub_url, simulator
):
    here = {"number": "127.0.0.1", "name": "localhost", "any": "0.0.0.0", "six": "[::1]"}  # noqa: S104 - not listened on
    for name, host in here.items():
        await namespace.server(hub_url.replace("127.0.0.1", host), name)
    async with _operator_that_stays_off_this_machine(cluster, namespace):
        for name in here:
            told = await ready(namespace, "False", "HostNotAllowed", name)
            assert "is this machine itself, which is not allowed" in told
    assert simulator.requests.counts() == {}


@contextlib.asynccontextmanager
async def _operator_that_stays_off_this_machine(
    cluster, namespace: Namespace
) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "execution_operator", "run", "--no-leader-election"),
        *(f"--kubeconfig={cluster.operator_kubeconfig}", f"--namespace={namespace.name}"),
        "--ops-address=127.0.0.1:0",
        *(f"--{name}={value}" for name, value in QUICK.items()),
        env={"EXECUTION_OPERATOR_SHORT_PERIODS": "true", "PATH": "/usr/bin:/bin"},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()
