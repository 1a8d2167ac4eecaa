"""Looks whether, and where, the server has a run: by its tag, or by the id of one to adopt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.actions import (
    Adopt,
    LookUp,
    LookUpOriginal,
    Reckon,
    Search,
)
from execution_operator.kinds.test_execution.configuration import told
from execution_operator.kinds.test_execution.identity import run_tag
from execution_operator.kinds.test_execution.reckoning import left, left_of_deletion
from execution_operator.kinds.test_execution.seen import Doubt, Memory, Seen
from execution_operator.kinds.test_execution.standing import is_over, project_id
from execution_operator.kinds.test_execution.words import is_ended
from execution_operator.remote import errors
from execution_operator.remote.testhub.queries import ExecutionFilter

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.census import Census, Censuses
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.orders import Orders
    from execution_operator.kinds.test_execution.outcomes import Outcomes
    from execution_operator.kinds.test_execution.tell import Teller
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.wire import ExecutionResource

_log = structlog.stdlib.get_logger(__name__)

_MOST_HITS: Final = 3
"""More runs of one attempt than this are not the trace of a lost answer: stop none of them."""


class Searches:
    """Looks for runs; what there is too many of is asked to stop."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        ports: Ports,
        memories: Memories,
        censuses: Censuses,
        teller: Teller,
        outcomes: Outcomes,
        orders: Orders,
    ) -> None:
        self._fence = ports.fence
        self._clock = ports.clock
        self._cluster_id = ports.cluster_id
        self._memories = memories
        self._censuses = censuses
        self._teller = teller
        self._outcomes = outcomes
        self._orders = orders

    async def search(
        self, action: Search, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        """Look for it; what is remembered afterwards. RemoteError passes."""
        match action:
            case LookUp():
                return await self._look_up(action, wanted, seen, connection)
            case LookUpOriginal():
                return await self._look_up_original(action, wanted, seen, connection)
            case Reckon():
                return await self._reckon(action, wanted, seen, connection)
            case Adopt():
                return await self._adopt(action, wanted, connection.hub)

    async def _look_up(
        self, action: LookUp, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Memory:
        began = self._outcomes.now()
        project = project_id(wanted, seen) or ""
        tag = run_tag(self._cluster_id, wanted.metadata.uid, action.attempt)
        hits = await _tagged(connection.hub, project, tag)
        census = await self._census(connection, project, seen)
        doubt = replace(
            seen.memory.doubt or Doubt(since=self._fence.since), looked_at=began, absent=False
        )
        problem = _why_not(hits, census)
        if problem is not None:
            return self._outcomes.healthy(wanted, doubt=replace(doubt, problem=problem))
        if not hits:
            return self._outcomes.healthy(wanted, doubt=replace(doubt, absent=True, problem=None))
        kept, *others = sorted(hits, key=_age)
        await self._stop_others(wanted, project, kept.id, others, connection)
        _log.info("found the run in doubt", execution=kept.id)
        return self._outcomes.started(wanted, kept, seen, twice=bool(others))

    async def _census(self, connection: Connection, project: str, seen: Seen) -> Census:
        """One that began after what was just looked up."""
        return await self._censuses.take(
            connection, project, not_before=self._outcomes.now(), settling=seen.settling
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
            await self._orders.ask_to_stop(wanted, project, execution_id, connection)
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
        looked = {"restored_at": self._outcomes.now()}
        if not hits or not (await self._census(connection, intent.project, seen)).trusted:
            return self._outcomes.healthy(wanted, **looked)
        newest = min(hits, key=_age)
        self._teller.adopted(wanted, newest.id)
        return self._outcomes.healthy(
            wanted,
            run=newest,
            adopted=True,
            configured=told(wanted),
            ended_at=self._outcomes.ended_at(newest),
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
            return self._outcomes.denied(
                wanted, self._outcomes.problem(wanted, error), self._outcomes.now()
            )
        found, gone = action.execution_id in {one.id for one in hits}, _is_denied(seen)
        if found or (not gone and self._must_be_listed(wanted, seen)):
            self._censuses.judge(connection, action.project_id, found=found)
        if not found:
            _log.warning("a run was not found by its own tag", execution=action.execution_id)
        told = (found or gone) and await self._told_by(hits, action, wanted, seen, connection)
        return self._outcomes.healthy(
            wanted, reckonings=self._reckonings_left(wanted, seen, told=told)
        )

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
            return left_of_deletion(before, self._outcomes.now(), seen.settling, told=told)
        if is_over(seen):
            return ()
        return left(before, self._outcomes.now(), seen.settling, told=told or _is_denied(seen))

    async def _adopt(self, action: Adopt, wanted: TestExecution, hub: TestHub) -> Memory:
        try:
            run = await hub.get_execution(action.project_id, action.execution_id)
        except errors.NotFound:
            text = f'there is no run "{action.execution_id}" in project "{action.project_id}"'
            problem = Problem(reason=Reason.REFERENCE_NOT_FOUND, message=text)
            return self._outcomes.failed(wanted, problem)
        self._teller.adopted(wanted, run.id)
        return self._outcomes.healthy(
            wanted,
            run=run,
            adopted=True,
            configured=told(wanted),
            doubt=None,
            ended_at=self._outcomes.ended_at(run),
        )


async def _tagged(hub: TestHub, project: str, tag: str) -> tuple[ExecutionResource, ...]:
    chosen = ExecutionFilter(status=("ALL",), tags=(tag,))
    return (await hub.list_executions(project, chosen)).items


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
