"""Reads what people type behind `python tools/demo.py`; knows nothing of what is told."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from cluster import ClusterError
from cluster.report import Report
from demonstration.errors import DemoError
from demonstration.story import tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
INTERRUPTED: Final = 130


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code: 0, all examples ended as they say."""
    options = _parser().parse_args(arguments)
    on_terminal = sys.stdout.isatty()
    # FORCE_COLOR, common in CI, makes Rich take a pipe for a terminal: colours yes, redrawing no.
    report = Report(Console(force_interactive=None if on_terminal else False))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        stay = on_terminal and options.how is None
        return 0 if tell(options.examples.absolute(), stay=stay, report=report) else 1
    except (ClusterError, DemoError) as exc:
        report.say(str(exc))
        return 1
    except KeyboardInterrupt:
        report.say("interrupted")
        return INTERRUPTED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once: whoever is impatient must not interrupt the stopping, which has limits of its own.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="demo.py",
        description="Run the examples on a real API server against the simulator, and watch.",
        epilog="The exit code is 0 when every example ended as its line `# Ends:` says.",
    )
    parser.add_argument(
        "how", nargs="?", choices=["once"], help="end by itself, as without a terminal"
    )
    parser.add_argument(
        "--examples", type=Path, default=EXAMPLES, metavar="DIR", help="other examples than ours"
    )
    return parser
