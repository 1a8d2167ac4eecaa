"""The operator as a process of its own, with no more rights than its role gives."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - dataclass fields
from typing import Any

from support.forked import Forked
from support.kube import until

QUICK = {
    "settling-time": "1s",
    "lease-duration": "2s",
    "renew-deadline": "1500ms",
    "retry-period": "300ms",
    "probe-period": "2s",
    "secret-period": "500ms",
    "outage-period": "1s",
    "verdict-period": "3s",
    "lost-period": "1s",
    "unused-period": "1s",
    "missing-period": "2s",
    "counts-period": "500ms",
    "quiet-period": "1s",
    "fight-period": "3s",
    "deletion-period": "10s",
    "drain-period": "3s",
}


Process = asyncio.subprocess.Process | Forked
Begin = Callable[[Sequence[str], Mapping[str, str]], Awaitable[Process]]


async def execute(arguments: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Begin a process as people do, with a command line and an environment of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "execution_operator", *arguments),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )


@dataclass
class OperatorProcess:
    """One operator process; its log is kept as a list of objects."""

    process: Process
    log_file: Path
    lines: list[dict[str, Any]] = field(default_factory=list)
    reader: asyncio.Task[None] | None = None

    @property
    def ops_url(self) -> str:
        address = next(line["ops_address"] for line in self.lines if "ops_address" in line)
        return f"http://{address}"

    async def logged(self, event: str) -> None:
        await until(
            lambda: any(line.get("event") == event for line in self.lines) or self._ended(),
            f"log line {event!r}",
        )

    async def ready(self) -> None:
        """Wait until it serves /readyz with 200."""

        def look() -> bool:
            self._ended()
            known = any("ops_address" in line for line in self.lines)
            return known and self.probe("/readyz") == 200

        await until(lambda: asyncio.to_thread(look), "operator ready")

    async def leading(self) -> None:
        await self.logged("synced")

    def probe(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.ops_url + path, timeout=2) as answer:  # noqa: S310 - our own loopback server
                return answer.status
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code
        except OSError:
            return 0

    def metrics(self) -> str:
        with urllib.request.urlopen(self.ops_url + "/metrics", timeout=5) as answer:  # noqa: S310 - our own loopback server
            return answer.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's series that have those labels."""
        total = 0.0
        for line in self.metrics().splitlines():
            match = re.match(rf"{name}(?:{{(.*)}})? (\S+)$", line)
            wanted = [f'{key}="{value}"' for key, value in labels.items()]
            if match and all(one in (match[1] or "") for one in wanted):
                total += float(match[2])
        return total

    async def kill(self) -> None:
        """End it at once, as a crash does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End it as Kubernetes does; its exit code."""
        await self._end(signal.SIGTERM)
        return self.process.returncode or 0

    async def _end(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)
        await asyncio.wait_for(self.process.wait(), 20)
        if self.reader is not None:
            await self.reader

    def _ended(self) -> bool:
        if self.process.returncode is None:
            return False
        msg = f"the operator ended with {self.process.returncode}: {self.lines[-5:]}"
        raise AssertionError(msg)

    async def _read(self) -> None:
        assert self.process.stderr is not None
        with self.log_file.open("a") as kept:
            async for raw in self.process.stderr:
                text = raw.decode()
                kept.write(text)
                try:
                    self.lines.append(json.loads(text))
                except ValueError:
                    self.lines.append({"event": text.strip(), "raw": True})


async def start_operator(
    kubeconfig: Path,
    namespace: str,
    log_file: Path,
    *flags: str,
    begin: Begin = execute,
    **periods: str,
) -> OperatorProcess:
    """Start `execution-operator run` for one namespace with quick periods."""
    chosen = QUICK | {name.replace("_", "-"): value for name, value in periods.items()}
    arguments = (
        "run",
        f"--kubeconfig={kubeconfig}",
        f"--namespace={namespace}",
        f"--lease-namespace={namespace}",
        "--ops-address=127.0.0.1:0",
        "--allow-loopback",
        "--log-level=debug",
        *(f"--{name}={value}" for name, value in chosen.items()),
        *flags,
    )
    environment = {"EXECUTION_OPERATOR_SHORT_PERIODS": "true", "PATH": "/usr/bin:/bin"}
    started = OperatorProcess(await begin(arguments, environment), log_file)
    started.reader = asyncio.create_task(started._read())  # noqa: SLF001 - its own module
    return started
