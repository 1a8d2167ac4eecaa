"""Exchanges with the server about one run, one request or look-up each; errors by meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.kinds.served import server_key
from execution_operator.kinds.test_execution.actions import (
    Adopt,
    Configure,
    Exchange,
    LookUp,
    LookUpOriginal,
    Read,
    ReadResult,
    ReadTests,
    Reckon,
    Start,
    Stop,
)
from execution_operator.kinds.test_execution.orders import Orders
from execution_operator.kinds.test_execution.outcomes import BACKOFF, Outcomes
from execution_operator.kinds.test_execution.reads import Reads
from execution_operator.kinds.test_execution.searches import Searches
from execution_operator.kinds.test_execution.starts import Starts
from execution_operator.remote import errors

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.connections import Connection, Connections
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.census import Censuses
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.seen import Memory, Seen
    from execution_operator.kinds.test_execution.tell import Teller


class Exchanger:
    """Carries out what needs the server."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        ports: Ports,
        connections: Connections,
        memories: Memories,
        censuses: Censuses,
        teller: Teller,
        missing_seconds: float,
    ) -> None:
        self._connections = connections
        self._memories = memories
        self._outcomes = Outcomes(ports=ports, memories=memories, teller=teller)
        self._starts = Starts(
            ports=ports,
            memories=memories,
            outcomes=self._outcomes,
            missing_seconds=missing_seconds,
        )
        self._orders = Orders(memories=memories, outcomes=self._outcomes)
        self._searches = Searches(
            ports=ports,
            memories=memories,
            censuses=censuses,
            teller=teller,
            outcomes=self._outcomes,
            orders=self._orders,
        )
        self._reads = Reads(memories=memories, outcomes=self._outcomes)

    async def exchange(self, action: Exchange, wanted: TestExecution, seen: Seen) -> Memory:
        """Do it; what is remembered afterwards. FenceClosed passes."""
        connection = self._connections.get(server_key(wanted))
        if connection is None:  # it was closed since we looked
            return self._memories.keep(wanted, retry_at=self._outcomes.now() + BACKOFF.first)
        try:
            return await self._sent(action, wanted, seen, connection)
        except errors.Closed:  # by us, while this was under way
            return self._memories.keep(wanted, retry_at=self._outcomes.now() + BACKOFF.first)
        except errors.RemoteError as error:
            return self._outcomes.failed(wanted, self._outcomes.problem(wanted, error))

    async def _sent(
        self, action: Exchange, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        match action:
            case Start():
                return await self._starts.start(action, wanted, seen, connection)
            case LookUp() | LookUpOriginal() | Reckon() | Adopt():
                return await self._searches.search(action, wanted, seen, connection)
            case Read() | ReadResult() | ReadTests():
                return await self._reads.read(action, wanted, connection.hub)
            case Stop() | Configure():
                return await self._orders.give(action, wanted, connection)
