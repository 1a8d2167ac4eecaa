"""`execution-operator crds`: prints the CustomResourceDefinitions."""

from __future__ import annotations

import click

from execution_operator.crds import DEFINITIONS, render


@click.command()
@click.option(
    "--kind",
    type=click.Choice([definition.kind for definition in DEFINITIONS]),
    help="Only this kind.",
)
def crds(kind: str | None) -> None:
    """Print the CustomResourceDefinitions, for `kubectl apply --server-side -f -`."""
    chosen = [one for one in DEFINITIONS if kind in {None, one.kind}]
    click.echo(render(chosen), nl=False)
