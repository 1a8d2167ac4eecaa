"""Exchanges with the server about one run, one request or look-up each; errors by meaning."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem, problem_of
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
from execution_operator.kinds.test_execution.configuration import (
    configuration_of,
    differing,
    told,
)
from execution_operator.kinds.test_execution.identity import cluster_tag, run_tag
from execution_operator.kinds.test_execution.observe import server_key
from execution_operator.kinds.test_execution.reckoning import left, left_of_deletion, reckonings
from execution_operator.kinds.test_execution.seen import (
    Certainty,
    Denials,
    Doubt,
    Memory,
    RefusedConfiguration,
    Seen,
)
from execution_operator.kinds.test_execution.sources import VariableSources
from execution_operator.kinds.test_execution.specification import body
from execution_operator.kinds.test_execution.standing import is_over, project_id
from execution_operator.kinds.test_execution.words import COMPLETE, is_ended
from execution_operator.reconcile.backoff import Backoff
from execution_operator.remote import errors
from execution_operator.remote.testhub.protocol import ExecutionFilter, StopOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.api.test_execution import StopOptions as StopOptionsAsked
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.connections import Connection, Connections
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.census import Census, Censuses
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.tell import Teller
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.wire import ExecutionResource, ResultResource

_log = structlog.stdlib.get_logger(__name__)

_BACKOFF: Final = Backoff(first=1.0, longest=60.0)
_FINAL_NO: Final = (errors.Rejected, errors.NotFound)
"""The API's own 4xx to a start; all other errors but Ambiguous surely started nothing."""
_ALREADY_OVER: Final = frozenset({409, 410, 422})
"""How servers may answer a stop of a run that ended: read it again."""
_MOST_HITS: Final = 3
"""More runs of one attempt than this are not the trace of a lost answer: stop none of them."""


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
        self._sources = VariableSources(ports.secrets)
        self._missing_seconds = missing_seconds
        self._fence = ports.fence
        self._clock = ports.clock
        self._random = ports.random
        self._cluster_id = ports.cluster_id
        self._connections = connections
        self._memories = memories
        self._censuses = censuses
        self._teller = teller

    async def exchange(self, action: Exchange, wanted: TestExecution, seen: Seen) -> Memory:
        """Do it; what is remembered afterwards. FenceClosed passes."""
        connection = self._connections.get(server_key(wanted))
        if connection is None:  # it was closed since we looked
            return self._memories.keep(wanted, retry_at=self._now() + _BACKOFF.first)
        try:
            return await self._sent(action, wanted, seen, connection)
        except errors.Closed:  # by us, while this was under way
            return self._memories.keep(wanted, retry_at=self._now() + _BACKOFF.first)
        except errors.RemoteError as error:
            return self._failed(wanted, self._problem(wanted, error))

    async def _sent(  # noqa: C901 - one branch an action
        self, action: Exchange, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        hub = connection.hub
        match action:
            case Start():
                return await self._start(action, wanted, seen, connection)
            case LookUp():
                return await self._look_up(action, wanted, seen, connection)
            case LookUpOriginal():
                return await self._look_up_original(action, wanted, seen, connection)
            case Reckon():
                return await self._reckon(action, wanted, seen, connection)
            case Adopt():
                return await self._adopt(action, wanted, hub)
            case Read():
                return await self._read(action, wanted, hub)
            case ReadResult():
                return await self._read_result(action, wanted, hub)
            case ReadTests():
                return await self._read_tests(action, wanted, hub)
            case Stop():
                return await self._stop(action, wanted, connection)
            case Configure():
                return await self._configure(action, wanted, hub)

    async def _start(
        self, action: Start, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        variables = await self._sources.read(wanted)
        if isinstance(variables, Problem):
            again = self._now() + self._missing_seconds
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

        def leaving() -> None:
            """From here on, whatever ends this call, the run may have been started."""
            self._fence.check()
            self._memories.keep(
                wanted,
                certainty=Certainty.DOUBTFUL,
                doubt=Doubt(since=self._now()),
                repeated=before.certainty is not Certainty.UNSENT,
            )

        try:
            run = await connection.hub.start_execution(
                project,
                body(wanted.spec, tags, asset_id=asset, variables=variables),
                before_bytes=leaving,
                secrets=self._memories.privacy.values(wanted),
            )
        except errors.Ambiguous as error:
            _log.warning(
                "in doubt whether a run was started", cause=self._problem(wanted, error).message
            )
            return self._memories.keep(
                wanted,
                certainty=Certainty.DOUBTFUL,
                doubt=Doubt(since=self._now()),
                problem=self._problem(wanted, error),
            )
        except errors.RemoteError as error:  # all others surely started nothing
            if isinstance(error, _FINAL_NO) and not await connection.asset_moved(
                project, wanted.spec.test_asset, asset
            ):
                return self._memories.keep(wanted, refused=self._problem(wanted, error))
            self._memories.keep(
                wanted,
                certainty=before.certainty,
                doubt=before.doubt,
                repeated=before.repeated,
            )
            raise
        self._memories.keep(wanted, configured=told(wanted))
        return self._started(wanted, _with_word(wanted, run), seen)

    def _started(
        self, wanted: TestExecution, run: ExecutionResource, seen: Seen, *, twice: bool = False
    ) -> Memory:
        self._teller.started(wanted, run.id)
        twice = twice or self._memories.of(wanted).repeated
        return self._healthy(
            wanted,
            run=run,
            submitted_at=self._clock.now().utc,
            doubt=None,
            ended_at=self._ended_at(run),
            reckonings=reckonings(self._now(), seen.settling) if twice else (),
        )

    async def _look_up(
        self, action: LookUp, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        began = self._now()
        project = project_id(wanted, seen) or ""
        tag = run_tag(self._cluster_id, wanted.metadata.uid, action.attempt)
        hits = await _tagged(connection.hub, project, tag)
        census = await self._census(connection, project, seen)
        doubt = replace(
            seen.memory.doubt or Doubt(since=self._fence.since), looked_at=began, absent=False
        )
        problem = _why_not(hits, census)
        if problem is not None:
            return self._healthy(wanted, doubt=replace(doubt, problem=problem))
        if not hits:
            return self._healthy(wanted, doubt=replace(doubt, absent=True, problem=None))
        kept, *others = sorted(hits, key=_age)
        await self._stop_others(wanted, project, kept.id, others, connection)
        _log.info("found the run in doubt", execution=kept.id)
        return self._started(wanted, kept, seen, twice=bool(others))

    async def _census(self, connection: Connection, project: str, seen: Seen) -> Census:
        """One that began after what was just looked up."""
        return await self._censuses.take(
            connection, project, not_before=self._now(), settling=seen.settling
        )

    async def _stop_others(
        self,
        wanted: TestExecution,
        project: str,
        kept: str,
        others: list[ExecutionResource],
        connection: Connection,
    ) -> None:
        active = [one.id for one in others if not is_ended(one.status) and one.status != "STOPPING"]
        for execution_id in active:
            await self._ask_to_stop(wanted, project, execution_id, connection)
        if active:
            self._teller.stopped_others(wanted, kept, active)

    async def _look_up_original(
        self, action: LookUpOriginal, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        intent = action.intent
        hits: list[ExecutionResource] = []
        for attempt in range(1, action.attempts + 1):
            tag = run_tag(intent.cluster, intent.uid, attempt)
            hits += await _tagged(connection.hub, intent.project, tag)
        looked = {"restored_at": self._now()}
        if not hits or not (await self._census(connection, intent.project, seen)).trusted:
            return self._healthy(wanted, **looked)
        newest = min(hits, key=_age)
        self._teller.adopted(wanted, newest.id)
        return self._healthy(
            wanted,
            run=newest,
            adopted=True,
            configured=told(wanted),
            ended_at=self._ended_at(newest),
            **looked,
        )

    async def _reckon(
        self, action: Reckon, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        tag = run_tag(self._cluster_id, wanted.metadata.uid, action.attempt)
        try:
            hits = await _tagged(connection.hub, action.project_id, tag)
        except errors.NotFound as error:
            if not wanted.metadata.is_deleted:
                raise
            self._memories.keep(wanted, reckonings=())  # without its project there is no run
            return self._denied(wanted, self._problem(wanted, error), self._now())
        found, gone = action.execution_id in {one.id for one in hits}, _is_denied(seen)
        if found or (not gone and self._must_be_listed(wanted, seen)):
            self._censuses.judge(connection, action.project_id, found=found)
        if not found:
            _log.warning("a run was not found by its own tag", execution=action.execution_id)
        told = (found or gone) and await self._told_by(hits, action, wanted, seen, connection)
        return self._healthy(wanted, reckonings=self._reckonings_left(wanted, seen, told=told))

    async def _told_by(
        self,
        hits: tuple[ExecutionResource, ...],
        action: Reckon,
        wanted: TestExecution,
        seen: Seen,
        connection: Connection,
    ) -> bool:
        """Whether the look-up could tell; then all others that it found were asked to stop."""
        others = [one for one in hits if one.id != action.execution_id]
        others += await self._of_earlier_attempts(action, wanted, connection.hub)
        if others or not hits:  # finding the one we know, and it alone, tells all
            census = await self._census(connection, action.project_id, seen)
            if not census.trusted or len(hits) > _MOST_HITS:
                return False
        await self._stop_others(wanted, action.project_id, action.execution_id, others, connection)
        goes_on = any(not is_ended(one.status) for one in others)
        return not (goes_on and wanted.metadata.is_deleted)

    async def _of_earlier_attempts(
        self, action: Reckon, wanted: TestExecution, hub: TestHub
    ) -> list[ExecutionResource]:
        """Runs of attempts that are over; one that still goes on is one too many."""
        found: list[ExecutionResource] = []
        for attempt in range(1, action.attempt):
            tag = run_tag(self._cluster_id, wanted.metadata.uid, attempt)
            found += await _tagged(hub, action.project_id, tag)
        return [one for one in found if not is_ended(one.status)]

    def _must_be_listed(self, wanted: TestExecution, seen: Seen) -> bool:
        """Whether the run is so old that a look-up by its tag has to find it."""
        recorded = wanted.status.execution.submitted_at if wanted.status.execution else None
        submitted = seen.memory.submitted_at or recorded  # by us, or by who led before
        if submitted is None:
            return True
        return (self._clock.now().utc - submitted).total_seconds() >= seen.settling

    def _reckonings_left(
        self, wanted: TestExecution, seen: Seen, *, told: bool
    ) -> tuple[float, ...]:
        kept, before = self._memories.of(wanted).reckonings, seen.memory.reckonings
        if kept != before:  # one more was asked for while this one was under way
            return kept
        if wanted.metadata.is_deleted:
            return left_of_deletion(before, self._now(), seen.settling, told=told)
        if is_over(seen):
            return ()
        return left(before, self._now(), seen.settling, told=told or _is_denied(seen))

    async def _adopt(self, action: Adopt, wanted: TestExecution, hub: TestHub) -> Memory:
        try:
            run = await hub.get_execution(action.project_id, action.execution_id)
        except errors.NotFound:
            text = f'there is no run "{action.execution_id}" in project "{action.project_id}"'
            problem = Problem(reason=Reason.REFERENCE_NOT_FOUND, message=text)
            return self._failed(wanted, problem)
        self._teller.adopted(wanted, run.id)
        return self._healthy(
            wanted,
            run=run,
            adopted=True,
            configured=told(wanted),
            doubt=None,
            ended_at=self._ended_at(run),
        )

    async def _read(self, action: Read, wanted: TestExecution, hub: TestHub) -> Memory:
        began = self._now()
        try:
            run = await hub.get_execution(action.project_id, action.execution_id)
        except errors.NotFound as error:
            return self._denied(wanted, self._problem(wanted, error), began)
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
        result: ResultResource | None = None
        if action.result_id is not None:
            with contextlib.suppress(errors.NotFound):  # it may come later, or never
                result = await hub.get_result(action.project_id, action.result_id)
        run, since = self._memories.of(wanted).run, self._memories.of(wanted).awaiting_since
        awaited = run is not None and run.status == COMPLETE
        if result is not None and not (awaited and result.verdict is None):
            return self._healthy(wanted, result=result)
        now = self._now()
        return self._healthy(
            wanted,
            result=result,
            awaiting_since=now if since is None else since,
            retry_at=now + _BACKOFF.first,
        )

    async def _read_tests(self, action: ReadTests, wanted: TestExecution, hub: TestHub) -> Memory:
        """Nothing is told of the tests where the result has no such view, or a useless one."""
        try:
            tests = await hub.get_tests(action.project_id, action.result_id)
        except errors.NotFound:
            return self._healthy(wanted, tests_read=True)
        except errors.ProtocolError as error:
            _log.warning("cannot count the tests", cause=self._problem(wanted, error).message)
            return self._healthy(wanted, tests_read=True)
        return self._healthy(wanted, tests=tests, tests_read=True)

    async def _stop(self, action: Stop, wanted: TestExecution, connection: Connection) -> Memory:
        try:
            await self._ask_to_stop(wanted, action.project_id, action.execution_id, connection)
        except errors.NotFound as error:
            self._memories.keep(wanted, stop_sent=True)
            return self._denied(wanted, self._problem(wanted, error), self._now())
        _log.info("asked the server to stop the run", execution=action.execution_id)
        return self._healthy(wanted, stop_sent=True, read_at=None)

    async def _configure(self, action: Configure, wanted: TestExecution, hub: TestHub) -> Memory:
        """Send what the run does not know yet; one that ended, or takes none, says no."""
        place, asked = (action.project_id, action.execution_id), told(wanted)
        try:
            current = await hub.get_configurations(*place)
            changes = differing(configuration_of(wanted), current)
            if changes:
                await hub.update_configurations(*place, changes)
        except (errors.Rejected, errors.NotFound) as error:
            refused = RefusedConfiguration(asked, self._problem(wanted, error))
            return self._healthy(wanted, refused_configuration=refused, read_at=None)
        _log.info("sent the configuration", execution=action.execution_id, names=sorted(changes))
        return self._healthy(wanted, configured=asked, refused_configuration=None)

    async def _ask_to_stop(
        self, wanted: TestExecution, project: str, execution_id: str, connection: Connection
    ) -> None:
        try:
            await connection.stops.stop(project, execution_id, _stop_options(wanted.spec.stop))
        except errors.Rejected as error:
            if error.status not in _ALREADY_OVER:
                raise

    def _healthy(self, wanted: TestExecution, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        healthy = {"problem": None, "problem_since": None, "failures": 0, "retry_at": 0.0}
        changes = healthy | changes
        return self._memories.keep(wanted, **changes)

    def _failed(self, wanted: TestExecution, problem: Problem) -> Memory:
        before, now = self._memories.of(wanted), self._now()
        failures = before.failures + 1
        wait = max(problem.retry_after or 0.0, _BACKOFF.delay(failures, self._random))
        return self._memories.keep(
            wanted,
            problem=problem,
            problem_since=now if before.problem_since is None else before.problem_since,
            failures=failures,
            retry_at=now + wait,
        )

    def _problem(self, wanted: TestExecution, error: errors.RemoteError) -> Problem:
        """What went wrong, without the values of the run's variables."""
        return self._memories.privacy.problem(wanted, problem_of(error))

    def _ended_at(self, run: ExecutionResource) -> float | None:
        return self._now() if is_ended(run.status) else None

    def _now(self) -> float:
        return self._clock.now().monotonic


async def _tagged(hub: TestHub, project: str, tag: str) -> tuple[ExecutionResource, ...]:
    return await hub.list_executions(project, ExecutionFilter(status=("ALL",), tags=(tag,)))


def _why_not(hits: tuple[ExecutionResource, ...], census: Census) -> Problem | None:
    """Why a look-up decides nothing."""
    if not census.trusted:
        text = (
            "the server does not tell runs apart by tag, so it cannot be seen whether this one"
            " was started: look there, then name it in spec.adopt or create a new TestExecution"
        )
        return Problem(reason=Reason.SUBMIT_AMBIGUOUS, message=text, needs_person=True)
    if len(hits) > _MOST_HITS:
        ids = ", ".join(one.id for one in hits[:5])
        text = (
            f"{len(hits)} runs on the server carry this object's tag: {ids}, …; stop what should"
            " not run, then name the right one in spec.adopt"
        )
        return Problem(reason=Reason.TOKEN_NOT_UNIQUE, message=text, needs_person=True)
    return None


def _is_denied(seen: Seen) -> bool:
    """Whether the server says that there is no such run."""
    return seen.memory.denials is not None


def _age(run: ExecutionResource) -> tuple[bool, bool, float, int, str]:
    """Active before ended, then by start, then by result id: the oldest first."""
    begun, result = run.start_date, run.result_id or ""
    return (
        is_ended(run.status),
        begun is None,
        begun.timestamp() if begun else 0.0,
        len(result),
        result,
    )


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
