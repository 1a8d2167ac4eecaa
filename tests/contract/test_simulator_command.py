"""The command `execution-simulator` as a person or another program starts it."""

import asyncio
import os
import signal
import socket
import ssl
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import trustme

from contract.simulator_client import TOKEN

COMMAND = (sys.executable, "-m", "execution_simulator")
LIMIT_SECONDS = 20


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """The command, and the URL that it printed."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--listen", "127.0.0.1:0", "--exit-with-parent", *arguments, stdout=PIPE
    )
    try:
        yield process, await printed_url(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def printed_url(process: Process) -> str:
    """The URL of the line that says it is ready."""
    assert process.stdout
    line = await asyncio.wait_for(process.stdout.readline(), LIMIT_SECONDS)
    assert line.startswith(b"listening on ")
    return line.decode().removeprefix("listening on ").strip()


async def exchange(url: str, tls: ssl.SSLContext | bool = True) -> int:  # noqa: FBT001, FBT002 -- as aiohttp has it
    """The status of an exchange of the demo token."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/rest/tokens/", data={"refresh_token": TOKEN}, ssl=tls) as response,
    ):
        return response.status


async def refused(*arguments: str) -> str:
    """What the command says when it cannot start."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=DEVNULL, stderr=PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    assert process.returncode == 2
    return errors.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
async def test_it_serves_until_a_signal_and_leaves_with_0(number: signal.Signals) -> None:
    async with started() as (process, url):
        assert await exchange(url) == 200
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), LIMIT_SECONDS) == 0


async def test_a_signal_ends_it_while_a_client_waits() -> None:
    async with started() as (process, url), aiohttp.ClientSession() as session:
        fault = {"kind": "hang", "operation": "*"}
        root = url.removesuffix("/test")
        await session.post(f"{root}/_simulator/faults", json=fault)
        waiting = asyncio.create_task(exchange(url))
        counts: dict[str, int] = {}
        while not counts:
            async with session.get(f"{root}/_simulator/requests/counts") as response:
                counts = await response.json()
        process.terminate()
        assert await asyncio.wait_for(process.wait(), LIMIT_SECONDS) == 0
        with pytest.raises(aiohttp.ClientError):
            await waiting


@pytest.mark.parametrize(("context", "end"), [("", ""), ("/hub", "/hub")])
async def test_the_context_path_can_be_chosen(context: str, end: str) -> None:
    async with started("--context", context) as (_, url):
        assert url.partition("127.0.0.1:")[2].lstrip("0123456789") == end
        assert await exchange(url) == 200


async def test_it_speaks_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(str(cert))
    certificate.private_key_pem.write_to_path(str(key))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with started("--tls-cert", str(cert), "--tls-key", str(key)) as (_, url):
        assert url.startswith("https://")
        assert await exchange(url, context) == 200


async def test_it_can_begin_empty() -> None:
    async with started("--empty") as (_, url):
        assert await exchange(url) == 401


async def test_it_ends_when_its_parent_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import subprocess, sys; child = subprocess.Popen(sys.argv[1:]);"
        "print(child.pid, flush=True); child.wait()",
        *COMMAND,
        "--listen",
        "127.0.0.1:0",
        "--exit-with-parent",
        stdout=PIPE,
    )
    assert parent.stdout
    child = int(await asyncio.wait_for(parent.stdout.readline(), LIMIT_SECONDS))
    try:
        url = await printed_url(parent)
        parent.kill()
        await parent.wait()
        # The child holds the pipe as long as it lives.
        assert await asyncio.wait_for(parent.stdout.read(), LIMIT_SECONDS) == b""
        with pytest.raises(aiohttp.ClientConnectionError):
            await exchange(url)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise


async def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        told = await refused("--listen", address)
    assert told.startswith(f'Error: cannot listen on "{address}": ')
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--listen", "8070"), 'cannot listen on "8070"'),
        (("--listen", "127.0.0.1:99999"), "at most 65535"),
        (("--context", "test"), 'cannot serve under "test"'),
        (("--tls-cert", "only.pem"), "belong together"),
        (("--tls-cert", "no.pem", "--tls-key", "no.pem"), 'cannot read certificate "no.pem"'),
    ],
    ids=str,
)
async def test_a_wrong_option_is_told_in_one_line(arguments: tuple[str, ...], told: str) -> None:
    errors = await refused(*arguments)
    assert told in errors
    assert errors.count("\n") == 1


async def test_the_help_warns_that_it_is_for_tests() -> None:
    process = await asyncio.create_subprocess_exec(*COMMAND, "--help", stdout=PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    assert b"Listen on loopback" in b" ".join(output.split())
