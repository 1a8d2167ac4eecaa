"""Which addresses are connected to, directly and by way of a proxy, and TLS on the way."""

import asyncio
import contextlib
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import trustme
from aiohttp import web

from contract.small_servers import (
    OK,
    READ,
    START,
    Peer,
    outside,
    raw_server,
    read_request,
    web_server,
)
from execution_operator.remote.addresses import HostPolicy
from execution_operator.remote.errors import HostNotAllowed, TLSVerificationFailed, Unreachable
from execution_operator.remote.urls import normalise_base_url


async def empty(request: web.Request) -> web.Response:
    assert request
    return web.json_response({})


class Counted:
    """Counts connections."""

    def __init__(self, peer: Peer) -> None:
        self.connections = 0
        self.peer = peer

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self.peer(reader, writer)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(OK)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
     "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "LOCALHOST.", "①②⑦.0.0.1"],  # noqa: S104 - nothing listens
)  # fmt: skip
async def test_this_machine_is_refused_under_every_name(host: str) -> None:
    server = Counted(answer)
    async with outside() as out, raw_server(server) as url:
        port = url.rpartition(":")[2]
        try:
            base = normalise_base_url(f"http://{host}:{port}", allow_plain_http=True)
        except ValueError:
            return
        with pytest.raises(HostNotAllowed):
            await out.transport(base, hosts=HostPolicy()).send(START)

    assert server.connections == 0


async def test_many_at_once_are_all_refused() -> None:
    async with outside() as out:
        transport = out.transport("http://localhost:9", hosts=HostPolicy())
        results = await asyncio.gather(
            *(transport.send(READ) for _ in range(10)), return_exceptions=True
        )

    assert [type(one) for one in results] == [HostNotAllowed] * 10


async def test_link_local_is_refused_even_with_loopback_allowed() -> None:
    async with outside() as out:
        with pytest.raises(HostNotAllowed):
            await out.transport("http://169.254.169.254").send(READ)


async def test_host_that_matches_no_pattern_is_refused_before_any_connection() -> None:
    server = Counted(answer)
    async with outside() as out, raw_server(server) as url:
        policy = HostPolicy(allowed_hosts=("*.example.com",), allow_loopback=True)
        with pytest.raises(HostNotAllowed, match="allowed server hosts"):
            await out.transport(url, hosts=policy).send(READ)

    assert server.connections == 0


async def test_address_of_a_proxy_is_checked_like_a_servers() -> None:
    server = Counted(answer)
    async with outside() as out, raw_server(server) as proxy:
        named = proxy.replace("127.0.0.1", "localhost")
        transport = out.transport("http://hub.example.com", proxy_url=named, hosts=HostPolicy())
        with pytest.raises(HostNotAllowed):
            await transport.send(READ)

    assert server.connections == 0


async def test_server_behind_a_proxy_is_checked_by_name_and_literal() -> None:
    server = Counted(answer)
    async with outside() as out, raw_server(server) as proxy:
        with pytest.raises(HostNotAllowed):
            await out.transport("http://2852039166", proxy_url=proxy).send(READ)

    assert server.connections == 0


async def test_plain_request_goes_by_way_of_the_proxy() -> None:
    seen: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(OK)

    async with outside() as out, raw_server(proxy) as url:
        await out.transport("http://hub.example.com/test", proxy_url=url).send(READ)

    assert seen[0].startswith(b"GET http://hub.example.com/test/rest/x HTTP/1.1\r\n")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def pem(ca: trustme.CA) -> str:
    return ca.cert_pem.bytes().decode()


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


@pytest.fixture
async def hub(authority: trustme.CA) -> AsyncIterator[str]:
    async with web_server(empty, serving(authority.issue_cert("127.0.0.1"))) as url:
        yield url


async def test_unknown_authority_is_refused_and_no_doubt(hub: str) -> None:
    async with outside() as out:
        with pytest.raises(TLSVerificationFailed, match="caBundle"):
            await out.transport(hub).send(START)

    assert out.meter.codes == ["tls"]


async def test_authority_of_the_bundle_is_trusted(hub: str, authority: trustme.CA) -> None:
    async with outside() as out:
        assert (await out.transport(hub, ca_bundle=pem(authority)).send(START)).status == 200


async def test_another_authoritys_bundle_is_not_trusted(hub: str) -> None:
    async with outside() as out:
        with pytest.raises(TLSVerificationFailed):
            await out.transport(hub, ca_bundle=pem(trustme.CA())).send(READ)


async def test_servers_own_certificate_can_be_trusted_directly(authority: trustme.CA) -> None:
    leaf = authority.issue_cert("127.0.0.1")
    own = leaf.cert_chain_pems[0].bytes().decode()
    async with outside() as out, web_server(empty, serving(leaf)) as url:
        assert (await out.transport(url, ca_bundle=own).send(READ)).status == 200


async def test_certificate_of_another_name_is_refused(authority: trustme.CA) -> None:
    context = serving(authority.issue_cert("hub.example.com"))
    async with outside() as out, web_server(empty, context) as url:
        with pytest.raises(TLSVerificationFailed, match=r"not valid for.*; use a name that"):
            await out.transport(url, ca_bundle=pem(authority)).send(READ)


async def test_expired_certificate_is_refused_and_another_bundle_is_not_advised(
    authority: trustme.CA,
) -> None:
    expired = authority.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    async with outside() as out, web_server(empty, serving(expired)) as url:
        with pytest.raises(TLSVerificationFailed, match="expired; renew the certificate"):
            await out.transport(url, ca_bundle=pem(authority)).send(READ)


def shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    """Serve one connection; on a thread, since asyncio's servers keep alerts to themselves."""
    there, _ = listening.accept()
    with there, contextlib.suppress(ssl.SSLError), context.wrap_socket(there, server_side=True):
        pass


@pytest.mark.parametrize("skip", [False, True])
async def test_server_that_speaks_no_tls_1_2_is_refused(
    authority: trustme.CA, *, skip: bool
) -> None:
    context = serving(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # which is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        served = asyncio.create_task(asyncio.to_thread(shake_hands, listening, context))
        async with outside() as out:
            transport = out.transport(url, ca_bundle=pem(authority), insecure_skip_verify=skip)
            with pytest.raises(TLSVerificationFailed, match=r"no TLS 1\.2 or newer"):
                await transport.send(START)
        await served


async def test_tls_1_2_is_spoken(authority: trustme.CA) -> None:
    context = serving(authority.issue_cert("127.0.0.1"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with outside() as out, web_server(empty, context) as url:
        assert (await out.transport(url, ca_bundle=pem(authority)).send(READ)).status == 200


async def test_verification_can_be_switched_off(hub: str) -> None:
    async with outside() as out:
        assert (await out.transport(hub, insecure_skip_verify=True).send(READ)).status == 200


async def test_tls_failures_do_not_open_the_hosts_breaker(hub: str, authority: trustme.CA) -> None:
    async with outside(failures=2) as out:
        for _ in range(5):
            with pytest.raises(TLSVerificationFailed):
                await out.transport(hub).send(READ)

        assert (await out.transport(hub, ca_bundle=pem(authority)).send(READ)).status == 200


@pytest.mark.parametrize(
    "bundle", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nü\n-----END CERTIFICATE-----\n"]
)
async def test_unusable_bundle_is_told(bundle: str) -> None:
    async with outside() as out:
        with pytest.raises(TLSVerificationFailed, match="CA bundle"):
            await out.transport("https://hub.example.com", ca_bundle=bundle).send(READ)


async def test_plain_http_on_a_tls_port_is_a_tls_failure_and_no_doubt() -> None:
    async with outside() as out, web_server(empty) as url:
        with pytest.raises(TLSVerificationFailed):
            await out.transport(url.replace("http:", "https:")).send(START)


async def test_server_that_knows_only_older_tls_is_a_tls_failure_and_no_doubt() -> None:
    hello: list[bytes] = []

    async def alert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello.append(await reader.readexactly(5))
        writer.write(b"\x15\x03\x01\x00\x02\x02\x46")  # fatal: protocol version

    async with outside() as out, raw_server(alert) as url:
        transport = out.transport(url.replace("http:", "https:"), insecure_skip_verify=True)
        with pytest.raises(TLSVerificationFailed, match="no TLS"):
            await transport.send(START)

    assert len(hello) == 1


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


def tunnel(target: str) -> Iterator[Peer]:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"CONNECT hub.example.com:443 ")
        there = await asyncio.open_connection("127.0.0.1", int(target.rpartition(":")[2]))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    yield peer


async def test_tls_goes_through_the_proxy_to_the_server_itself(authority: trustme.CA) -> None:
    context = serving(authority.issue_cert("hub.example.com"))
    async with outside() as out, web_server(empty, context) as target:
        (peer,) = tunnel(target)
        async with raw_server(peer) as proxy:
            transport = out.transport(
                "https://hub.example.com", proxy_url=proxy, ca_bundle=pem(authority)
            )
            assert (await transport.send(START)).status == 200
            await transport.close()


@pytest.mark.parametrize(
    ("status", "told"),
    [
        pytest.param("403 Forbidden", "HTTP 403.; check proxyURL", id="403"),
        pytest.param(
            "407 Proxy Authentication Required", "HTTP 407.; it asks for credentials", id="407"
        ),
        pytest.param("502 Bad Gateway", "HTTP 502", id="502"),
    ],
)
async def test_proxy_that_does_not_connect_is_unreachable_and_no_doubt(
    status: str, told: str
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    async with outside() as out, raw_server(refuse) as proxy:
        with pytest.raises(Unreachable, match=told):
            await out.transport("https://hub.example.com", proxy_url=proxy).send(START)


@pytest.mark.parametrize("server", ["http://hub.example.com", "https://hub.example.com"])
async def test_proxy_that_is_not_there_is_named_in_the_servers_place(server: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
        proxy = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with outside() as out:
            told = f"the proxy {proxy} refused the connection; check proxyURL"
            with pytest.raises(Unreachable, match=told):
                await out.transport(server, proxy_url=proxy).send(START)
