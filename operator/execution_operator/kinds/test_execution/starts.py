"""Starts runs: reads what is to be sent, sends it once, and tells a no from a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.configuration import told
from execution_operator.kinds.test_execution.identity import cluster_tag, run_tag
from execution_operator.kinds.test_execution.seen import Certainty, Doubt, Memory, Seen
from execution_operator.kinds.test_execution.sources import VariableSources
from execution_operator.kinds.test_execution.specification import body
from execution_operator.remote import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.actions import Start
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.outcomes import Outcomes
    from execution_operator.remote.testhub.wire import ExecutionResource

_log = structlog.stdlib.get_logger(__name__)

_FINAL_NO: Final = (errors.Rejected, errors.NotFound)
"""The API's own 4xx to a start; all other errors but Ambiguous surely started nothing."""


class Starts:
    """Asks the server to start runs."""

    def __init__(
        self, *, ports: Ports, memories: Memories, outcomes: Outcomes, missing_seconds: float
    ) -> None:
        self._sources = VariableSources(ports.secrets)
        self._missing_seconds = missing_seconds
        self._fence = ports.fence
        self._cluster_id = ports.cluster_id
        self._memories = memories
        self._outcomes = outcomes

    async def start(
        self, action: Start, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        """Start it, unless a variable is missing; what is remembered afterwards.

        RemoteError passes: then surely nothing was started. So do FenceClosed, and
        ObjectsUnavailable from what holds the variables.
        """
        variables = await self._sources.read(wanted)
        if isinstance(variables, Problem):
            again = self._outcomes.now() + self._missing_seconds
            return self._memories.keep(wanted, problem=variables, retry_at=again)
        self._memories.privacy.keep(wanted, variables.private)
        return await self._post(action, wanted, seen, connection, variables.sent)

    async def _post(
        self,
        action: Start,
        wanted: TestExecution,
        seen: Seen,
        connection: Connection,
        variables: Mapping[str, str],
    ) -> Memory:
        tags = (
            run_tag(self._cluster_id, wanted.metadata.uid, action.attempt),
            cluster_tag(self._cluster_id),
        )
        project, before = seen.intent.project if seen.intent else "", seen.memory
        asset = seen.asset_id or ""
        spec = wanted.spec.model_copy(update={"remote_locations": seen.locations or None})

        def leaving() -> None:
            """From here on, whatever ends this call, the run may have been started."""
            self._fence.check()
            self._memories.keep(
                wanted,
                certainty=Certainty.DOUBTFUL,
                doubt=Doubt(since=self._outcomes.now()),
                repeated=before.certainty is not Certainty.UNSENT,
            )

        try:
            run = await connection.hub.start_execution(
                project,
                body(spec, tags, asset_id=asset, variables=variables),
                before_bytes=leaving,
                secrets=self._memories.privacy.values(wanted),
            )
        except errors.Ambiguous as error:
            _log.warning(
                "in doubt whether a run was started",
                cause=self._outcomes.problem(wanted, error).message,
            )
            return self._memories.keep(
                wanted,
                certainty=Certainty.DOUBTFUL,
                doubt=Doubt(since=self._outcomes.now()),
                problem=self._outcomes.problem(wanted, error),
            )
        except errors.RemoteError as error:  # all others surely started nothing
            if isinstance(error, _FINAL_NO) and not await connection.asset_moved(
                project, wanted.spec.test_asset, asset
            ):
                return self._memories.keep(wanted, refused=self._outcomes.problem(wanted, error))
            self._memories.keep(
                wanted,
                certainty=before.certainty,
                doubt=before.doubt,
                repeated=before.repeated,
            )
            raise
        self._memories.keep(wanted, configured=told(wanted))
        return self._outcomes.started(wanted, _with_word(wanted, run), seen)


def _with_word(wanted: TestExecution, run: ExecutionResource) -> ExecutionResource:
    """The run with the word that the API gives a new one, where the answer has none."""
    word = "SCHEDULED" if wanted.spec.scheduled else "IN_TRANSITION"
    return run if run.status else run.model_copy(update={"status": word})
