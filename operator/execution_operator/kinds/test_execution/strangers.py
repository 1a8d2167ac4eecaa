"""Runs that carry our cluster's tag and that nobody claims; they make the doubtful look again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from execution_operator.kinds.counts import is_active
from execution_operator.kinds.test_execution.census import claims, earlier_ids
from execution_operator.kinds.test_execution.digest import RunDigest
from execution_operator.reconcile.ports import FirstSeen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.reconcile.ports import Key

_log = structlog.stdlib.get_logger(__name__)

_LISTS: Final = 2
"""A run that was just started may be listed before its object claims it: look twice."""
_SUSPECT_SECONDS: Final = 3600.0


class Strangers:
    """Counts unclaimed runs, and wakes whoever may be their owner."""

    def __init__(self, *, ports: Ports, memories: Memories) -> None:
        self._ports = ports
        self._memories = memories
        self._times: dict[tuple[Key, str], Counter[str]] = {}

    def listed(self, server: Key, url: str, project: str, ids: frozenset[str]) -> None:
        """A list held these runs that no object follows."""
        place, before = (server, project), self._times.get((server, project), Counter())
        if not ids:
            self._times.pop(place, None)
            return
        runs = [*self._runs()]
        claimed = claims(runs, url, project).keys() | earlier_ids(runs)
        unclaimed = ids - claimed - self._memories.execution_ids()
        now = Counter({one: before[one] + 1 for one in unclaimed})
        self._times[place] = now
        fresh = sorted(one for one, times in now.items() if times == _LISTS)
        if fresh:
            _log.warning("runs that no object claims", project=project, executions=fresh[:20])
            self._wake_suspects(runs, project)

    def counts(self) -> Mapping[tuple[str, ...], float]:
        """How many there are, by server."""
        found: Counter[tuple[str, ...]] = Counter()
        for (server, _), times in self._times.items():
            label = (f"{server.namespace}/{server.name}",)
            found[label] += sum(one >= _LISTS for one in times.values())
        return {**found}

    def _runs(self) -> Iterable[RunDigest]:
        for one in self._ports.objects.of_kind("TestExecution"):
            if isinstance(one, RunDigest):
                yield one

    def _wake_suspects(self, runs: Iterable[RunDigest], project: str) -> None:
        now = self._ports.clock.now().monotonic
        recent = now - self._ports.fence.since < _SUSPECT_SECONDS
        for run in runs:
            if self._suspect(run, project, now, recent=recent):
                self._ports.wake(run.key)

    def _suspect(self, run: RunDigest, project: str, now: float, *, recent: bool) -> bool:
        memory = self._memories.of_known(run)
        if memory.doubt is not None:
            self._memories.look_up_again(run)
            return True
        execution = run.execution
        if execution is None or execution.project_id != project or not is_active(run):
            return False
        listed = self._ports.objects.first_seen(run.key) is FirstSeen.LISTED
        if memory.reckonings or (recent and listed and run.origin == "Started"):
            self._memories.reckon_at(run, now)
            return True
        return False
