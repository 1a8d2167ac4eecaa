"""Shows how a run goes on: a line a step, and on a terminal what it does right now."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from execution_operator.cli.tex.mistakes import Code
from execution_operator.cli.tex.outcome import Outcome, outcome_of, phase_of, said_of
from execution_operator.cli.tex.words import period

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self, TextIO

    from rich.progress import TaskID

    from execution_operator.cli.tex.objects import Found

_PHASE_WIDTH: Final = 12
_STYLES: Final = {
    Code.PASSED: "bold green",
    Code.FAILED: "bold red",
    Code.STOPPED: "bold yellow",
    Code.ERROR: "bold red",
}


class Steps:
    """Prints each step of one run or, with `names`, of several.

    Through a pipe these are plain lines; on a terminal a line below them shows the time that the
    step has taken so far.
    """

    def __init__(
        self, stream: TextIO, *, names: bool = False, now: Callable[[], datetime] | None = None
    ) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=not stream.isatty())
        self._names = names
        self._now = now or (lambda: datetime.now(UTC))
        self._told: dict[str, tuple[str, str]] = {}
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to show."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the moving line away."""
        self._live.stop()

    def saw(self, found: Found) -> None:
        """Print a step, if it is one."""
        step = (phase_of(found.run), said_of(found.run))
        if self._told.get(found.name) == step:
            return
        begins = self._told.get(found.name, ("", ""))[0] != step[0]
        self._told[found.name] = step
        self._print(self._line(found, *step))
        self._move(found, step[0], begins=begins)

    def noticed(self, text: str) -> None:
        """Print something else that people should know."""
        self._print(Text(text, "yellow"))

    def say(self, text: str) -> None:
        """Print a plain line."""
        self._print(Text(text))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)

    def _line(self, found: Found, phase: str, reason: str) -> Text:
        outcome = outcome_of(found.run)
        line = Text(f"{self._age(found):>7}  ", "dim")
        if self._names:
            line.append(f"{found.name}  ", "default")
        line.append(f"{phase:<{_PHASE_WIDTH}}", _style(outcome))
        line.append(f"  {reason}" if reason else "", "default")
        line.rstrip()
        return line

    def _age(self, found: Found) -> str:
        created = found.run.metadata.creation_timestamp
        return period(self._now() - created) if created else ""

    def _move(self, found: Found, phase: str, *, begins: bool) -> None:
        name = found.name
        text = escape(f"{name}  {phase}" if self._names else phase)
        if outcome_of(found.run) is not None:
            with contextlib.suppress(KeyError):
                self._live.remove_task(self._tasks.pop(name))
        elif name not in self._tasks:
            self._tasks[name] = self._live.add_task(text, total=None)
        else:
            self._live.update(self._tasks[name], description=text)
            if begins:
                self._live.reset(self._tasks[name])


def _style(outcome: Outcome | None) -> str:
    return _STYLES.get(outcome.code, "") if outcome else "cyan"
