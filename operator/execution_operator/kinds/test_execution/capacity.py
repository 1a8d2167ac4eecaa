"""Which run may start on a server that is to have only so many active ones; no I/O, no scan.

It is told of each object as the cluster has it, so its counts are those of what is recorded: an
intent takes a place before anything is sent, an end that is stored gives it back. Only a place
that was given, but whose intent is not recorded yet, is known to this process alone; no other acts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from execution_operator.kinds.test_execution.lines import Lines, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.kinds.test_execution.digest import RunDigest
    from execution_operator.reconcile.ports import Key

_TEN: Final = 10
_HUNDRED: Final = 100


class Standing(Enum):
    """Where a run stands with its server's places.

    WAITS: in a line. ASIDE: waits for something else first, others pass it. GIVEN: has a place, its
    intent is not recorded yet. ACTIVE: has one by what is recorded.
    """

    WAITS = "waits"
    ASIDE = "aside"
    GIVEN = "given"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Place:
    """That a run waits for others to end.

    Attributes:
        number: its place in the queue from 1, rounded up: to tens from 10 on, then to hundreds.
        limit: how many runs the server is to have at once.
    """

    number: int
    limit: int


@dataclass(slots=True)
class _Known:
    key: Key
    server: Key
    line: str
    turn: Turn
    standing: Standing = Standing.ASIDE
    told: int | None = None
    told_at: float = 0.0


@dataclass(slots=True)
class _Server:
    lines: Lines = field(default_factory=Lines)
    refused: set[str] = field(default_factory=set)
    taken: int = 0
    limit: int | None = None
    runs: int = 0

    @property
    def free(self) -> float:
        return math.inf if self.limit is None else max(0, self.limit - self.taken)


_TAKES: Final = frozenset({Standing.GIVEN, Standing.ACTIVE})


class Capacity:
    """Gives places: to the oldest first, in turn by project; never one more than there are.

    References never leave a namespace, so all runs of a server are of one namespace.
    """

    def __init__(self, wake: Callable[[Key], None], *, period_seconds: float) -> None:
        """Wake whose turn it is; tell a run of its place once in so many seconds at most."""
        self._wake = wake
        self._period_seconds = period_seconds
        self._known: dict[str, _Known] = {}
        self._servers: dict[Key, _Server] = {}

    def heard(self, run: RunDigest) -> None:
        """The cluster has the object in this state."""
        if run.is_over:
            self.forget(run.uid)
            return
        known = self._known.get(run.uid)
        if run.has_place:
            self._move(known or self._enter(run), Standing.ACTIVE)
        elif known is None:
            # It is in line before it is looked at: so no younger one passes it after a restart.
            # What it waits for beside a place shows when it is looked at.
            self._move(self._enter(run), Standing.WAITS)
        elif known.standing is Standing.ACTIVE:  # somebody took its intent away
            self._move(known, Standing.ASIDE)

    def forget(self, uid: str) -> None:
        """The object is gone, or its run is over."""
        known = self._known.get(uid)
        if known is None:
            return
        self._move(known, Standing.ASIDE)
        del self._known[uid]
        server = self._servers[known.server]
        server.runs -= 1
        if not server.runs:
            del self._servers[known.server]

    def ask(self, run: RunDigest, *, limit: int | None, now: float) -> Place | None:
        """A place for a run that could start: None when it has one, else where it waits.

        Args:
            run: the one that could start.
            limit: how many runs its server is to have at once; None: no bound.
            now: monotonic seconds.
        """
        known = self._known.get(run.uid) or self._enter(run)
        server = self._servers[known.server]
        if server.limit != limit:
            server.limit = limit
            self._offer(server)
        if known.standing in _TAKES:
            return None
        self._move(known, Standing.WAITS)
        rank = server.lines.rank(known.line, known.turn)
        if limit is None or rank < server.free:
            self._move(known, Standing.GIVEN)
            return None
        server.refused.add(run.uid)
        return Place(self._told(known, _rounded(rank + 1 - int(server.free)), now), limit)

    def withdraw(self, uid: str) -> None:
        """The run could not start now if it had a place: others pass it until it asks again."""
        known = self._known.get(uid)
        if known is not None and known.standing in {Standing.WAITS, Standing.GIVEN}:
            self._move(known, Standing.ASIDE)

    def _enter(self, run: RunDigest) -> _Known:
        created = run.created.isoformat() if run.created else ""
        turn = Turn(created, run.key.name, run.uid)
        self._known[run.uid] = known = _Known(run.key, run.server_key, run.project, turn)
        self._servers.setdefault(run.server_key, _Server()).runs += 1
        return known

    def _move(self, known: _Known, standing: Standing) -> None:
        before = known.standing
        if standing is before:
            return
        server = self._servers[known.server]
        if before is Standing.WAITS:
            leave = server.lines.serve if standing in _TAKES else server.lines.remove
            leave(known.line, known.turn)
            server.refused.discard(known.turn.uid)
        if standing is Standing.WAITS:
            server.lines.add(known.line, known.turn)
        server.taken += (standing in _TAKES) - (before in _TAKES)
        known.standing = standing
        self._offer(server)

    def _offer(self, server: _Server) -> None:
        """Wake those who were told to wait and whose turn it is now."""
        if not server.refused or not server.free:
            return
        for turn in server.lines.first(int(min(server.free, len(self._known)))):
            if turn.uid in server.refused:
                server.refused.discard(turn.uid)
                self._wake(self._known[turn.uid].key)

    def _told(self, known: _Known, number: int, now: float) -> int:
        if known.told is None or now - known.told_at >= self._period_seconds:
            if number != known.told:
                known.told_at = now
            known.told = number
        return known.told


def _rounded(number: int) -> int:
    step = 1 if number < _TEN else _TEN if number <= _HUNDRED else _HUNDRED
    return -(-number // step) * step
