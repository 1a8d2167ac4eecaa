"""Tells a person what happens and how long it has taken; knows nothing of what happens."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cluster.drawing import drawn
from cluster.errors import ClusterError, one_line

PLAIN_LINE_SECONDS = 20
SHOWN_LINES = 5
END_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A command that takes long: what it is for ("build kubectl"), and how it is called."""

    purpose: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)


def _stopwatch() -> Callable[[], float]:
    started = time.monotonic()
    return lambda: time.monotonic() - started


@dataclass(frozen=True, slots=True)
class Report:
    """Lines that begin with the seconds since the start.

    They go to standard error: standard output is for what a shell evaluates, and for the output of
    the command that runs on the cluster.
    """

    console: Console = field(default_factory=lambda: Console(stderr=True))
    elapsed_seconds: Callable[[], float] = field(default_factory=_stopwatch)

    def say(self, text: str) -> None:
        """Print a line of its own with the elapsed time before it."""
        self._print(f"{self.elapsed_seconds():6.1f} s  {text}")

    def hint(self, text: str) -> None:
        """Print a line below the last one, without a time."""
        self._print(f"          {text}")

    def run(self, step: Step) -> None:
        """Run the step to its end and show that it is alive.

        Raises:
            ClusterError: it cannot be started, or failed; with the last lines it wrote.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            exit_code = self._wait(_start(step, output), step.purpose)
            if exit_code != 0:
                output.seek(0)
                lines = output.read().splitlines()[-SHOWN_LINES:]
                message = f"cannot {step.purpose}: {one_line(lines)}"
                raise ClusterError(message)

    def _print(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _wait(self, process: subprocess.Popen[str], purpose: str) -> int:
        try:
            if self.console.is_terminal:
                return self._wait_with_spinner(process, purpose)
            return self._wait_with_lines(process, purpose)
        finally:
            # Also after Ctrl-C: the caller removes the folder that the process writes to.
            _end(process)

    def _wait_with_spinner(self, process: subprocess.Popen[str], purpose: str) -> int:
        columns = (TimeElapsedColumn(), SpinnerColumn(), TextColumn("{task.description}"))
        progress = Progress(*columns, console=self.console, transient=True)
        with drawn(progress):
            progress.add_task(purpose, total=None)
            return process.wait()

    def _wait_with_lines(self, process: subprocess.Popen[str], purpose: str) -> int:
        while True:
            try:
                return process.wait(timeout=PLAIN_LINE_SECONDS)
            except subprocess.TimeoutExpired:
                self.say(f"still at it: {purpose}")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()  # go ends its compilers and removes its own temporary folder
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(step: Step, output: IO[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            step.command,
            cwd=step.folder,
            env=step.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except OSError as exc:
        message = f"cannot {step.purpose}: {exc}"
        raise ClusterError(message) from exc
