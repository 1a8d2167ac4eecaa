"""Tells a run that is there what to do: to stop, or its configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from execution_operator.kinds.test_execution.actions import Configure, Order, Stop
from execution_operator.kinds.test_execution.configuration import configuration_of, differing, told
from execution_operator.kinds.test_execution.seen import Memory, RefusedConfiguration
from execution_operator.remote import errors
from execution_operator.remote.testhub.queries import StopOptions

if TYPE_CHECKING:
    from execution_operator.api.test_execution import StopOptions as StopOptionsAsked
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.outcomes import Outcomes
    from execution_operator.remote.testhub.client import TestHub

_log = structlog.stdlib.get_logger(__name__)

_ALREADY_OVER: Final = frozenset({409, 410, 422})
"""How servers may answer a stop of a run that ended: read it again."""


class Orders:
    """Tells runs what to do; whether they do it is read."""

    def __init__(self, *, memories: Memories, outcomes: Outcomes) -> None:
        self._memories = memories
        self._outcomes = outcomes

    async def give(self, action: Order, wanted: TestExecution, connection: Connection) -> Memory:
        """Tell the run; what is remembered afterwards. RemoteError passes."""
        match action:
            case Stop():
                return await self._stop(action, wanted, connection)
            case Configure():
                return await self._configure(action, wanted, connection.hub)

    async def ask_to_stop(
        self, wanted: TestExecution, project: str, execution_id: str, connection: Connection
    ) -> None:
        """Ask it; that it is over already is fine. All other RemoteErrors pass."""
        try:
            await connection.stops.stop(project, execution_id, _stop_options(wanted.spec.stop))
        except errors.Rejected as error:
            if error.status not in _ALREADY_OVER:
                raise

    async def _stop(self, action: Stop, wanted: TestExecution, connection: Connection) -> Memory:
        try:
            await self.ask_to_stop(wanted, action.project_id, action.execution_id, connection)
        except errors.NotFound as error:
            self._memories.keep(wanted, stop_sent=True)
            return self._outcomes.denied(
                wanted, self._outcomes.problem(wanted, error), self._outcomes.now()
            )
        _log.info("asked the server to stop the run", execution=action.execution_id)
        return self._outcomes.healthy(wanted, stop_sent=True, read_at=None)

    async def _configure(self, action: Configure, wanted: TestExecution, hub: TestHub) -> Memory:
        """Send what the run does not know yet; one that ended, or takes none, says no."""
        place, asked = (action.project_id, action.execution_id), told(wanted)
        try:
            current = await hub.get_configurations(*place)
            changes = differing(configuration_of(wanted), current)
            if changes:
                await hub.update_configurations(*place, changes)
        except (errors.Rejected, errors.NotFound) as error:
            refused = RefusedConfiguration(asked, self._outcomes.problem(wanted, error))
            return self._outcomes.healthy(wanted, refused_configuration=refused, read_at=None)
        _log.info("sent the configuration", execution=action.execution_id, names=sorted(changes))
        return self._outcomes.healthy(wanted, configured=asked, refused_configuration=None)


def _stop_options(asked: StopOptionsAsked | None) -> StopOptions:
    """The options with the API's own defaults where nothing is asked for."""
    known = StopOptions()
    if asked is None:
        return known
    chosen = {name: value for name, value in asked if value is not None}
    return replace(known, **chosen)
