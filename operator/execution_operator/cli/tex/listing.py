"""What `list` and `open` do."""

from __future__ import annotations

import contextlib
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from execution_operator.cli.tex.cluster import Change, Page, reach, suggesting
from execution_operator.cli.tex.interrupts import Interrupts
from execution_operator.cli.tex.mistakes import Code, Trouble
from execution_operator.cli.tex.outcome import phase_of
from execution_operator.cli.tex.output import aligned, print_objects, print_table
from execution_operator.cli.tex.streams import Scope, stream
from execution_operator.cli.tex.words import COLUMNS, newest_last, row

if TYPE_CHECKING:
    from execution_operator.cli.tex.cluster import Cluster
    from execution_operator.cli.tex.options import Place


async def list_runs(
    place: Place, *, selector: str, everywhere: bool, watch: bool, output: str | None
) -> Code:
    """Print the runs, and with `watch` each change of one until Ctrl-C."""
    async with reach(place) as cluster:
        namespace = "" if everywhere else cluster.namespace
        page = await cluster.page(namespace, selector=selector)
        items = newest_last(page.items)
        if output:
            print_objects(items, output)
            return Code.PASSED
        columns = ("NAMESPACE", *COLUMNS) if everywhere else COLUMNS
        now = datetime.now(UTC)
        rows = [row(found, now=now, with_namespace=everywhere) for found in items]
        if rows or watch:
            print_table(columns, rows)
        else:
            where = "any namespace" if everywhere else f'namespace "{namespace}"'
            click.echo(f"no testexecutions in {where}", err=True)
        if watch:
            with Interrupts() as interrupts:
                scope = Scope(namespace, selector=selector)
                above = [columns, *rows]
                await interrupts.unless(_print_changes(cluster, scope, page.version, above))
        return Code.PASSED


async def open_result(place: Place, name: str, *, only_print: bool) -> Code:
    """Open the result in a browser, or print where it is."""
    async with reach(place) as cluster, suggesting(cluster):
        found = await cluster.get(cluster.namespace, name)
    execution = found.run.status.execution
    url = execution.result_url if execution else None
    if not url:
        text = f'"{name}" has no result yet: it is {phase_of(found.run)}'
        raise Trouble(text)
    if not url.startswith(("https://", "http://")):
        text = f'"{name}" has a result that is no web page: see kubectl get tex {name} -o yaml'
        raise Trouble(text)
    click.echo(url)
    if not only_print and sys.stdout.isatty():
        click.launch(url)
    return Code.PASSED


async def _print_changes(
    cluster: Cluster, scope: Scope, version: str, above: list[tuple[str, ...]]
) -> None:
    """Print a row a change, in the columns of the table above it."""
    async with contextlib.aclosing(stream(cluster, scope, _warn, version=version)) as news:
        async for one in news:
            changed = one.items if isinstance(one, Page) else (one.found,)
            for found in changed:
                if found is None or (isinstance(one, Change) and one.gone):
                    continue
                cells = row(found, now=datetime.now(UTC), with_namespace=not scope.namespace)
                click.echo(aligned([*above, cells])[-1])


def _warn(text: str) -> None:
    click.echo(text, err=True)
