"""Does what was decided about a run: one request or one write each, errors told by meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.api.test_execution import Phase, TestExecution
from execution_operator.kinds.counts import server_label
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.test_execution.decide import execution_id
from execution_operator.kinds.test_execution.identity import cluster_tag, nobody_tag, run_tag
from execution_operator.kinds.test_execution.observe import server_key
from execution_operator.kinds.test_execution.seen import (
    Action,
    Certainty,
    Denials,
    Doubt,
    LookUp,
    Memory,
    Read,
    ReadResult,
    Release,
    Seen,
    Start,
    Stop,
    WriteIntent,
)
from execution_operator.kinds.test_execution.specification import body
from execution_operator.kinds.test_execution.words import is_ended
from execution_operator.reconcile.backoff import Backoff
from execution_operator.reconcile.kind import Step
from execution_operator.reconcile.ports import FirstSeen, Key
from execution_operator.remote import errors
from execution_operator.remote.testhub.protocol import ExecutionFilter, StopOptions

if TYPE_CHECKING:
    from execution_operator.api.test_execution import StopOptions as StopOptionsAsked
    from execution_operator.kinds.connections import Connections
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.observe import Observer
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.wire import ExecutionResource

_log = structlog.stdlib.get_logger(__name__)

_BACKOFF: Final = Backoff(first=1.0, longest=60.0)
_NOTHING_STARTED: Final = (
    errors.Unreachable,
    errors.TLSVerificationFailed,
    errors.HostNotAllowed,
    errors.Unauthorized,
    errors.LicenseRefused,
    errors.Forbidden,
    errors.RateLimited,
)
_ALREADY_OVER: Final = frozenset({409, 410, 422})
"""How servers may answer a stop of a run that ended: read it again."""


class Actor:
    """Carries out the actions of TestExecutions."""

    def __init__(
        self, *, ports: Ports, connections: Connections, memories: Memories, observer: Observer
    ) -> None:
        self._objects = ports.objects
        self._fence = ports.fence
        self._events = ports.events
        self._clock = ports.clock
        self._random = ports.random
        self._meter = ports.meter
        self._cluster_id = ports.cluster_id
        self._connections = connections
        self._memories = memories
        self._observer = observer

    async def act(
        self, action: Action, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        """Do it; what is known afterwards."""
        match action:
            case WriteIntent():
                return await self._write_intent(action, wanted, seen)
            case Release():
                return await self._release(action, wanted, seen)
            case Start() | LookUp() | Read() | ReadResult() | Stop():
                memory = await self._exchange(action, wanted, seen)
                return Step(wanted, replace(seen, memory=memory))

    async def _exchange(
        self,
        action: Start | LookUp | Read | ReadResult | Stop,
        wanted: TestExecution,
        seen: Seen,
    ) -> Memory:
        connection = self._connections.get(server_key(wanted))
        if connection is None:  # it was closed since we looked
            return self._memories.keep(wanted, retry_at=self._now() + 1.0)
        hub = connection.hub
        try:
            match action:
                case Start():
                    return await self._start(action, wanted, seen, hub)
                case LookUp():
                    return await self._look_up(action, wanted, seen, hub)
                case Read():
                    return await self._read(action, wanted, hub)
                case ReadResult():
                    return await self._read_result(action, wanted, hub)
                case Stop():
                    return await self._stop(action, wanted, hub)
        except errors.RemoteError as error:
            return self._failed(wanted, problem_of(error))

    async def _write_intent(
        self, action: WriteIntent, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        self._fence.check()
        await self._hold_server(server_key(wanted))
        intent = replace(action.intent, writer=self._fence.writer)
        current = await self._objects.write_metadata(
            wanted, held=True, annotations={INTENT_ANNOTATION: intent.dump()}
        )
        if not isinstance(current, TestExecution):
            return Step(None, seen)
        # Only an object that came into being under this leadership cannot have been posted before.
        fresh = self._objects.first_seen(Key.of(wanted)) is FirstSeen.ADDED
        untouched = wanted.status.execution is None and wanted.status.attempt is None
        certainty = Certainty.UNSENT if fresh and untouched else Certainty.DOUBTFUL
        memory = self._memories.keep(wanted, certainty=certainty)
        return Step(current, replace(seen, intent=intent, memory=memory))

    async def _hold_server(self, key: Key) -> None:
        server = self._objects.get(key)
        if isinstance(server, ExecutionServer) and not server.metadata.is_held:
            await self._objects.write_metadata(server, held=True)

    async def _start(
        self, action: Start, wanted: TestExecution, seen: Seen, hub: TestHub
    ) -> Memory:
        tags = (
            run_tag(self._cluster_id, wanted.metadata.uid, action.attempt),
            cluster_tag(self._cluster_id),
        )
        project = seen.intent.project if seen.intent else ""
        try:
            run = await hub.start_execution(
                project, body(wanted.spec, tags), before_bytes=self._fence.check
            )
        except errors.Ambiguous as error:
            _log.warning("in doubt whether a run was started", cause=str(error))
            self._memories.keep(
                wanted, certainty=Certainty.DOUBTFUL, doubt=Doubt(since=self._now())
            )
            return self._failed(wanted, problem_of(error))
        except _NOTHING_STARTED:
            raise
        except errors.RemoteError as error:
            return self._memories.keep(wanted, refused=problem_of(error), problem=problem_of(error))
        return self._started(wanted, _with_word(wanted, run))

    def _started(self, wanted: TestExecution, run: ExecutionResource) -> Memory:
        now = self._clock.now()
        created = wanted.metadata.creation_timestamp
        if created is not None:
            self._meter.run_started((now.utc - created).total_seconds())
        _log.info("started", execution=run.id)
        self._events.publish(
            wanted, Reason.SUBMITTED, f"the server accepted the run as {run.id}", kind="Normal"
        )
        return self._healthy(
            wanted, run=run, submitted_at=now.utc, doubt=None, ended_at=self._ended_at(run)
        )

    async def _look_up(
        self, action: LookUp, wanted: TestExecution, seen: Seen, hub: TestHub
    ) -> Memory:
        began = self._now()
        project = seen.intent.project if seen.intent else ""
        tag = run_tag(self._cluster_id, wanted.metadata.uid, action.attempt)
        hits = await hub.list_executions(project, ExecutionFilter(status=("ALL",), tags=(tag,)))
        doubt = seen.memory.doubt or Doubt(since=self._fence.since)
        if not hits:
            return self._healthy(wanted, doubt=replace(doubt, absent_at=began, problem=None))
        problem = await self._why_not(hits, project, hub)
        if problem is not None:
            return self._healthy(wanted, doubt=replace(doubt, problem=problem))
        _log.info("found the run in doubt", execution=hits[0].id)
        return self._started(wanted, hits[0])

    async def _why_not(
        self, hits: tuple[ExecutionResource, ...], project: str, hub: TestHub
    ) -> Problem | None:
        """Why what was found cannot be trusted: a server may ignore tags or have several runs."""
        nobody = nobody_tag(str(self._random.random()))
        others = await hub.list_executions(
            project, ExecutionFilter(status=("ALL",), tags=(nobody,))
        )
        if others:
            text = (
                "the server does not tell runs apart by tag, so it cannot be seen whether"
                " this one was started: look there, then create a new TestExecution"
            )
            return Problem(reason=Reason.SUBMIT_AMBIGUOUS, message=text, needs_person=True)
        if len(hits) > 1:
            ids = ", ".join(one.id for one in hits[:5])
            text = (
                f"{len(hits)} runs on the server carry this object's tag: {ids}; stop all but one"
            )
            return Problem(reason=Reason.TOKEN_NOT_UNIQUE, message=text, needs_person=True)
        return None

    async def _read(self, action: Read, wanted: TestExecution, hub: TestHub) -> Memory:
        began = self._now()
        try:
            run = await hub.get_execution(action.project_id, action.execution_id)
        except errors.NotFound as error:
            return self._denied(wanted, problem_of(error), began)
        return self._healthy(
            wanted, run=run, read_at=began, denials=None, ended_at=self._ended_at(run)
        )

    def _denied(self, wanted: TestExecution, problem: Problem, began: float) -> Memory:
        before = self._memories.of(wanted).denials
        denials = Denials(
            since=before.since if before else began, count=(before.count if before else 0) + 1
        )
        return self._memories.keep(wanted, denials=denials, read_at=began, problem=problem)

    async def _read_result(self, action: ReadResult, wanted: TestExecution, hub: TestHub) -> Memory:
        try:
            result = await hub.get_result(action.project_id, action.result_id)
        except errors.NotFound:  # it may come later, or never: the verdict's time-out decides
            return self._memories.keep(wanted, retry_at=self._now() + _BACKOFF.first)
        if result.verdict is None:
            return self._healthy(wanted, result=result, retry_at=self._now() + _BACKOFF.first)
        return self._healthy(wanted, result=result)

    async def _stop(self, action: Stop, wanted: TestExecution, hub: TestHub) -> Memory:
        options = _stop_options(wanted.spec.stop)
        try:
            await hub.stop_execution(action.project_id, action.execution_id, options)
        except errors.NotFound as error:
            self._memories.keep(wanted, stop_sent=True)
            return self._denied(wanted, problem_of(error), self._now())
        except errors.Rejected as error:
            if error.status not in _ALREADY_OVER:
                raise
        _log.info("asked the server to stop the run", execution=action.execution_id)
        return self._healthy(wanted, stop_sent=True, read_at=None)

    async def _release(
        self, action: Release, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        if action.left_behind is not None:
            self._tell_left_behind(wanted, seen, action.left_behind)
        self._tell_end(wanted)
        self._observer.unfollow(wanted, seen)
        current = await self._objects.write_metadata(wanted, held=False)
        return Step(current if isinstance(current, TestExecution) else None, seen)

    def _tell_end(self, wanted: TestExecution) -> None:
        status = wanted.status
        if status.phase is None or not status.phase.is_terminal:
            return
        said = next((one for one in status.conditions if one.type == ConditionType.SUCCEEDED), None)
        reason, message = (said.reason, said.message) if said else (status.phase.value, "")
        began, ended = status.start_time, status.completion_time
        self._meter.run_finished(
            server_label(wanted),
            phase=status.phase,
            reason=reason,
            verdict=status.verdict,
            seconds=(ended - began).total_seconds() if began and ended else None,
        )
        passed = status.phase is Phase.SUCCEEDED
        self._events.publish(wanted, reason, message, kind="Normal" if passed else "Warning")

    def _tell_left_behind(self, wanted: TestExecution, seen: Seen, why: str) -> None:
        self._meter.run_left_behind(server_label(wanted))
        run = execution_id(wanted, seen) or "that may have been started"
        self._events.publish(
            wanted,
            "RunLeftBehind",
            f"let go of the run {run} without having seen its end: {why}; look on the server",
            kind="Warning",
        )

    def _healthy(self, wanted: TestExecution, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        changes = {"problem": None, "failures": 0, "retry_at": 0.0} | changes
        return self._memories.keep(wanted, **changes)

    def _failed(self, wanted: TestExecution, problem: Problem) -> Memory:
        failures = self._memories.of(wanted).failures + 1
        wait = max(problem.retry_after or 0.0, _BACKOFF.delay(failures, self._random))
        return self._memories.keep(
            wanted, problem=problem, failures=failures, retry_at=self._now() + wait
        )

    def _ended_at(self, run: ExecutionResource) -> float | None:
        return self._now() if is_ended(run.status) else None

    def _now(self) -> float:
        return self._clock.now().monotonic


def _with_word(wanted: TestExecution, run: ExecutionResource) -> ExecutionResource:
    """The run with the word that the API gives a new one, where the answer has none."""
    word = "SCHEDULED" if wanted.spec.scheduled else "IN_TRANSITION"
    return run if run.status else run.model_copy(update={"status": word})


def _stop_options(asked: StopOptionsAsked | None) -> StopOptions:
    """The options with the API's own defaults where nothing is asked for."""
    known = StopOptions()
    if asked is None:
        return known
    chosen = {name: value for name, value in asked if value is not None}
    return replace(known, **chosen)
