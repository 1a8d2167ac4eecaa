"""What people type: `execution-operator run` and `execution-operator crds`."""

from __future__ import annotations

from importlib.metadata import version

import click

from execution_operator.cli.crds import crds
from execution_operator.cli.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("execution-operator"), message="%(prog)s %(version)s")
def main() -> None:
    """Run tests on an execution server from Kubernetes resources."""


main.add_command(run)
main.add_command(crds)

__all__ = ["main"]
