"""Reads a run that is known: its state, its result, its tests; it changes nothing there."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import structlog

from execution_operator.kinds.test_execution.actions import Read, Reading, ReadResult, ReadTests
from execution_operator.kinds.test_execution.outcomes import BACKOFF, Outcomes
from execution_operator.kinds.test_execution.words import COMPLETE
from execution_operator.remote import errors

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.seen import Memory
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.wire import ResultResource

_log = structlog.stdlib.get_logger(__name__)


class Reads:
    """Reads what the server says of a run."""

    def __init__(self, *, memories: Memories, outcomes: Outcomes) -> None:
        self._memories = memories
        self._outcomes = outcomes

    async def read(self, action: Reading, wanted: TestExecution, hub: TestHub) -> Memory:
        """Read it; what is remembered afterwards. RemoteError passes."""
        match action:
            case Read():
                return await self._read_run(action, wanted, hub)
            case ReadResult():
                return await self._read_result(action, wanted, hub)
            case ReadTests():
                return await self._read_tests(action, wanted, hub)

    async def _read_run(self, action: Read, wanted: TestExecution, hub: TestHub) -> Memory:
        began = self._outcomes.now()
        try:
            run = await hub.get_execution(action.project_id, action.execution_id)
        except errors.NotFound as error:
            return self._outcomes.denied(wanted, self._outcomes.problem(wanted, error), began)
        return self._outcomes.healthy(
            wanted, run=run, read_at=began, denials=None, ended_at=self._outcomes.ended_at(run)
        )

    async def _read_result(self, action: ReadResult, wanted: TestExecution, hub: TestHub) -> Memory:
        result: ResultResource | None = None
        if action.result_id is not None:
            with contextlib.suppress(errors.NotFound):  # it may come later, or never
                result = await hub.get_result(action.project_id, action.result_id)
        run, since = self._memories.of(wanted).run, self._memories.of(wanted).awaiting_since
        awaited = run is not None and run.status == COMPLETE
        if result is not None and not (awaited and result.verdict is None):
            return self._outcomes.healthy(wanted, result=result)
        now = self._outcomes.now()
        return self._outcomes.healthy(
            wanted,
            result=result,
            awaiting_since=now if since is None else since,
            retry_at=now + BACKOFF.first,
        )

    async def _read_tests(self, action: ReadTests, wanted: TestExecution, hub: TestHub) -> Memory:
        """Nothing is told of the tests where the result has no such view, or a useless one."""
        try:
            tests = await hub.get_tests(action.project_id, action.result_id)
        except errors.NotFound:
            return self._outcomes.healthy(wanted, tests_read=True)
        except errors.ProtocolError as error:
            _log.warning(
                "cannot count the tests", cause=self._outcomes.problem(wanted, error).message
            )
            return self._outcomes.healthy(wanted, tests_read=True)
        return self._outcomes.healthy(wanted, tests=tests, tests_read=True)
