"""Which connection a machine's look goes on with; asks nothing of any server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.kinds.served import server_key

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.connections import Connection, Connections
    from execution_operator.kinds.machines.seen import Seen


def connection_of(connections: Connections, wanted: MachineObject, seen: Seen) -> Connection | None:
    """The connection to the server that was seen; None once the ExecutionServer means another.

    What is known and decided holds on that server alone: ids of one mean strangers on another.
    """
    connection = connections.get(server_key(wanted))
    return connection if connection is not None and connection.url == seen.url else None
