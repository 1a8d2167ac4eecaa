"""All runs, found by id, by result, by tag and by being active; knows no HTTP and no script.

Nothing runs in the background: whoever looks settles first, which moves the runs whose end has come
from the active ones to the ended ones. A look at the active runs never touches an ended one.
"""

import heapq
import math
from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import JsonValue

from execution_simulator.runs import Step, Timeline, completed_at, ends_at
from execution_simulator.scripts import Script
from execution_simulator.specification import ExecutionSpecification
from execution_simulator.world import Asset


@dataclass(frozen=True, slots=True)
class StopRequest:
    """How a stop was asked for (query of DELETE and PATCH executions)."""

    timeout_seconds: float = 30
    execute_finally_block: bool = True
    capture_results: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """The text that a run was last listed as, and what it depends on."""

    step: Step
    frame: object
    text: str


@dataclass(slots=True)
class Run:
    """One execution. Only the timeline, the configurations and the stop ever change."""

    id: str
    result_id: str
    project_id: str
    asset: Asset
    specification: ExecutionSpecification
    script: Script
    created: float
    due: float
    timeline: Timeline
    configurations: dict[str, JsonValue]
    stop: StopRequest | None = None
    shown: Shown | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the start."""
        return self.specification.tags or ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What narrows a look through a project's runs before every run is looked at."""

    active_only: bool
    tags: frozenset[str]
    completed_after: float | None = None


@dataclass(slots=True)
class _Shelf:
    """The runs of one project, by id, oldest first."""

    runs: dict[str, Run] = field(default_factory=dict)
    active: dict[str, Run] = field(default_factory=dict)
    by_tag: dict[str, dict[str, Run]] = field(default_factory=dict)
    ends: list[tuple[float, str]] = field(default_factory=list)  # heap; may hold stale entries
    ended: list[tuple[float, str]] = field(default_factory=list)  # sorted; may hold stale entries


class Ledger:
    """The runs of all projects."""

    def __init__(self) -> None:
        self._shelves: dict[str, _Shelf] = {}
        self._by_result: dict[tuple[str, str], Run] = {}

    def add(self, run: Run) -> None:
        """Keep a new run."""
        shelf = self._shelves.setdefault(run.project_id, _Shelf())
        shelf.runs[run.id] = run
        for tag in run.tags:
            shelf.by_tag.setdefault(tag, {})[run.id] = run
        self._by_result[run.project_id, run.result_id] = run
        _expect(shelf, run)

    def change(self, run: Run, timeline: Timeline) -> None:
        """Give a run another course."""
        run.timeline = timeline
        _expect(self._shelves[run.project_id], run)

    def remove(self, run: Run) -> None:
        """Forget a run; its id and its result are unknown from now on."""
        shelf = self._shelves[run.project_id]
        shelf.runs.pop(run.id, None)
        shelf.active.pop(run.id, None)
        for tag in run.tags:
            shelf.by_tag[tag].pop(run.id, None)
        self._by_result.pop((run.project_id, run.result_id), None)

    def get(self, project_id: str, run_id: str) -> Run | None:
        """A run of a project."""
        shelf = self._shelves.get(project_id)
        return shelf.runs.get(run_id) if shelf else None

    def find(self, run_id: str) -> Run | None:
        """A run of any project."""
        found = (shelf.runs.get(run_id) for shelf in self._shelves.values())
        return next((run for run in found if run), None)

    def by_result(self, project_id: str, result_id: str) -> Run | None:
        """The run that a result belongs to."""
        return self._by_result.get((project_id, result_id))

    def all(self, project_id: str | None = None) -> tuple[Run, ...]:
        """Every run, of one project or of all."""
        shelves = self._shelves.items()
        chosen = (shelf for name, shelf in shelves if project_id in {None, name})
        return tuple(run for shelf in chosen for run in shelf.runs.values())

    def candidates(self, project_id: str, wish: Wish, now: float) -> Iterable[Run]:
        """A superset of the runs that a filter can match, oldest first, as few as possible."""
        shelf = self._shelves.get(project_id)
        if shelf is None:
            return ()
        _settle(shelf, now)
        base = shelf.active if wish.active_only else shelf.runs
        pools = [base, *(shelf.by_tag.get(tag, {}) for tag in wish.tags)]
        if wish.completed_after is not None:
            pools.append(_ended_since(shelf, wish.completed_after))
        smallest = min(pools, key=len)
        return [run for run in smallest.values() if run.id in base]


def _expect(shelf: _Shelf, run: Run) -> None:
    """Hold a run for active until its end is settled."""
    shelf.active[run.id] = run
    end = ends_at(run.timeline)
    if end < math.inf:
        heapq.heappush(shelf.ends, (end, run.id))


def _settle(shelf: _Shelf, now: float) -> None:
    while shelf.ends and shelf.ends[0][0] <= now:
        end, run_id = heapq.heappop(shelf.ends)
        run = shelf.active.get(run_id)
        if run and completed_at(run.timeline, now) == end:
            del shelf.active[run_id]
            insort(shelf.ended, (end, run_id))


def _ended_since(shelf: _Shelf, moment: float) -> dict[str, Run]:
    entries = shelf.ended[bisect_right(shelf.ended, moment, key=_end_of) :]
    return {run_id: shelf.runs[run_id] for _, run_id in entries if run_id in shelf.runs}


def _end_of(entry: tuple[float, str]) -> float:
    return entry[0]
