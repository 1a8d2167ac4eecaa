"""Completes the names of runs for shells; it never fails and never takes long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import click

_SECONDS: Final = 3.0


def complete_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The names that begin like that, of the namespace that was typed so far."""
    given = ctx.params
    try:
        names = asyncio.run(
            _names(given.get("namespace"), given.get("context"), given.get("kubeconfig"))
        )
    except Exception:  # noqa: BLE001 - a completion never shows an error
        return []
    return [name for name in names if name.startswith(incomplete)]


async def _names(namespace: str | None, context: str | None, kubeconfig: str | None) -> list[str]:
    # Only when somebody asks: this is imported whenever a command starts.
    from execution_operator.cli.tex.cluster import reach  # noqa: PLC0415
    from execution_operator.cli.tex.options import Place  # noqa: PLC0415

    async with asyncio.timeout(_SECONDS), reach(Place(namespace, context, kubeconfig)) as cluster:
        page = await cluster.page(cluster.namespace)
    return sorted(found.name for found in page.items)
