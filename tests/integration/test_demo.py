"""`make demo` as a person starts it: on a terminal, in a pipe, interrupted, killed."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.probe import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

# The limit is for the first build of the programs.
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 600
END_SECONDS = 60
FOLDERS = re.compile(r"/[^\s:;]*/execution-operator-cluster-\w+")
NOISE = re.compile(r"Traceback|Error:|Exception|[Ww]arning|asyncio|never awaited")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PASSED = "every example ended as its page says"


@dataclass
class Demo:
    """The command and everything that it has written so far, without colours."""

    process: subprocess.Popen[bytes]
    output: int
    raw: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.raw.decode(errors="replace")).replace("\r\n", "\n")

    @property
    def folders(self) -> set[str]:
        return set(FOLDERS.findall(self.text))

    def read_until(self, wanted: str) -> str:
        end = time.monotonic() + LIMIT_SECONDS
        while wanted not in self.text:
            assert time.monotonic() < end, self.text
            assert self._read(), f"it ended before {wanted!r}:\n{self.text}"
        return self.text

    def read_all(self) -> str:
        while self._read():
            pass
        return self.text

    def end(self) -> int:
        """Read the rest and return the exit code."""
        self.read_all()
        return self.process.wait(END_SECONDS)

    def interrupt(self) -> None:
        """Do as a terminal does on Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def _read(self) -> bytes:
        readable, _, _ = select.select([self.output], [], [], LIMIT_SECONDS)
        assert readable, f"it has been silent for too long:\n{self.text}"
        try:
            data = os.read(self.output, 65536)
        except OSError:  # what Linux says when the other side of a terminal is closed
            return b""
        self.raw += data
        return data


@contextmanager
def started(*arguments: str, columns: int | None = None) -> Iterator[Demo]:
    """Start it with a pipe as output, or on a terminal with so many columns."""
    ours, theirs = os.openpty() if columns else os.pipe()
    if columns:
        termios.tcsetwinsize(theirs, (50, columns))
    with subprocess.Popen(
        [sys.executable, str(ROOT / "tools/demo.py"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            yield Demo(process, ours)
        finally:
            process.kill()
            os.close(ours)


def running_in(folders: set[str]) -> list[int]:
    """The processes that have one of the folders as their own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            at = (process / "cwd").readlink()
        except OSError:
            continue
        if str(at).removesuffix(" (deleted)") in folders:
            found.append(int(process.name))
    return found


def nothing_is_left_of(folders: set[str]) -> bool:
    return not any(Path(folder).exists() for folder in folders) and not running_in(folders)


def copied(folder: Path, name: str, *change: str) -> None:
    text = (ROOT / "examples" / name).read_text()
    assert not change or change[0] in text
    (folder / name).write_text(text.replace(*change) if change else text)


@pytest.fixture(scope="module")
def piped() -> Demo:
    """A demonstration that wrote into a pipe, from its start to its end."""
    with started() as demo:
        assert demo.end() == 0, demo.text
    return demo


def shows_all_examples_as_they_say(demo: Demo) -> None:
    assert PASSED in demo.text
    assert re.search(r"tex/checkout +Failed +Failed +the tests failed", demo.text)
    assert not NOISE.search(demo.text), demo.text
    assert nothing_is_left_of(demo.folders)


def test_in_a_pipe_it_ends_by_itself_with_all_examples_as_they_say(piped: Demo) -> None:
    shows_all_examples_as_they_say(piped)


def test_once_on_a_terminal_it_ends_by_itself_with_all_examples_as_they_say() -> None:
    with started("once", columns=80) as demo:
        assert demo.end() == 0, demo.text
    shows_all_examples_as_they_say(demo)


def test_a_pipe_gets_a_line_a_change_and_nothing_to_redraw(piped: Demo) -> None:
    assert re.search(
        r"^tex/smoke +Running +hub .*\n(.*\n)*tex/smoke +Succeeded +PASS", piped.text, re.MULTILINE
    )
    assert b"\x1b" not in piped.raw
    assert b"\r" not in piped.raw


def test_an_example_that_ends_otherwise_fails_it_and_shows_the_operators_log(
    tmp_path: Path,
) -> None:
    copied(tmp_path, "executionserver.yaml")
    copied(tmp_path, "passing-run.yaml", "verdict=PASS", "verdict=FAIL")
    with started("once", f"--examples={tmp_path}") as demo:
        assert demo.end() == 1
    told = "ended otherwise: TestExecution/smoke has verdict=PASS instead of FAIL\n"
    assert told in demo.text
    assert PASSED not in demo.text
    assert '"event": "leading"' in demo.text.partition(told)[2]
    assert "demo-offline-token" not in demo.text


def test_an_example_that_says_no_end_is_refused_before_anything_starts(tmp_path: Path) -> None:
    copied(tmp_path, "passing-run.yaml", "# Ends:", "# End:")
    with started("once", f"--examples={tmp_path}") as demo:
        assert demo.end() == 1
    assert 'cannot read example "passing-run.yaml": ' in demo.text
    assert demo.text.count("\n") == 1


def test_an_example_that_the_cluster_refuses_is_told_by_name(tmp_path: Path) -> None:
    copied(tmp_path, "passing-run.yaml", "  project:", "  projekt:")
    with started("once", f"--examples={tmp_path}") as demo:
        assert demo.end() == 1
    assert 'cannot apply example "passing-run.yaml": ' in demo.text
    assert not re.search(r"Traceback", demo.text)
    assert nothing_is_left_of(demo.folders)


def test_on_a_terminal_it_stays_and_its_commands_work_until_ctrl_c() -> None:
    with started(columns=120) as demo:
        told = demo.read_until("Ctrl-C ends the demonstration")
        script = told.partition("in another terminal:\n")[2].rpartition("\n")[0]
        lines = [line for line in script.splitlines() if " s  " not in line]
        assert sum(line.startswith(("kubectl", "sed")) for line in lines) == 3
        shell = subprocess.run(
            ["/bin/sh", "-e"], input="\n".join(lines), text=True, capture_output=True, check=False
        )
        assert (shell.returncode, shell.stderr) == (0, "")
        assert "testexecution.execution-operator.io/smoke-again created" in shell.stdout
        assert len(running_in(demo.folders)) >= 5
        demo.interrupt()
        assert demo.end() == 0, demo.text
    assert demo.text.endswith("stopped, nothing is left\n")
    assert not NOISE.search(demo.text), demo.text
    assert nothing_is_left_of(demo.folders)


@pytest.mark.parametrize(
    "moment", ["starting etcd", "ready at", "Test Hub at", "watching"], ids=lambda text: text
)
@pytest.mark.parametrize("columns", [None, 80], ids=["pipe", "terminal"])
def test_an_interrupt_at_any_moment_ends_it_in_order(moment: str, columns: int | None) -> None:
    with started(columns=columns) as demo:
        demo.read_until(moment)
        demo.interrupt()
        assert demo.end() == 130, demo.text
    assert demo.text.endswith("interrupted\n")
    assert not NOISE.search(demo.text), demo.text
    assert nothing_is_left_of(demo.folders)


def test_nothing_survives_when_it_is_killed() -> None:
    with started("once") as demo:
        demo.read_until("watching")
        assert len(running_in(demo.folders)) >= 5
        demo.process.kill()
    wait_until(
        lambda: nothing_is_left_of(demo.folders), limit_seconds=END_SECONDS, check=lambda: None
    )
