"""Reads what `run` is to create, from its flags or a file; it asks no cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from execution_operator.cli.tex.manifest import Asked, from_flags, from_text, read_variables
from execution_operator.cli.tex.mistakes import Trouble

if TYPE_CHECKING:
    from execution_operator.cli.tex.manifest import Json

_NEEDED = ("server", "project", "asset", "revision")


def read(
    file: str | None, flags: dict[str, Any], variables: tuple[str, ...], *, namespace: str | None
) -> Json:
    """The object to create.

    Raises:
        Trouble: flags are missing or do not go together, or the file cannot be used.
    """
    if file is not None:
        return _from_file(file, flags, variables, namespace)
    missing = [f"--{name}" for name in _NEEDED if not flags[name]]
    if missing:
        text = f"give {', '.join(missing)}, or -f FILE with a TestExecution"
        raise Trouble(text)
    if flags["scheduled_in"] and flags["scheduled_at"]:
        text = "give --scheduled-in or --scheduled-at, not both"
        raise Trouble(text)
    return from_flags(Asked(**flags, variables=read_variables(variables)))


def _from_file(
    file: str, flags: dict[str, Any], variables: tuple[str, ...], namespace: str | None
) -> Json:
    more = [name for name, value in flags.items() if value and name != "name"]
    if more or variables:
        named = sorted([*(f"--{name.replace('_', '-')}" for name in more), *_vars(variables)])
        text = f"-f FILE says what to run: leave out {', '.join(named)}"
        raise Trouble(text)
    source = "stdin" if file == "-" else file
    return from_text(_text(file), source=source, name=flags["name"], namespace=namespace)


def _vars(variables: tuple[str, ...]) -> tuple[str, ...]:
    return ("--var",) if variables else ()


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text()
    except OSError as exc:
        text = f"cannot read {file}: {exc.strerror}"
        raise Trouble(text) from exc
    except UnicodeDecodeError as exc:
        text = f"cannot read {file}: it is no text"
        raise Trouble(text) from exc
