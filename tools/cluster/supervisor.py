"""Keeps the servers of one control plane and ends them with it; knows nothing of Kubernetes.

A program of its own with the standard library alone: it outlives its parent by as long as it takes
to stop the servers in reverse order of their start and to remove their folder. Its parent may end
in any way, also by SIGKILL: that closes standard input.

One JSON object a line, each request answered by one line: first the unasked `{"folder": PATH}`;
`{"start": NAME, "command": [...], "log": PATH}` by `{}`, `{"stop": NAME}` by `{"exit": EXIT CODE}`,
`{"ended": null}` by `{"ended": {NAME: EXIT CODE}}` of those that ended unasked; each also by
`{"error": TEXT}`. The exit code is the negative number of a signal that ended the server.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

GRACE_SECONDS = 5  # API server without an etcd needs minutes, otherwise each needs about one
PARENT_CHECK_SECONDS = 1
PR_SET_PDEATHSIG = 1

_Answer = dict[str, Any]


class Supervisor:
    """The servers by name, in the order of their start."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._servers: dict[str, subprocess.Popen[bytes]] = {}
        self._before_exec = _dying_with_us()

    def answer(self, request: dict[str, Any]) -> _Answer:
        """Do what the request says."""
        match request:
            case {"start": str(name), "command": list(command), "log": str(log)}:
                return self._start(name, command, log=log)
            case {"stop": str(name)}:
                return self._stop(name)
            case {"ended": _}:
                return {"ended": self._ended()}
            case _:
                return {"error": "no such request"}

    def close(self) -> None:
        """Stop all, the last one started first, then remove the folder."""
        for name in reversed(list(self._servers)):
            self._stop(name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, name: str, command: list[str], *, log: str) -> _Answer:
        if name in self._servers:
            return {"error": "it runs already"}
        try:
            with open(log, "ab") as output:  # noqa: PTH123 - pathlib costs a fifth of our start
                self._servers[name] = subprocess.Popen(
                    command,
                    cwd=self._folder,
                    # etcd reads each flag from ETCD_… too: nothing of a person's own environment.
                    env={"HOME": self._folder, "PATH": os.defpath},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    preexec_fn=self._before_exec,  # noqa: PLW1509 - this process has one thread
                )
        except OSError as exc:
            return {"error": str(exc)}
        return {}

    def _stop(self, name: str) -> _Answer:
        server = self._servers.pop(name, None)
        if server is None:
            return {"error": "it does not run"}
        server.terminate()
        try:
            server.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
        return {"exit": server.wait()}

    def _ended(self) -> dict[str, int]:
        codes = {name: server.poll() for name, server in self._servers.items()}
        return {name: code for name, code in codes.items() if code is not None}


def _dying_with_us() -> Callable[[], None] | None:
    """What a server does before it becomes one: ask the kernel to be killed when we are.

    The kernel counts the thread that forked as the parent: here it is the only one.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork, where nothing may be loaded
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _requests(parent: int) -> Iterator[dict[str, Any]]:
    """Yield requests until the parent has ended.

    A process that the parent forked may hold the pipe open after it: so its id is looked at, too.
    """
    while os.getppid() == parent:
        # Nothing hides from select in Python's buffer: the next request waits for our answer.
        readable, _, _ = select.select([sys.stdin], [], [], PARENT_CHECK_SECONDS)
        if not readable:
            continue
        line = sys.stdin.readline()
        if not line:
            return
        yield json.loads(line)


def _tell(answer: _Answer) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit


def main(parent: int) -> None:
    """Serve the parent with this process id until it ends or we get SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    folder = tempfile.mkdtemp(prefix="execution-operator-cluster-")
    supervisor = Supervisor(folder)
    try:
        _tell({"folder": folder})
        for request in _requests(parent):
            _tell(supervisor.answer(request))
    except BrokenPipeError:
        # Nobody listens any more, but what was to be told still waits in Python's buffer: at its
        # end it would be written once more, and the failure of that be complained about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        supervisor.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
