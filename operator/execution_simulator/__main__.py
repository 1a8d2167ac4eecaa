"""The command line: read options, listen, say where, stop when told; knows no API."""

import asyncio
import contextlib
import os
import signal
import ssl
import sys
from pathlib import Path

import click

from execution_simulator.server import serve
from execution_simulator.simulator import Simulator

PARENT_LOOK_SECONDS = 0.2
HIGHEST_PORT = 65_535


class BadInput(click.ClickException):
    """A person's mistake: one line, exit code 2."""

    exit_code = 2


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--listen",
    default="127.0.0.1:8070",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen; port 0 picks a free one.",
)
@click.option(
    "--context",
    default="/test",
    show_default=True,
    metavar="PATH",
    help='The path in front of /rest; "" for none, as servers of version 10 have it.',
)
@click.option("--tls-cert", type=click.Path(path_type=Path), help="A PEM certificate: https.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The certificate's PEM key.")
@click.option("--empty", is_flag=True, help="Begin with no demo world, script or token.")
@click.option("--exit-with-parent", is_flag=True, help="Stop when the parent process ends.")
def main(  # noqa: PLR0913 -- one argument for each option
    *,
    listen: str,
    context: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    empty: bool,
    exit_with_parent: bool,
) -> None:
    """Serve a simulated Test Hub, with a demo world and the offline token demo-offline-token.

    For tests and for trying things out on your own machine: anybody who can reach it can script it
    through /_simulator/, without a token. Listen on loopback.
    """
    parent = os.getppid() if exit_with_parent else None
    host, port = _address(listen)
    asyncio.run(
        _run(
            Simulator(demo=not empty),
            context=_context(context),
            host=host,
            port=port,
            ssl_context=_ssl_context(tls_cert, tls_key),
            parent=parent,
        )
    )


async def _run(  # noqa: PLR0913 -- named, one caller
    simulator: Simulator,
    *,
    context: str,
    host: str,
    port: int,
    ssl_context: ssl.SSLContext | None,
    parent: int | None,
) -> None:
    serving = serve(simulator, context=context, host=host, port=port, ssl_context=ssl_context)
    stopping = _on_signals()
    async with contextlib.AsyncExitStack() as stack:
        try:
            url = await stack.enter_async_context(serving)
        except OSError as exc:
            message = f'cannot listen on "{host}:{port}": {exc.strerror or exc}'
            raise BadInput(message) from None
        click.echo(f"listening on {url}")
        sys.stdout.flush()
        await _until_told(stopping, parent)


def _on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


async def _until_told(stopping: asyncio.Event, parent: int | None) -> None:
    """Wait for a signal, or for the parent's end: then somebody else has become our parent.

    PR_SET_PDEATHSIG would also fire when only the parent's thread that started us ends.
    """
    while not stopping.is_set() and parent in {None, os.getppid()}:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), PARENT_LOOK_SECONDS if parent else None)


def _address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not (port.isascii() and port.isdecimal()):
        message = f'cannot listen on "{text}": must be HOST:PORT such as 127.0.0.1:8070'
        raise BadInput(message)
    if int(port) > HIGHEST_PORT:
        message = f'cannot listen on "{text}": the port must be at most {HIGHEST_PORT}'
        raise BadInput(message)
    return host.removeprefix("[").removesuffix("]"), int(port)


def _context(text: str) -> str:
    if text in {"", "/"}:
        return ""
    if not text.startswith("/") or text.endswith("/") or "{" in text:
        message = f'cannot serve under "{text}": must be "" or a path such as /test'
        raise BadInput(message)
    return text


def _ssl_context(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        message = "cannot serve https: --tls-cert and --tls-key belong together"
        raise BadInput(message)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as exc:
        message = f'cannot read certificate "{cert}" with key "{key}": {exc.strerror or exc}'
        raise BadInput(message) from None
    return context


if __name__ == "__main__":
    main()
