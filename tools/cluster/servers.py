"""Starts, watches and stops servers through the supervisor; knows nothing of Kubernetes."""

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cluster.errors import ClusterError, one_line

CLOSE_SECONDS = 30  # three servers, each with the supervisor's grace, and some
SHOWN_LINES = 5
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is started, and the file that its output is appended to."""

    name: str
    command: tuple[str, ...]
    log: Path


class Servers:
    """The servers of one supervisor, which stops them when this process ends, in whatever way.

    May be used from several threads.

    Attributes:
        folder: a new temporary folder, removed with the last server.
    """

    def __init__(self, supervisor: subprocess.Popen[str]) -> None:
        self._supervisor = supervisor
        self._lock = threading.Lock()
        self._logs: dict[str, Path] = {}
        self.folder = Path(str(self._answer()["folder"]))

    def start(self, server: Server) -> None:
        """Start the server; it may end at once, which `check` tells.

        Raises:
            ClusterError: it runs already, or there is no such program.
        """
        self._logs[server.name] = server.log
        self._ask(
            {"start": server.name, "command": server.command, "log": str(server.log)},
            purpose=f"start {server.name}",
        )

    def stop(self, name: str) -> int:
        """Stop the server, wait for its end, and return its exit code.

        It is negative when a signal has ended the server: -9 when it took too long.

        Raises:
            ClusterError: it does not run.
        """
        return int(self._ask({"stop": name}, purpose=f"stop {name}")["exit"])

    def check(self) -> None:
        """See that all servers run.

        Raises:
            ClusterError: one has ended by itself; with the last lines of its log.
        """
        ended = self._ask({"ended": None}, purpose="look after the servers")["ended"]
        for name, exit_code in ended.items():
            message = f"{name} has ended with exit code {exit_code}: {self.last_lines(name)}"
            raise ClusterError(message)

    def last_lines(self, name: str) -> str:
        """Return the end of the server's log in one line."""
        with self._logs[name].open(encoding="utf-8", errors="replace") as log:
            return one_line(deque(log, maxlen=SHOWN_LINES))

    def _ask(self, request: dict[str, Any], *, purpose: str) -> dict[str, Any]:
        with self._lock:
            try:
                _pipe(self._supervisor.stdin).write(json.dumps(request) + "\n")
                _pipe(self._supervisor.stdin).flush()
            except OSError as exc:
                message = f"cannot {purpose}: the supervisor has ended"
                raise ClusterError(message) from exc
            answer = self._answer()
        if "error" in answer:
            message = f"cannot {purpose}: {answer['error']}"
            raise ClusterError(message)
        return answer

    def _answer(self) -> dict[str, Any]:
        line = _pipe(self._supervisor.stdout).readline()
        if not line:
            message = "the supervisor of the servers has ended"
            raise ClusterError(message)
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def open_servers() -> Iterator[Servers]:
    """Start a supervisor; at the end all its servers are stopped, the last one started first."""
    supervisor = subprocess.Popen(
        # Neither our environment's hooks nor its packages: it starts at once.
        [sys.executable, "-I", "-S", str(_SUPERVISOR), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C goes to a terminal's whole group
    )
    try:
        yield Servers(supervisor)
    finally:
        _close(supervisor)


def _close(supervisor: subprocess.Popen[str]) -> None:
    # The order matters: the supervisor stops at the end of its input, and may still answer.
    with suppress(OSError):  # it has ended: what could not be written is written again
        _pipe(supervisor.stdin).close()
    try:
        supervisor.wait(CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()  # and the kernel kills its servers
        supervisor.wait()
    finally:
        _pipe(supervisor.stdout).close()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None  # noqa: S101 - both are opened with PIPE, which Popen's type forgets
    return stream
