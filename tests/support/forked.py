"""Operators that begin as a fork of a process that has imported everything already.

An operator takes a second of processor time for its imports, and hundreds of tests start one. What
it does is the same; its command line and its first environment, which /proc shows, are not its own.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

_PR_SET_PDEATHSIG = 1
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["execution_operator.app", "execution_operator.cli.main"])


@dataclass(frozen=True)
class Forked:
    """A process as `asyncio.subprocess` has them; `stderr` is what it logs."""

    process: ForkServerProcess
    stderr: asyncio.StreamReader

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process.pid is not None
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self.process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def wait(self) -> None:
        """Wait until it has ended."""
        await asyncio.to_thread(self.process.join)


async def fork(arguments: Sequence[str], environment: Mapping[str, str]) -> Forked:
    """Start `execution-operator` with these arguments, and with this environment alone."""
    ours, theirs = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_operate, args=(arguments, environment, theirs))
    await asyncio.to_thread(process.start)
    theirs.close()
    reader = asyncio.StreamReader()
    pipe = os.fdopen(os.dup(ours.fileno()), "rb")
    ours.close()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    return Forked(process, reader)


def _operate(arguments: Sequence[str], environment: Mapping[str, str], log: Connection) -> None:
    from execution_operator.cli.main import main  # noqa: PLC0415 - in the other process alone

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # the tests may be killed
    os.dup2(log.fileno(), sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["execution-operator", *arguments]
    main()
