"""Prints tables and objects in the form that was asked for; it asks nobody."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

import click
import yaml

from execution_operator.api.model import API_VERSION, GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from execution_operator.cli.tex.objects import Found

_LEAST_CUT: Final = 8
_PHASE_COLOURS: Final = {
    "Succeeded": "green",
    "Failed": "red",
    "Stopped": "yellow",
    "Error": "red",
    "Lost": "red",
}
Rows = list[tuple[str, ...]]


def print_object(found: Found, form: str) -> None:
    """Print one run as json, yaml or name."""
    if form == "name":
        click.echo(name_of(found))
    else:
        _dump(found.raw, form)


def print_objects(items: Sequence[Found], form: str) -> None:
    """Print several: a List, or a name a line."""
    if form == "name":
        for found in items:
            click.echo(name_of(found))
    else:
        content = {"apiVersion": API_VERSION, "kind": "TestExecutionList"}
        _dump(content | {"metadata": {}, "items": [found.raw for found in items]}, form)


def print_table(columns: Sequence[str], rows: Rows) -> None:
    """Print aligned columns; on a terminal coloured, and cut so that a row fits."""
    lines = [tuple(columns), *rows]
    if not sys.stdout.isatty():
        for line in aligned(lines):
            click.echo(line)
        return
    width = shutil.get_terminal_size().columns
    for cells in padded(fitted(lines, width, cuttable=columns.index("ASSET"))):
        shown = (click.style(cell, fg=_PHASE_COLOURS.get(cell.strip())) for cell in cells)
        click.echo("  ".join(shown).rstrip())


def fitted(rows: Rows, width: int, *, cuttable: int) -> Rows:
    """The rows with one column cut at its left, where a path says least, to fit the width."""
    longest = max(len(line) for line in aligned(rows))
    widest = max(len(cells[cuttable]) for cells in rows)
    kept = max(widest - max(0, longest - width), _LEAST_CUT)

    def cut(text: str) -> str:
        return text if len(text) <= kept else f"…{text[1 - kept :]}"

    return [(*cells[:cuttable], cut(cells[cuttable]), *cells[cuttable + 1 :]) for cells in rows]


def aligned(rows: Rows) -> list[str]:
    """Rows of plain text in columns of equal width, without blanks at the end."""
    return ["  ".join(cells).rstrip() for cells in padded(rows)]


def padded(rows: Rows) -> Rows:
    """The rows with each cell as wide as the widest of its column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        tuple(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        for cells in rows
    ]


def name_of(found: Found) -> str:
    """The name as kubectl prints and takes it."""
    return f"testexecution.{GROUP}/{found.name}"


def _dump(content: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        click.echo(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), nl=False)
