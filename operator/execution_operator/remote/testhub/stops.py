"""Sends stops that are asked for at about the same time as one request; it decides no stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from execution_operator.remote.errors import (
    Closed,
    Forbidden,
    NotFound,
    ProtocolError,
    Rejected,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from execution_operator.remote.errors import RemoteError
    from execution_operator.remote.testhub.queries import StopOptions

_REFUSALS: Final = (Forbidden, NotFound, ProtocolError, Rejected)
_NOT_DONE_HERE: Final = frozenset({500, 501})
_SOME_UNKNOWN: Final = 422


class Stopper(Protocol):
    """Who stops runs, one or many."""

    async def stop_execution(
        self, project_id: str, execution_id: str, options: StopOptions
    ) -> None:
        """One."""

    async def stop_executions(
        self, project_id: str, execution_ids: tuple[str, ...], options: StopOptions
    ) -> frozenset[str]:
        """Many; returns those that were not."""


@dataclass(frozen=True, slots=True)
class StopRules:
    """How stops are gathered, in seconds.

    Attributes:
        window_seconds: how long the first waits for others; no more than a request takes.
        patience_seconds: how long others are gathered while a call like theirs is under way.
        most: how many runs one call names.
        single_seconds: how long a project is stopped run by run after it refused the other way.
    """

    window_seconds: float = 0.005
    patience_seconds: float = 0.25
    most: int = 100
    single_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class _Alike:
    """Only stops of one project with the same options can share a call."""

    project_id: str
    options: StopOptions


class _Batch:
    """Runs to be stopped together; `alone` tells which of them are left to be stopped singly."""

    def __init__(self, alone: Callable[[_Batch], Coroutine[Any, Any, frozenset[str]]]) -> None:
        self.ids: list[str] = []
        self.alone = asyncio.create_task(alone(self), name="stop executions")
        # Its waiters may all have gone away: then nobody else takes the exception.
        self.alone.add_done_callback(lambda done: done.cancelled() or done.exception())


class Stops:
    """The stops of one server.

    Whoever asks gets the outcome of its own run: what the shared call leaves open (the API's 422
    says neither which run is unknown nor whether the others were stopped) is asked singly.
    """

    def __init__(
        self, hub: Stopper, monotonic: Callable[[], float], rules: StopRules | None = None
    ) -> None:
        self._hub = hub
        self._monotonic = monotonic
        self._rules = rules or StopRules()
        self._gathering: dict[_Alike, _Batch] = {}
        self._under_way: dict[_Alike, _Batch] = {}
        self._all: set[_Batch] = set()
        self._single_until: dict[str, float] = {}

    async def stop(self, project_id: str, execution_id: str, options: StopOptions) -> None:
        """Ask for a run to be stopped, together with others or not.

        Raises:
            RemoteError: as the client's `stop_execution`.
        """
        batch = self._joined(_Alike(project_id, options), execution_id)
        try:
            # The others must not lose their stop with one that gives up.
            alone = await asyncio.shield(batch.alone)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not batch.alone.cancelled() or (caller is not None and caller.cancelling()):
                raise
            text = f'cannot stop execution "{execution_id}": the connection was closed'
            raise Closed(text) from None
        if execution_id in alone:
            await self._hub.stop_execution(project_id, execution_id, options)

    async def close(self) -> None:
        """Give up what is under way; whoever waits gets Closed."""
        tasks = [batch.alone for batch in self._all]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _joined(self, alike: _Alike, execution_id: str) -> _Batch:
        batch = self._gathering.get(alike)
        if batch is None or len(batch.ids) >= self._rules.most:
            batch = self._gathering[alike] = _Batch(lambda made: self._send(alike, made))
            self._all.add(batch)
        batch.ids.append(execution_id)
        return batch

    async def _send(self, alike: _Alike, batch: _Batch) -> frozenset[str]:
        try:
            await self._gathered(alike)
            if self._gathering.get(alike) is batch:  # from now on nobody joins
                del self._gathering[alike]
            self._under_way[alike] = batch
            return await self._stopped(alike, tuple(dict.fromkeys(batch.ids)))
        finally:
            self._all.discard(batch)
            for batches in (self._gathering, self._under_way):
                if batches.get(alike) is batch:
                    del batches[alike]

    async def _gathered(self, alike: _Alike) -> None:
        """Wait for others."""
        await asyncio.sleep(self._rules.window_seconds)
        before = self._under_way.get(alike)
        if before is not None:
            await asyncio.wait({before.alone}, timeout=self._rules.patience_seconds)

    async def _stopped(self, alike: _Alike, ids: tuple[str, ...]) -> frozenset[str]:
        """Those that have to be stopped singly after all."""
        project, now = alike.project_id, self._monotonic()
        if len(ids) == 1:
            await self._hub.stop_execution(project, ids[0], alike.options)
            return frozenset()
        if now < self._single_until.get(project, now):
            return frozenset(ids)
        try:
            return await self._hub.stop_executions(project, ids, alike.options)
        except (*_REFUSALS, Unreachable) as error:
            if not _is_about_the_call(error):
                raise
            if error.status != _SOME_UNKNOWN:
                self._single_until[project] = now + self._rules.single_seconds
            return frozenset(ids)


def _is_about_the_call(error: RemoteError) -> bool:
    """Whether the server does not do it in this way, and may well do it in the other."""
    return isinstance(error, _REFUSALS) or error.status in _NOT_DONE_HERE
