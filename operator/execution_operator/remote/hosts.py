"""What is shared by all servers on one host: rate limit, pause and breaker; it sends nothing."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

from execution_operator.remote.breaker import Breaker, BreakerRules
from execution_operator.remote.bucket import Bucket, largest
from execution_operator.remote.errors import Closed, RateLimited, Unreachable
from execution_operator.remote.urls import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from execution_operator.remote.bucket import RateLimit
    from execution_operator.remote.errors import RemoteError
    from execution_operator.remote.messages import Priority

_SHORTEST_TIMER: Final = 0.001


@dataclass(frozen=True, slots=True)
class HostRules:
    """How hosts are treated, in seconds.

    Attributes:
        patience_seconds: a pause up to this long is waited out, a longer one fails requests at
            once with RateLimited, so that nobody's worker sleeps through it.
        forget_seconds: how long an unused host's pause and breaker are remembered.
    """

    breaker: BreakerRules = field(default_factory=BreakerRules)
    patience_seconds: float = 5.0
    forget_seconds: float = 600.0


class _Waiter(NamedTuple):
    priority: Priority
    turn: int
    go: asyncio.Future[None]


class Hosts:
    """Hands out the shared part of each host by URL, and forgets it when nobody uses it."""

    def __init__(self, clock: Callable[[], float], rules: HostRules | None = None) -> None:
        self._clock = clock
        self._rules = rules or HostRules()
        self._hosts: dict[str, _Host] = {}

    def lane(self, url: str, limit: RateLimit | None, *, proxy_url: str | None = None) -> Lane:
        """Join the host of a normalised URL with a limit of one's own; close it when done.

        By way of a proxy it is another host: what the proxy does says nothing about the direct way.
        """
        self._forget_unused()
        name = origin(url) if proxy_url is None else f"{origin(url)} by way of {proxy_url}"
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, self._clock, self._rules)
        return Lane(host, Bucket(limit, self._clock()), limit)

    def __len__(self) -> int:
        return len(self._hosts)

    def _forget_unused(self) -> None:
        oldest = self._clock() - self._rules.forget_seconds
        for name, host in list(self._hosts.items()):
            if host.unused_since is not None and host.unused_since < oldest:
                del self._hosts[name]


class Lane:
    """One server's way to its host."""

    def __init__(self, host: _Host, bucket: Bucket, limit: RateLimit | None) -> None:
        self.limit = limit
        self.bucket = bucket
        self.waiters: list[_Waiter] = []
        self.closed = False
        self._host = host
        host.join(self)

    async def turn(self, priority: Priority, purpose: str) -> float:
        """Wait for one's turn; returns how many seconds it took.

        Raises:
            Unreachable: the breaker is open; Closed: the lane was closed.
            RateLimited: the host asked for a pause longer than one waits.
        """
        return await self._host.wait(self, priority, purpose)

    @contextmanager
    def passage(self, purpose: str) -> Iterator[Passage]:
        """Go through, after one's turn; say by the passage's methods how it went.

        Raises:
            RemoteError: as for `turn`.
        """
        passage = self._host.enter(self, purpose)
        try:
            yield passage
        finally:
            passage.end()

    def head(self) -> _Waiter | None:
        """Who of this lane goes first."""
        while self.waiters and self.waiters[0].go.done():
            heappop(self.waiters)
        return self.waiters[0] if self.waiters else None

    def release(self) -> None:
        """Wake all that wait; each finds out itself why it may not go on."""
        while self.head() is not None:
            heappop(self.waiters).go.set_result(None)

    def close(self) -> None:
        """Leave the host; whoever still waits gets Closed."""
        self._host.leave(self)


class Passage:
    """A request's turn on a host; without `reached` or `failed` it says nothing about it."""

    def __init__(self, host: _Host, *, probe: bool) -> None:
        self._host = host
        self._probe = probe
        self._told = False

    def reached(self) -> None:
        """The host answered."""
        self._told = True
        self._host.breaker.succeeded()

    def failed(self, cause: str) -> None:
        """The host could not be reached, or gave no answer; for people, `cause` says why."""
        self._told = True
        self._host.last_cause = cause
        self._host.breaker.failed(self._host.clock(), probe=self._probe)
        self._host.dispatch()

    def pause(self, seconds: float) -> None:
        """The host asked everybody to wait."""
        self._host.pause(seconds)

    def end(self) -> None:
        """The turn is over."""
        if not self._told:
            self._host.breaker.abandoned(probe=self._probe)


class _Host:
    """Lets waiting requests go: the lower priority first, then first come, first served."""

    def __init__(self, name: str, clock: Callable[[], float], rules: HostRules) -> None:
        self.name = name
        self.clock = clock
        self.breaker = Breaker(rules.breaker)
        self.last_cause = ""
        self.unused_since: float | None = None
        self._patience = rules.patience_seconds
        self._lanes: list[Lane] = []
        self._bucket = Bucket(None, clock())
        self._paused_until = clock()
        self._turns = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def join(self, lane: Lane) -> None:
        self._lanes.append(lane)
        self._resize()
        self.unused_since = None

    def leave(self, lane: Lane) -> None:
        if lane.closed:
            return
        lane.closed = True
        self._lanes.remove(lane)
        if self._lanes:
            self._resize()
        else:
            self.unused_since = self.clock()
            self._disarm()
        lane.release()

    def pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self.clock() + seconds)
        self.dispatch()

    async def wait(self, lane: Lane, priority: Priority, purpose: str) -> float:
        begin = self.clock()
        self._require_open(lane, begin, purpose)
        waiter = _Waiter(priority, next(self._turns), asyncio.get_running_loop().create_future())
        heappush(lane.waiters, waiter)
        self.dispatch()
        try:
            await waiter.go
        except asyncio.CancelledError:
            self._give_back(lane, waiter)
            raise
        now = self.clock()
        self._require_open(lane, now, purpose)
        return now - begin

    def enter(self, lane: Lane, purpose: str) -> Passage:
        now = self.clock()
        self._require_open(lane, now, purpose)
        return Passage(self, probe=self.breaker.admit(now))

    def dispatch(self) -> None:
        """Let go whoever may, and come back when the next may."""
        now = self.clock()
        if self._refused(now):
            for lane in self._lanes:
                lane.release()
        while (next_lane := self._next(now)) is not None:
            next_lane.bucket.take(now)
            self._bucket.take(now)
            heappop(next_lane.waiters).go.set_result(None)
        self._arm(now)

    def _next(self, now: float) -> Lane | None:
        if now < self._paused_until or self._bucket.ready_in(now):
            return None
        heads = [
            (head, lane)
            for lane in self._lanes
            if (head := lane.head()) is not None and not lane.bucket.ready_in(now)
        ]
        return min(heads, key=lambda entry: entry[0][:2])[1] if heads else None

    def _arm(self, now: float) -> None:
        self._disarm()
        waits = [lane.bucket.ready_in(now) for lane in self._lanes if lane.head() is not None]
        if not waits:
            return
        seconds = max(self._paused_until - now, self._bucket.ready_in(now), min(waits))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(seconds, _SHORTEST_TIMER), self.dispatch)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_back(self, lane: Lane, waiter: _Waiter) -> None:
        if waiter.go.done() and not waiter.go.cancelled():
            lane.bucket.give_back()
            self._bucket.give_back()
        self.dispatch()

    def _refused(self, now: float) -> bool:
        return self._refusal(now, "") is not None

    def _require_open(self, lane: Lane, now: float, purpose: str) -> None:
        if lane.closed:
            message = f"cannot {purpose}: the connection to {self.name} was closed"
            raise Closed(message)
        if (refusal := self._refusal(now, purpose)) is not None:
            raise refusal

    def _refusal(self, now: float, purpose: str) -> RemoteError | None:
        if (seconds := self.breaker.refusal(now)) is not None:
            # The words of the failure that opened it: a condition's text stays as it is.
            return Unreachable(f"cannot {purpose}: {self.last_cause}", retry_after=seconds)
        if (seconds := self._paused_until - now) > self._patience:
            cause = f"{self.name} asked for a pause"
            return RateLimited(f"cannot {purpose}: {cause}", retry_after=seconds)
        return None

    def _resize(self) -> None:
        self._bucket.resize(largest([lane.limit for lane in self._lanes]), self.clock())
