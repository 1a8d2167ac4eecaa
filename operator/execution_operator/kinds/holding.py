"""Keeps an ExecutionServer in place while something on it is ours; knows no other kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.execution_server import ExecutionServer

if TYPE_CHECKING:
    from execution_operator.reconcile.ports import Key, Objects


async def hold_server(objects: Objects, key: Key) -> None:
    """Set our finalizer on the server, before the first intent that uses it.

    ObjectConflict and ObjectsUnavailable pass.
    """
    server = objects.get(key)
    if isinstance(server, ExecutionServer) and not server.metadata.is_held:
        await objects.write_metadata(server, held=True)
