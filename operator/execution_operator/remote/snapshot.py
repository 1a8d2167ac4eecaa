"""What is known of a project's active executions, shared by all that look: one list an interval.

Knows neither Kubernetes nor kinds: followers are a wake-up call each.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from execution_operator.remote.errors import RemoteError
from execution_operator.remote.outage import Outage, Trouble
from execution_operator.remote.pace import ListPace
from execution_operator.remote.poller import Poller
from execution_operator.remote.testhub.queries import ExecutionFilter
from execution_operator.remote.testhub.wire import ACTIVE_WORDS
from execution_operator.remote.wakes import PacedWakes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from execution_operator.remote.testhub.wire import ExecutionResource
    from execution_operator.remote.whole_list import WholeList

_log = structlog.stdlib.get_logger(__name__)


class Lister(Protocol):
    """Who can list executions."""

    async def list_executions(
        self, project_id: str, chosen: ExecutionFilter
    ) -> WholeList[ExecutionResource]:
        """All pages, or a RemoteError."""


@dataclass(frozen=True, slots=True)
class Listed:
    """It was in the newest list."""

    execution: ExecutionResource


@dataclass(frozen=True, slots=True)
class Unlisted:
    """It was not in the newest list, which began after it was followed."""

    since: float


@dataclass(frozen=True, slots=True)
class Unseen:
    """No list that could hold it was completed yet."""


Sighting = Listed | Unlisted | Unseen


@dataclass(slots=True)
class _Follower:
    wake: Callable[[], None]
    since: float
    sighting: Sighting = field(default_factory=Unseen)
    told: Trouble | None = None


class ExecutionSnapshot:
    """The active executions of one project that carry one tag, listed while somebody follows."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        lister: Lister,
        *,
        project_id: str,
        tag: str,
        poll_seconds: float,
        outage_seconds: float,
        monotonic: Callable[[], float],
        random: Random,
        on_trouble: Callable[[Trouble | None], None],
        on_strangers: Callable[[frozenset[str]], None] | None = None,
        wake_all: Callable[[Iterable[Callable[[], None]]], None] | None = None,
    ) -> None:
        self._lister = lister
        self._project_id = project_id
        self._filter = ExecutionFilter(status=ACTIVE_WORDS, tags=(tag,))
        self._pace = ListPace(poll_seconds, random)
        self._outage_seconds = outage_seconds
        self._monotonic = monotonic
        self._on_strangers = on_strangers
        self._followers: dict[str, _Follower] = {}
        self._outage = Outage(
            self._followers.values(),
            monotonic=monotonic,
            wake_all=wake_all or PacedWakes().wake_all,
            on_trouble=on_trouble,
        )
        self._poller = Poller(self._poll, name="snapshot")
        self._listed_at: float | None = None

    @property
    def trouble(self) -> Trouble | None:
        """Since when and why lists fail; None while they work."""
        return self._outage.trouble

    def told(self, execution_id: str) -> Trouble | None:
        """The trouble that the follower was told of: the same words to all, each in its turn."""
        follower = self._followers.get(execution_id)
        return follower.told if follower else None

    @property
    def listed_at(self) -> float | None:
        """Monotonic time at which the newest complete list began."""
        return self._listed_at

    @property
    def age(self) -> float | None:
        """Seconds since the newest complete list; None while nobody follows a run."""
        if self._listed_at is None or not self._followers:
            return None
        return self._monotonic() - self._listed_at

    def follow(self, execution_id: str, wake: Callable[[], None]) -> Sighting:
        """What is known of the execution; `wake` is called whenever that changes."""
        follower = self._followers.get(execution_id)
        if follower is None:
            follower = _Follower(wake, self._monotonic(), told=self._outage.told)
            self._followers[execution_id] = follower
        self._poller.start()
        return follower.sighting

    def unfollow(self, execution_id: str) -> None:
        """Nobody wants to know any more; what nobody looks at is not in trouble."""
        self._followers.pop(execution_id, None)
        if not self._followers:
            self._outage.recovered()

    def stop(self) -> None:
        """List no more, whoever follows; does not wait for a list that is under way."""
        self._followers.clear()
        self._outage.close()
        self._poller.stop()

    async def close(self) -> None:
        """List no more."""
        self.stop()
        await self._poller.ended()

    async def _poll(self) -> None:
        # A run that was just started needs no list yet; those of a restart are listed at once.
        wait = self._pace.usual() if self._listed_at is not None else 0.0
        while self._followers:
            await asyncio.sleep(wait)
            if self._followers:
                wait = await self._list()

    async def _list(self) -> float:
        """List once; the seconds to wait before the next one."""
        began = self._monotonic()
        try:
            listed = await self._lister.list_executions(self._project_id, self._filter)
            self._succeeded(listed.items, began)
            return self._pace.after_answer(listed.server_seconds)
        except RemoteError as error:
            self._outage.failed(error, began=began, patience_seconds=self._outage_seconds)
            return self._pace.after_error(error.server_seconds, error.retry_after)
        except Exception:  # noqa: BLE001 - a bug ends one list, never the sight of all runs
            _log.exception("bug: cannot list", project=self._project_id)
            return self._pace.after_error(self._monotonic() - began)

    def _succeeded(self, executions: Iterable[ExecutionResource], began: float) -> None:
        self._listed_at = began
        found = {execution.id: execution for execution in executions}
        for execution_id, follower in tuple(self._followers.items()):
            sighting = _sighted(follower, found.get(execution_id), began)
            if sighting != follower.sighting:  # an equal one would be held twice, here and there
                follower.sighting = sighting
                follower.wake()
        if self._on_strangers is not None:
            self._on_strangers(frozenset(found.keys() - self._followers.keys()))
        self._outage.recovered()


def _sighted(follower: _Follower, execution: ExecutionResource | None, began: float) -> Sighting:
    if execution is not None:
        return Listed(execution)
    if isinstance(follower.sighting, Unlisted):
        return follower.sighting
    if isinstance(follower.sighting, Unseen) and began < follower.since:
        return follower.sighting
    return Unlisted(began)
