"""A model of an execution server: runs with tags, lists that lag, answers that get lost.

What it promises is what the settling time is made for: a request that arrived is carried out within
the request's time-out, and its run is in every list that begins `LISTED_SECONDS` after it arrived.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from execution_operator.remote import errors
from execution_operator.remote.testhub.wire import (
    TERMINAL_WORDS,
    ExecutionResource,
)
from support.virtual_time import LoopClock, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.remote.testhub.queries import ExecutionFilter

REQUEST_SECONDS: Final = 30.0
SETTLING_SECONDS: Final = 60.0
LISTED_SECONDS: Final = SETTLING_SECONDS - 2.0
STOP_SECONDS: Final = 10.0
AWAY: Final = errors.Unreachable("cannot ask the server: it is away")


class Fate(Enum):
    """What becomes of a request that starts a run."""

    ANSWERED = "started and answered"
    BARE = "started and answered without a word of its state"
    SLOW = "started at once, answered late"
    LOST_AFTER = "started, the answer is lost"
    LOST_BEFORE = "not started, the connection is lost"
    HUNG_STARTED = "started at once, never answered"
    HUNG_LATE = "started when the client has waited long enough, never answered"
    HUNG = "not started, never answered"
    UNREACHABLE = "the connection is refused: nothing is sent"
    RATE_LIMITED = "answered 429"
    UNAUTHORIZED = "answered 401"
    NOT_THE_API = "answered by a proxy"
    REJECTED = "answered 400, for good"

    @property
    def starts(self) -> bool:
        """Whether there is a run at once."""
        return self in _STARTING

    @property
    def lasts(self) -> float:
        """Seconds until there is an answer, or the client waits no longer."""
        return _LASTING.get(self, 0.0)


_STARTING: Final = {Fate.ANSWERED, Fate.BARE, Fate.SLOW, Fate.LOST_AFTER, Fate.HUNG_STARTED}
_LASTING: Final = {
    Fate.SLOW: 20.0,
    Fate.HUNG_STARTED: REQUEST_SECONDS,
    Fate.HUNG_LATE: REQUEST_SECONDS,
    Fate.HUNG: REQUEST_SECONDS,
}
_REFUSALS: Final[dict[Fate, Callable[[], errors.RemoteError]]] = {
    Fate.RATE_LIMITED: lambda: errors.RateLimited("cannot start: busy", retry_after=5.0),
    Fate.UNAUTHORIZED: lambda: errors.Unauthorized("cannot start: the token is refused"),
    Fate.NOT_THE_API: lambda: errors.ProtocolError("cannot start: a proxy answered 404"),
    Fate.REJECTED: lambda: errors.Rejected("cannot start: no such asset", status=400),
}


@dataclass(slots=True)
class ModelRun:
    """A run on the server; times are those of the test.

    Attributes:
        owner: the test asset's id, which names the object that it was started for.
        listed_from: lists that begin earlier do not hold it.
        stop_requests: how often somebody asked to stop it.
    """

    id: str
    owner: str
    tags: frozenset[str]
    started: datetime
    listed_from: float
    word: str = "RUNNING"
    verdict: str | None = None
    ended: datetime | None = None
    stopping_until: float | None = None
    stop_requests: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it ended."""
        return self.word in TERMINAL_WORDS

    @property
    def survives(self) -> bool:
        """Whether it goes on and nobody asked it to stop."""
        return not self.is_over and self.stopping_until is None

    def stop(self, *, until: float) -> None:
        """Somebody asks to stop it."""
        self.stop_requests += 1
        if self.stopping_until is None:
            self.word, self.stopping_until = "STOPPING", until

    def resource(self, word: str | None) -> ExecutionResource:
        """As the API shows it."""
        return ExecutionResource.model_validate(
            {
                "id": self.id,
                "status": word,
                "result": {"id": f"r-{self.id}"},
                "startDate": self.started.isoformat(),
                "completionDate": self.ended.isoformat() if self.ended else None,
            }
        )


class ModelServer:
    """The server, as all clients see it, and what a test does to it."""

    def __init__(self) -> None:
        self.is_away = False
        self.lag = 0.0
        self.fates: deque[Fate] = deque()
        self.failing_reads: deque[errors.RemoteError] = deque()
        self.refused: set[str] = set()
        self.fenced_out: list[str] = []
        self.last_arrival: dict[str, float] = {}
        self._runs: dict[str, ModelRun] = {}

    @property
    def has_active(self) -> bool:
        """Whether a run goes on, or lately did."""
        return not all(run.is_over for run in self._runs.values())

    @property
    def runs(self) -> list[ModelRun]:
        """All runs there ever were, oldest first, as they are now."""
        for run in self._runs.values():
            if run.stopping_until is not None and seconds() >= run.stopping_until:
                self.end(run, "STOPPED_BY_USER")
        return [*self._runs.values()]

    def runs_of(self, owner: str) -> list[ModelRun]:
        """All runs that were started for it."""
        return [run for run in self.runs if run.owner == owner]

    def run(self, execution_id: str) -> ModelRun:
        """The run of that id; raises NotFound."""
        found = next((run for run in self.runs if run.id == execution_id), None)
        if found is None:
            text = f"cannot read run {execution_id}: there is none"
            raise errors.NotFound(text)
        return found

    def end(self, run: ModelRun, word: str, verdict: str | None = None) -> None:
        """The run ends by itself, if it has not yet."""
        if not run.is_over:
            run.word, run.verdict, run.ended = word, verdict, LoopClock().now().utc
            run.stopping_until = None

    def matching(self, chosen: ExecutionFilter) -> tuple[ExecutionResource, ...]:
        """A list of runs that begins now."""
        since = chosen.completed_not_set_or_after
        return tuple(
            run.resource(run.word)
            for run in self.runs
            if run.listed_from <= seconds()
            and run.tags.issuperset(chosen.tags)
            and ("ALL" in chosen.status or run.word in chosen.status)
            and (since is None or run.ended is None or run.ended >= since)
        )

    def require_reachable(self) -> None:
        """Raise what a read meets."""
        if self.is_away:
            raise AWAY
        if self.failing_reads:
            raise self.failing_reads.popleft()

    def next_fate(self) -> Fate:
        """What becomes of the next start."""
        if self.is_away:
            return Fate.UNREACHABLE
        return self.fates.popleft() if self.fates else Fate.ANSWERED

    async def carry_out(self, fate: Fate, specification: dict[str, Any]) -> ExecutionResource:
        """A start whose bytes have arrived."""
        owner, tags = specification["testAsset"]["assetId"], frozenset(specification["tags"])
        if fate in _REFUSALS:
            self.refused |= {owner} if fate is Fate.REJECTED else set()
            refusal = _REFUSALS[fate]
            raise refusal()
        arrived = self.last_arrival[owner] = seconds()
        run = self._start(owner, tags, arrived) if fate.starts else None
        if fate is Fate.HUNG_LATE:  # the server goes on, whatever becomes of the client
            loop = asyncio.get_running_loop()
            loop.call_later(REQUEST_SECONDS, self._start, owner, tags, arrived)
        await asyncio.sleep(fate.lasts)
        if run is None or fate in {Fate.LOST_AFTER, Fate.HUNG_STARTED}:
            text = "cannot start: the answer got lost"
            raise errors.Ambiguous(text)
        return run.resource(None if fate is Fate.BARE else "IN_TRANSITION")

    def _start(self, owner: str, tags: frozenset[str], arrived: float) -> ModelRun:
        number = len(self._runs) + 1
        run = ModelRun(
            id=f"e{number}",
            owner=owner,
            tags=tags,
            started=LoopClock().now().utc + timedelta(microseconds=number),
            listed_from=min(seconds() + self.lag, arrived + LISTED_SECONDS),
        )
        self._runs[run.id] = run
        return run
