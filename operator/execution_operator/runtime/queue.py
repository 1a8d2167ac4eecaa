"""A fair queue of keys: each is in it once and never worked on twice at a time; knows no kind."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from execution_operator.reconcile.backoff import Backoff
    from execution_operator.reconcile.ports import Key


class QueueMeter(Protocol):
    """What is measured of the queue."""

    def queue_waited(self, kind: str, seconds: float) -> None:
        """A key waited so long for a worker."""


_URGENT_IN_A_ROW: Final = 9
"""After so many urgent keys of a lane another one has its turn."""


@dataclass(slots=True)
class _Lane:
    """The keys that wait in a lane, with the time since when, oldest first."""

    urgent: OrderedDict[Key, float] = field(default_factory=OrderedDict)
    others: OrderedDict[Key, float] = field(default_factory=OrderedDict)
    in_a_row: int = 0

    def items(self) -> Iterator[tuple[Key, float]]:
        """All keys that wait, with the time since when."""
        return itertools.chain(self.urgent.items(), self.others.items())

    def choose(self) -> Key:
        """The next key: urgent ones first, but others are not kept waiting for ever."""
        if self.urgent and (not self.others or self.in_a_row < _URGENT_IN_A_ROW):
            self.in_a_row += 1
            return next(iter(self.urgent))
        self.in_a_row = 0
        return next(iter(self.others))

    def pop(self, key: Key) -> float:
        """Take a key out; since when it waited."""
        return self.urgent.pop(key) if key in self.urgent else self.others.pop(key)


class FairQueue:
    """Keys in lanes, one a server, taken in turn; a lane has at most `per_lane` workers."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        lane_of: Callable[[Key], Key],
        *,
        per_lane: int,
        backoff: Backoff,
        random: Random,
        meter: QueueMeter,
        is_urgent: Callable[[Key], bool] = lambda _: False,
    ) -> None:
        self._is_urgent = is_urgent
        self._lane_of = lane_of
        self._per_lane = per_lane
        self._backoff = backoff
        self._random = random
        self._meter = meter
        self._lanes: OrderedDict[Key, _Lane] = OrderedDict()
        self._waiting: dict[Key, Key] = {}
        self._running: dict[Key, Key] = {}
        self._busy: Counter[Key] = Counter()
        self._dirty: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        # A timer keeps the context it is set in: else that of a whole look, thousands of times.
        self._context = contextvars.Context()
        self._failures: Counter[Key] = Counter()
        self._news = asyncio.Event()

    def add(self, key: Key) -> None:
        """Have it looked at; again after the look that is under way."""
        self._cancel_timer(key)
        if key in self._running:
            self._dirty.add(key)
            return
        lane, before = self._lane_of(key), self._waiting.get(key)
        if lane == before:
            return
        since = asyncio.get_running_loop().time() if before is None else self._leave(key, before)
        self._waiting[key] = lane
        line = self._lanes.setdefault(lane, _Lane())
        (line.urgent if self._is_urgent(key) else line.others)[key] = since
        self._news.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Have it looked at in so many seconds at the latest: no earlier plan is put off."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        when, planned = loop.time() + seconds, self._timers.get(key)
        if planned is None or when < planned.when():
            self._cancel_timer(key)
            self._timers[key] = loop.call_at(when, self.add, key, context=self._context)

    async def take(self) -> Key:
        """The next key in turn; it is ours until `done`."""
        while (found := self._next()) is None:
            self._news.clear()
            await self._news.wait()
        key, since = found
        self._meter.queue_waited(key.kind, asyncio.get_running_loop().time() - since)
        return key

    def done(self, key: Key, *, failed: bool, again: float | None) -> None:
        """The look ended; `again`: seconds to the next, lengthened while it keeps failing."""
        self._release(self._running.pop(key))
        if failed:
            self._failures[key] += 1
            again = max(again or 0.0, self._backoff.delay(self._failures[key], self._random))
        else:
            self._failures.pop(key, None)
        if key in self._dirty:
            self._dirty.discard(key)
            self.add(key)
        elif again is not None:
            self.add_after(key, again)

    def forget(self, key: Key) -> None:
        """The object is gone: drop its timer and its failures."""
        self._cancel_timer(key)
        self._failures.pop(key, None)

    def depth(self) -> dict[str, int]:
        """How many keys wait, by kind."""
        return dict(Counter(key.kind for lane in self._lanes.values() for key, _ in lane.items()))

    def oldest(self) -> dict[str, float]:
        """How long the oldest key waits, by kind, in seconds."""
        now = asyncio.get_running_loop().time()
        ages: dict[str, float] = {}
        for lane in self._lanes.values():
            for key, since in lane.items():
                ages[key.kind] = max(ages.get(key.kind, 0.0), now - since)
        return ages

    def close(self) -> None:
        """No timer rings any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _next(self) -> tuple[Key, float] | None:
        for lane in tuple(self._lanes):
            if self._busy[lane] >= self._per_lane:
                continue
            key = self._lanes[lane].choose()
            since = self._leave(key, lane)
            if lane in self._lanes:
                self._lanes.move_to_end(lane)
            self._running[key] = lane
            self._busy[lane] += 1
            return key, since
        return None

    def _leave(self, key: Key, lane: Key) -> float:
        del self._waiting[key]
        since = self._lanes[lane].pop(key)
        if not self._lanes[lane].urgent and not self._lanes[lane].others:
            del self._lanes[lane]
        return since

    def _release(self, lane: Key) -> None:
        self._busy[lane] -= 1
        if not self._busy[lane]:
            del self._busy[lane]
        self._news.set()

    def _cancel_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
