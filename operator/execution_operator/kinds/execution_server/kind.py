"""ExecutionServer as the engine knows it: asks the server, holds and lets go of its object."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from execution_operator.api.execution_server import (
    ExecutionServer,
    ExecutionServerStatus,
    SpaceStatus,
)
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.blueprints import blueprint_of
from execution_operator.kinds.connections import Connection, Probe
from execution_operator.kinds.counts import server_label
from execution_operator.kinds.execution_server.cautions import cautions_of
from execution_operator.kinds.execution_server.places import with_places
from execution_operator.kinds.execution_server.seen import MISSING, UNREACHED, Release, Seen, use_of
from execution_operator.kinds.execution_server.summarize import counts_differ, summarize
from execution_operator.kinds.problems import Problem, problem_of, problem_of_secret
from execution_operator.kinds.wording import in_the_same_words
from execution_operator.reconcile.kind import Plan, Result, Step
from execution_operator.reconcile.ports import Digest, Key, SecretProblem
from execution_operator.remote.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.kinds.connections import Connections
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.reconcile.ports import Now


_SHOWN: Final = frozenset({ConditionType.READY, ConditionType.STALLED})


@dataclass(slots=True)
class _Memory:
    unused_since: float | None = None
    counts_at: float | None = None
    missing_since: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDigest(Digest):
    """An ExecutionServer; `shown` differs when those that name it have to look again."""

    shown: tuple[object, ...]


class ExecutionServerKind:
    """How an ExecutionServer is reconciled."""

    model = ExecutionServer

    def __init__(self, *, ports: Ports, connections: Connections, periods: Periods) -> None:
        self._objects = ports.objects
        self._secrets = ports.secrets
        self._clock = ports.clock
        self._meter = ports.meter
        self._connections = connections
        self._periods = periods
        self._memories: dict[str, _Memory] = {}

    def digest(self, wanted: ExecutionServer) -> ServerDigest:
        """With all that users see of it."""
        return ServerDigest.of(wanted, shown=_what_users_see(wanted))

    def references(self, known: ServerDigest) -> Iterable[Key]:
        """It names no other object of ours."""
        del known
        return ()

    def lane(self, known: ServerDigest) -> Key:
        """Its own."""
        return known.key

    def is_urgent(self, known: ServerDigest) -> bool:
        """Always: others wait for it."""
        del known
        return True

    def wakes_referrers(self, before: ServerDigest | None, after: ServerDigest | None) -> bool:
        """When it comes, goes, is changed, is being deleted or becomes usable or not."""
        return (before and before.shown) != (after and after.shown)

    def wakes_references(self, before: ServerDigest | None, after: ServerDigest | None) -> bool:
        """It has none."""
        del before, after
        return False

    async def observe(self, wanted: ExecutionServer) -> Seen:
        """Ask the server, unless it was asked lately."""
        key = Key.of(wanted)
        memory = self._memories.setdefault(wanted.metadata.uid, _Memory())
        use = use_of(self._objects.referrers(key))
        now = self._clock.now().monotonic
        memory.unused_since = None if use.users else memory.unused_since or now
        seen = replace(
            await self._connected(wanted),
            use=use,
            unused_since=memory.unused_since,
            counts_at=memory.counts_at,
        )
        missing = seen.problem is not None and seen.problem.reason in MISSING
        memory.missing_since = (memory.missing_since or now) if missing else None
        return replace(seen, missing_since=memory.missing_since)

    def decide(self, wanted: ExecutionServer, seen: Seen, now: Now) -> Plan[Release]:
        """Let go of it when nobody uses it; else look again in time."""
        again = self._periods.probe
        still = wanted.metadata.is_paused and not wanted.metadata.is_deleted
        if wanted.metadata.is_held and seen.unused_since is not None and not still:
            left = seen.unused_since + self._periods.unused - now.monotonic
            if left <= 0 or (wanted.metadata.is_deleted and not seen.use.users):
                return Plan(action=Release())
            again = min(again, left)
        if counts_differ(wanted.status, seen) and seen.counts_at is not None:
            again = min(again, max(0.0, seen.counts_at + self._periods.counts - now.monotonic))
        if seen.problem is None:
            return Plan(look_again=again)
        if seen.problem.needs_person or seen.problem.reason in MISSING:
            return Plan(look_again=min(again, self._periods.secret), result=Result.TERMINAL)
        wait = seen.problem.retry_after or self._periods.poll
        return Plan(look_again=min(again, max(wait, self._periods.poll)), result=Result.REQUEUED)

    async def act(
        self, action: Release, wanted: ExecutionServer, seen: Seen
    ) -> Step[ExecutionServer, Seen]:
        """Take the finalizer off."""
        del action
        current = await self._objects.write_metadata(wanted, held=False)
        return Step(current if isinstance(current, ExecutionServer) else None, seen)

    def summarize(self, wanted: ExecutionServer, seen: Seen, now: Now) -> ExecutionServerStatus:
        """See `summarize`."""
        status = summarize(wanted, seen, now, self._periods)
        if status != wanted.status:
            self._memories[wanted.metadata.uid].counts_at = now.monotonic
        return status

    def written(self, before: ExecutionServer, after: ExecutionServer) -> None:
        """Its conditions say all."""

    def forget(self, known: ServerDigest) -> None:
        """Close its connection."""
        self._memories.pop(known.uid, None)
        self._connections.drop(known.key)
        self._meter.forget_server(server_label(known.key))

    async def _connected(self, wanted: ExecutionServer) -> Seen:
        try:
            blueprint, token = await blueprint_of(wanted, self._secrets, poll=self._periods.poll)
        except SecretProblem as error:
            return Seen(problem=problem_of_secret(error), reached=None)
        except ValueError as error:
            problem = Problem(reason=Reason.INVALID_SPEC, message=str(error), needs_person=True)
            return Seen(problem=problem, reached=None)
        connection = self._connections.ensure(Key.of(wanted), blueprint)
        if connection.hub.turn_to(token):
            connection.probed_for = None
        probe = await self._probed(wanted, connection)
        space = SpaceStatus(id=probe.space_id, name=probe.space_name) if probe.space_id else None
        told = with_places(probe.problem, wanted.spec)
        reached = probe.problem is None or probe.problem.reason not in UNREACHED
        label = server_label(Key.of(wanted))
        self._meter.server_up(label, up=reached)
        self._meter.server_insecure(label, reasons=frozenset(cautions_of(wanted.spec)))
        return Seen(
            problem=told,
            url=connection.url,
            space=space,
            reached=reached,
            trouble=connection.trouble,
        )

    async def _probed(self, wanted: ExecutionServer, connection: Connection) -> Probe:
        now = self._clock.now().monotonic
        asked_for = wanted.metadata.asked_for
        last = connection.probe
        if last is not None and connection.probed_for == asked_for:
            wait = (
                self._periods.probe if last.problem is None else _pace(last.problem, self._periods)
            )
            if now - last.at < wait * 0.9:
                return last
        found = await self._ask(wanted, connection)
        if found.problem is not None and last is not None:
            found = replace(found, problem=in_the_same_words(found.problem, last.problem))
        connection.probe, connection.probed_for = found, asked_for
        return found

    async def _ask(self, wanted: ExecutionServer, connection: Connection) -> Probe:
        space = wanted.spec.test_hub.space if wanted.spec.test_hub else None
        at = self._clock.now().monotonic
        try:
            found = await connection.hub.list_spaces(search=space.name if space else None)
        except RemoteError as error:
            return Probe(at, problem_of(error))
        if space is None:
            return Probe(at, None)
        hits = [one for one in found if one.id == space.id or one.display_name == space.name]
        if len(hits) == 1:
            return Probe(at, None, hits[0].id, hits[0].display_name)
        if space.id is not None:
            return Probe(at, None, space.id)
        text = f'{len(hits) or "no"} team spaces are called "{space.name}": check it or give its id'
        return Probe(at, Problem(reason=Reason.REFERENCE_NOT_FOUND, message=text))


def _pace(problem: Problem, periods: Periods) -> float:
    if problem.needs_person:
        return periods.secret
    return max(problem.retry_after or 0.0, periods.poll)


def _what_users_see(wanted: ExecutionServer) -> tuple[object, ...]:
    shown = [
        (one.type, one.status, one.reason, one.message, one.observed_generation)
        for one in wanted.status.conditions
        if one.type in _SHOWN
    ]
    meta = wanted.metadata
    return (meta.uid, meta.generation, meta.is_deleted, *shown)
