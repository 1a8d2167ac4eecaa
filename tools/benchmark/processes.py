"""The parts of a measurement as processes: control plane, simulator, operator."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cluster import ControlPlane, control_plane
from demonstration.installation import install_definitions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ROOT = Path(__file__).parents[2]
OURS, BARE = "default", "bare"
"""The operator watches OURS alone: what the bare client makes is not its business."""


class Operator:
    """The operator as a process that can be killed and started again."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        self._process: asyncio.subprocess.Process | None = None
        self.ops_port = 0

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        await self.kill()

    async def start(self, *options: str) -> None:
        """Start it; it watches OURS alone."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.ops_port = free.getsockname()[1]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "execution_operator", "run", f"--kubeconfig={self._kubeconfig}"),
            *(f"--ops-address=127.0.0.1:{self.ops_port}", "--allow-loopback"),
            *(f"--namespace={OURS}", "--no-leader-election", "--log-level=error"),
            *options,
        )

    async def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    def memory(self, which: str = "VmRSS") -> float:
        """Resident memory in MiB; VmHWM: the most it ever was."""
        return int(self._read("status").split(f"{which}:")[1].split()[0]) / 1024

    def cpu_seconds(self) -> float:
        """Processor time so far."""
        fields = self._read("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self, name: str) -> str:
        assert self._process is not None  # noqa: S101 - it was started
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


@contextlib.asynccontextmanager
async def simulator() -> AsyncIterator[str]:
    """The execution server; its URL."""
    command = ("-m", "execution_simulator", "--listen=127.0.0.1:0", "--exit-with-parent")
    started = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert started.stdout is not None  # noqa: S101 - it is a pipe
        yield (await started.stdout.readline()).decode().split()[-1]
    finally:
        started.terminate()
        await started.wait()


@contextlib.contextmanager
def cluster() -> Iterator[ControlPlane]:
    """A control plane with the CRDs."""
    with control_plane() as plane:
        texts = (path.read_text() for path in sorted((ROOT / "crds").glob("*.yaml")))
        install_definitions(plane, "---\n".join(texts))
        plane.run_kubectl("create", "namespace", BARE)
        yield plane
