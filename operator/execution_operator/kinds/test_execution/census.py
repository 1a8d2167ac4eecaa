"""Whether a server's tags can be trusted, and which runs of ours nobody claims.

A look-up by tag is believed only where it can say yes and no: a tag that no run has must find
nothing, and a run that is known to be active must be found by the cluster's tag.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from execution_operator.kinds.counts import is_active
from execution_operator.kinds.test_execution.digest import RunDigest
from execution_operator.kinds.test_execution.identity import cluster_tag, nobody_tag
from execution_operator.kinds.test_execution.words import is_ended
from execution_operator.remote.errors import NotFound
from execution_operator.remote.testhub.queries import ExecutionFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.reconcile.ports import Digest, Now

_RECENT: Final = timedelta(hours=1)
_SAMPLE: Final = 3
"""So many runs that the list should hold and does not are read on their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What one look at all of our runs in a project said.

    Attributes:
        began: monotonic time.
        trusted: whether tags tell runs apart there.
        strangers: ids that carry our cluster's tag and that no object claims.
    """

    began: float
    trusted: bool
    strangers: frozenset[str]


def claims(known: Iterable[Digest], url: str, project: str) -> dict[str, RunDigest]:
    """The executions of a project that objects claim, with the objects."""
    return {
        run.execution.id: run
        for run in known
        if isinstance(run, RunDigest)
        and run.execution is not None
        and run.execution.id is not None
        and run.execution.server == url
        and run.execution.project_id == project
    }


def earlier_ids(known: Iterable[Digest]) -> frozenset[str]:
    """The executions of attempts that are over: they have an owner though none claims them."""
    return frozenset(
        execution for run in known if isinstance(run, RunDigest) for execution in run.earlier
    )


class Censuses:
    """Takes censuses, one at a time a project, and shares each with all that wait for it."""

    def __init__(self, *, ports: Ports, memories: Memories) -> None:
        self._ports = ports
        self._memories = memories
        self._last: dict[tuple[str, str], Census] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._distrusted: set[tuple[str, str]] = set()

    async def take(
        self, connection: Connection, project: str, *, not_before: float, settling: float
    ) -> Census:
        """A census that began at `not_before` (monotonic) or later; raises RemoteError."""
        place = (connection.url, project)
        async with self._locks.setdefault(place, asyncio.Lock()):
            last = self._last.get(place)
            if last is not None and last.began >= not_before:
                return last
            self._last[place] = await self._take(connection, project, settling)
            return self._last[place]

    def judge(self, connection: Connection, project: str, *, found: bool) -> None:
        """A run that we hold was found by its own tag, or was not: then believe no look-up."""
        place = (connection.url, project)
        if found:
            self._distrusted.discard(place)
        else:
            self._distrusted.add(place)

    async def _take(self, connection: Connection, project: str, settling: float) -> Census:
        hub, now = connection.hub, self._ports.clock.now()
        listed = await hub.list_executions(
            project,
            ExecutionFilter(
                status=("ALL",),
                tags=(cluster_tag(self._ports.cluster_id),),
                completed_not_set_or_after=now.utc - _RECENT,
            ),
        )
        ids = frozenset(one.id for one in listed.items)
        nobody = ExecutionFilter(
            status=("ALL",), tags=(nobody_tag(str(self._ports.random.random())),)
        )
        tells_apart = not (await hub.list_executions(project, nobody)).items
        runs = [*self._ports.objects.of_kind("TestExecution")]
        claimed = claims(runs, connection.url, project)
        missing = [one for one in _expected(claimed, now, settling) if one not in ids]
        complete = tells_apart and not await self._any_active(connection, project, missing)
        distrusted = (connection.url, project) in self._distrusted
        return Census(
            began=now.monotonic,
            trusted=complete and not distrusted,
            strangers=ids - claimed.keys() - earlier_ids(runs) - self._memories.execution_ids(),
        )

    async def _any_active(self, connection: Connection, project: str, missing: list[str]) -> bool:
        for execution_id in missing[:_SAMPLE]:
            try:
                found = await connection.hub.get_execution(project, execution_id)
            except NotFound:
                continue
            if not is_ended(found.status):
                return True
        return False


def _expected(claimed: dict[str, RunDigest], now: Now, settling: float) -> list[str]:
    """The runs that a list by the cluster's tag must hold: started by us, active, settled."""
    oldest = now.utc - timedelta(seconds=settling)
    return [
        execution_id
        for execution_id, run in claimed.items()
        if is_active(run)
        and run.origin == "Started"
        and run.execution is not None
        and run.execution.submitted_at is not None
        and run.execution.submitted_at < oldest
    ]
