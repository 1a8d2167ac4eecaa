"""Starts simulator and operator as processes of their own; knows nothing of what they do.

They run below a supervisor, as the control plane's servers do: a Ctrl-C does not reach them, and
they end with us in whatever way we end.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import httpx

from cluster import ClusterError
from cluster.probe import wait_until
from cluster.servers import Server, Servers
from demonstration.errors import DemoError
from demonstration.installation import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_SECONDS: Final = 60
REQUEST_SECONDS: Final = 5
_ANY_PORT: Final = "127.0.0.1:0"
_LISTENING: Final = "listening on "


def simulator_in(folder: Path) -> Server:
    """Return how the simulator is started; its log goes to the folder."""
    return _server("simulator", folder, "execution_simulator", f"--listen={_ANY_PORT}")


def operator_in(folder: Path, kubeconfig: Path) -> Server:
    """Return how the operator is started; its log goes to the folder."""
    return _server(
        "operator",
        folder,
        *("execution_operator", "run", f"--kubeconfig={kubeconfig}"),
        *(f"--lease-namespace={SYSTEM}", f"--ops-address={_ANY_PORT}"),
        *("--allow-loopback", "--log-format=json"),
    )


def start_simulator(servers: Servers, simulator: Server) -> str:
    """Start it and return the URL at which it is a Test Hub.

    Raises:
        ClusterError: it has ended; with the last lines of its log.
        DemoError: it does not say in time where it listens.
    """
    return _started(servers, simulator, lambda: simulator_url(_lines(simulator.log)))


def start_operator(servers: Servers, operator: Server) -> None:
    """Start it and wait until it is ready.

    Raises:
        ClusterError: it has ended; with the last lines of its log.
        DemoError: it is not ready in time.
    """
    address = _started(servers, operator, lambda: ops_address(_lines(operator.log)))
    _await(servers, operator, lambda: _answers(f"http://{address}/readyz"))


def simulator_url(lines: list[str]) -> str | None:
    """Find the URL in what the simulator printed."""
    found = (line.removeprefix(_LISTENING).strip() for line in lines if line.startswith(_LISTENING))
    return next(found, None)


def ops_address(lines: list[str]) -> str | None:
    """Find the operator's HOST:PORT of /readyz in its log, of which the last line may be cut."""
    found = (_logged(line).get("ops_address") for line in lines)
    return next((str(address) for address in found if address), None)


def _logged(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _server(name: str, folder: Path, *module: str) -> Server:
    return Server(name, (sys.executable, "-m", *module), log=folder / f"{name}.log")


def _started(servers: Servers, server: Server, look: Callable[[], str | None]) -> str:
    servers.start(server)
    _await(servers, server, lambda: look() is not None)
    return look() or ""


def _await(servers: Servers, server: Server, holds: Callable[[], bool]) -> None:
    try:
        wait_until(holds, limit_seconds=START_SECONDS, check=servers.check)
    except TimeoutError as exc:
        message = (
            f"cannot start the {server.name}: {exc}; its log: {servers.last_lines(server.name)}"
        )
        raise DemoError(message) from exc
    except ClusterError as exc:
        message = f"cannot start the {server.name}: {exc}"
        raise DemoError(message) from exc


def _lines(log: Path) -> list[str]:
    return log.read_text("utf-8", errors="replace").splitlines()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=REQUEST_SECONDS, trust_env=False).is_success
    except httpx.TransportError:
        return False
