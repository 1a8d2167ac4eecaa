"""Shows a person what happens, on a terminal or in a log; decides nothing."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from rich import box
from rich.console import Group
from rich.live import Live
from rich.table import Table as Grid
from rich.text import Text

from cluster.drawing import drawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, RenderableType

    from cluster.report import Report
    from demonstration.installation import Resource
    from demonstration.outcomes import Outcome
    from demonstration.tables import Row, Table

_STYLES: Final = {
    **dict.fromkeys(("Succeeded", "PASS", "True"), "green"),
    **dict.fromkeys(("Failed", "FAIL", "Error", "ERROR", "Lost", "False"), "red"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """All objects of a kind at one moment."""

    resource: Resource
    table: Table


class View(Protocol):
    """Where sights are shown one after the other."""

    def show(self, sights: Sequence[Sight]) -> None:
        """Show what there is now."""


@contextmanager
def step(report: Report, doing: str, *, done: str) -> Iterator[None]:
    """Show that something is being done, and when it is done how long that took."""
    started = report.elapsed_seconds()
    with drawn(report.console.status(doing)) if report.console.is_interactive else nullcontext():
        yield
    report.say(f"{done} ({report.elapsed_seconds() - started:.1f} s)")


@contextmanager
def open_view(console: Console) -> Iterator[View]:
    """Open what suits the output: tables that change on a terminal, else a line a change."""
    if not console.is_interactive:
        yield Lines(console)
        return
    live = Live(console=console, auto_refresh=False)
    with drawn(live):
        yield Tables(live)


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables that change in place."""

    live: Live

    def show(self, sights: Sequence[Sight]) -> None:
        """Draw them anew."""
        self.live.update(as_kubectl(sights), refresh=True)


@dataclass(slots=True)
class _Layout:
    """How wide the columns of a kind are: they grow with what comes."""

    widths: list[int]

    def line(self, cells: Sequence[str]) -> str:
        self.widths = [
            max(width, len(cell)) for width, cell in zip(self.widths, cells, strict=True)
        ]
        padded = (cell.ljust(width) for cell, width in zip(cells, self.widths, strict=True))
        return "  ".join(padded).rstrip()


@dataclass(slots=True)
class Lines:
    """A line for each object that is new or looks different."""

    console: Console
    _layouts: dict[str, _Layout] = field(default_factory=dict)
    _known: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def show(self, sights: Sequence[Sight]) -> None:
        """Print what is different now; an age alone is no difference."""
        for sight in sights:
            if sight.resource.short not in self._layouts:
                self._print(self._begin(sight).line(_labelled(sight, sight.table.headings)))
            for row in sight.table.rows:
                self._show(sight, row)

    def _begin(self, sight: Sight) -> _Layout:
        lines = (sight.table.headings, *map(sight.table.shown, sight.table.rows))
        columns = zip(*(_labelled(sight, line) for line in lines), strict=True)
        layout = _Layout([max(map(len, column)) for column in columns])
        self._layouts[sight.resource.short] = layout
        return layout

    def _show(self, sight: Sight, row: Row) -> None:
        key = (sight.resource.short, row.seen.metadata.name)
        lasting = sight.table.lasting(row)
        if self._known.get(key) != lasting:
            self._known[key] = lasting
            self._print(self._layouts[key[0]].line(_labelled(sight, sight.table.shown(row))))

    def _print(self, line: str) -> None:
        self.console.print(line, soft_wrap=True, highlight=False, markup=False)


def _labelled(sight: Sight, cells: Sequence[str]) -> tuple[str, ...]:
    """Put the kind before the first cell, the name: as kubectl does for several kinds."""
    name, *others = cells
    return (f"{sight.resource.short}/{name}", *others)


def as_kubectl(sights: Iterable[Sight]) -> RenderableType:
    """Render as `kubectl get` does, each kind below the command that would show it."""
    parts: list[RenderableType] = []
    for sight in sights:
        parts += [Text(f"\n$ kubectl get {sight.resource.short}", style="dim"), _grid(sight.table)]
    return Group(*parts)


def _grid(table: Table) -> RenderableType:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in table.headings:
        grid.add_column(heading, no_wrap=True)
    for row in table.rows:
        grid.add_row(*map(_coloured, table.shown(row)))
    return grid


def _coloured(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, ""))


def happened(outcomes: Iterable[Outcome], resources: Iterable[Resource]) -> RenderableType:
    """Render what each example said, and what came of it."""
    short = {resource.kind: resource.short for resource in resources}
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in ("object", "expected", "got", "why"):
        grid.add_column(heading, overflow="fold")
    for outcome in outcomes:
        about = outcome.ending.about
        style = "green" if outcome.is_as_said else "bold red"
        grid.add_row(
            Text(f"{short[about.kind]}/{about.name}"),
            Text("\n".join(one.value for one in outcome.ending.fields)),
            Text("\n".join(one or "-" for one in outcome.got) or "not there", style=style),
            Text(outcome.seen.why if outcome.seen else ""),
        )
    return grid
