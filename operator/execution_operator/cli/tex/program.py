"""Where `kubectl-tex` and `kubectl_complete-tex` begin: every mistake becomes a line and a code."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Final

import click
from click.shell_completion import ShellComplete

from execution_operator.cli.tex.commands import COMPLETE_VARIABLE, tex
from execution_operator.cli.tex.mistakes import Code, PipeClosed, Trouble

PROGRAM: Final = "kubectl tex"
DEBUG_VARIABLE: Final = "KUBECTL_TEX_DEBUG"
_BROKEN_PIPE: Final = 141


def main() -> None:
    """Run the command that was typed; every mistake is one line, the exit code says the rest."""
    try:
        code = tex.main(
            as_kubectl(sys.argv[1:]),
            prog_name=PROGRAM,
            standalone_mode=False,
            complete_var=COMPLETE_VARIABLE,
        )
    except click.UsageError as exc:
        where = f"; see {exc.ctx.command_path} --help" if exc.ctx else ""
        _give_up(f"{exc.format_message().rstrip('.')}{where}", Code.MISTAKE)
    except click.ClickException as exc:
        _give_up(exc.format_message(), Code.MISTAKE)
    except Trouble as trouble:
        _give_up("" if trouble.code is Code.INTERRUPTED else str(trouble), trouble.code)
    except (click.Abort, KeyboardInterrupt):
        _give_up("", Code.INTERRUPTED)
    except PipeClosed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    except Exception as exc:  # noqa: BLE001 - exit code 1 would say that a test did not pass
        _give_up(_told_bug(exc), Code.ERROR)
    sys.exit(code)


def _told_bug(exc: Exception) -> str:
    """One line: where it was, and nothing of what was worked on, which may be secret."""
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(exc)
    place = traceback.extract_tb(exc.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"this is a bug ({type(exc).__name__} at {where}): report it with {DEBUG_VARIABLE}=1"


def as_kubectl(arguments: list[str]) -> list[str]:
    """Arguments with `-o=json` as `-ojson`: kubectl takes both, and so do fingers."""
    return [re.sub(r"^(-[a-zA-Z])=", r"\1", one) for one in arguments]


def _give_up(text: str, code: Code) -> None:
    if text:
        click.echo(f"{PROGRAM}: {text}", err=True)
    sys.exit(code)


def complete() -> None:
    """Answer `kubectl_complete-tex ARGUMENTS…` as kubectl asks plug-ins to: words, then `:4`."""
    *before, incomplete = sys.argv[1:] or [""]
    with contextlib.suppress(Exception):  # a completion never shows an error
        shell = ShellComplete(tex, {}, "kubectl-tex", COMPLETE_VARIABLE)
        for item in shell.get_completions(before, incomplete):
            click.echo(f"{item.value}\t{item.help}" if item.help else item.value)
    click.echo(":4")  # Cobra's word for: no file names
