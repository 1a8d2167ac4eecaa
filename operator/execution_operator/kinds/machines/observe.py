"""What the cluster and the shared lists know of a machine; changes nothing."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.blocking import blocking, of_projects
from execution_operator.kinds.machines.claims import due_again, settles_at
from execution_operator.kinds.machines.digest import told
from execution_operator.kinds.machines.identity import Intent, level_of, space_of
from execution_operator.kinds.machines.memories import HEALTHY
from execution_operator.kinds.machines.patience import (
    back_since,
    is_left_to_lists,
    is_passing,
    missing_since,
)
from execution_operator.kinds.machines.seen import Seen
from execution_operator.kinds.machines.standing import machine_id, own_intent, recorded_id
from execution_operator.kinds.machines.wanted_projects import wanted_projects
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.served import server_key
from execution_operator.kinds.standing import standing_of
from execution_operator.reconcile.ports import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.connections import Connection, Connections
    from execution_operator.kinds.machines.digest import MachineDigest
    from execution_operator.kinds.machines.memories import Memories
    from execution_operator.kinds.machines.rivals import Rivals
    from execution_operator.kinds.machines.seen import Association, Memory
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.remote.listing import Listing
    from execution_operator.remote.shared_list import SharedList
    from execution_operator.remote.testhub.machine_wire import Machine


class Observer:
    """Gathers what is known of a machine."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        ports: Ports,
        connections: Connections,
        rivals: Rivals,
        memories: Memories,
        periods: Periods,
        traits: AnyTraits,
    ) -> None:
        self._objects = ports.objects
        self._clock = ports.clock
        self._fence = ports.fence
        self._cluster_id = ports.cluster_id
        self._wake = ports.wake
        self._connections = connections
        self._rivals = rivals
        self._memories = memories
        self._periods = periods
        self._traits = traits

    async def observe(self, wanted: MachineObject, mine: MachineDigest) -> Seen:
        """What is known of it now."""
        memory, unsupported = self._remembered(wanted), self._traits.unsupported
        intent = wanted.metadata.annotations.get(INTENT_ANNOTATION)
        seen = Seen(
            memory=memory,
            cluster_id=self._cluster_id,
            intent=Intent.load(intent) if intent is not None else None,
            term_began=self._fence.since,
            poll=self._periods.poll,
            look_every=self._periods.quiet if self._traits.unreached else None,
            unsupported=unsupported.reason if unsupported else None,
        )
        return self._timed(wanted, await self._with_server(wanted, seen, mine))

    def _remembered(self, wanted: MachineObject) -> Memory:
        """What is remembered, without a problem that it is time to try again about.

        Should it still be there, that is known before anything is told; should nothing be left to
        try, because somebody else mended it, nothing is told of it any more, and after a time of
        peace the next failure is a first one.
        """
        memory, asked_for = self._memories.of(wanted), wanted.metadata.asked_for
        if memory.creates.asked_for not in (None, asked_for):
            memory = self._memories.keep(wanted, creates=memory.creates.anew())
        if memory.failed_for is None:
            return memory
        late = self._clock.now().monotonic - memory.retry_at
        if memory.failed_for != asked_for or late >= self._periods.fight:
            return self._memories.keep(wanted, **HEALTHY)
        if late >= 0:
            return self._memories.keep(wanted, problem=None)
        return memory

    async def _with_server(self, wanted: MachineObject, seen: Seen, mine: MachineDigest) -> Seen:
        key = server_key(wanted)
        server = self._objects.get(key)
        if not isinstance(server, ExecutionServer):
            text = f'there is no ExecutionServer "{key.name}" in this namespace: create it'
            blocker = Problem(reason=Reason.SERVER_NOT_FOUND, message=text)
            return replace(seen, blocker=blocker, server_gone=True)
        connection, standing = self._connections.get(key), standing_of(server)
        why = None if is_left_to_lists(wanted, standing) else standing.blocker
        seen = replace(seen, blocker=why, server_gone=standing.gone)
        if standing.is_changed and not wanted.metadata.is_deleted:
            return replace(seen, connecting=True)
        if connection is None:
            return replace(seen, connecting=why is None)
        blueprint = connection.blueprint
        seen = replace(
            seen,
            url=connection.url,
            settling=self._periods.settling_for(blueprint.request_seconds),
            poll=blueprint.poll_seconds,
        )
        seen = await self._with_level(wanted, seen, connection)
        seen = await self.contested(mine, seen, connection)
        if seen.rival is not None:
            connection.lists.unfollow(wanted.metadata.uid)
            return seen
        if wanted.metadata.is_deleted or seen.level is None:
            return seen
        hidden = await self._traits.hidden(wanted)
        if isinstance(hidden, Problem):
            return replace(seen, blocker=seen.blocker or hidden)
        seen = replace(seen, members=self._traits.members(wanted), hidden=hidden)
        seen = await self._with_projects(wanted, seen, connection)
        return self.sighted(wanted, seen, connection)

    async def contested(self, mine: MachineDigest, seen: Seen, connection: Connection) -> Seen:
        """The same with the other object that manages the machine, if there is one."""
        owner = await self._rivals.owner(mine, seen.level, connection)
        if isinstance(owner, Problem):
            return replace(seen, blocker=seen.blocker or owner)
        if owner is None:
            return seen
        return replace(seen, rival=told(owner, mine.key.namespace))

    async def _with_level(self, wanted: MachineObject, seen: Seen, connection: Connection) -> Seen:
        intent = own_intent(wanted, seen)
        if recorded_id(wanted) is not None:
            return replace(seen, level=level_of(wanted.status.space_id))
        if intent is not None:
            return replace(seen, level=level_of(intent.space))
        if wanted.spec.space is None:
            return replace(seen, level=level_of(None))
        if seen.blocker is not None:
            return seen
        found = await connection.find_space(wanted.spec.space)
        if isinstance(found, Problem):
            return replace(seen, blocker=found)
        return replace(seen, level=level_of(found))

    async def _with_projects(
        self, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> Seen:
        if seen.blocker is not None:
            return seen
        space = space_of(seen.level) if seen.level is not None else None
        projects = await wanted_projects(wanted.spec.projects or (), connection, space)
        return replace(seen, projects=projects)

    def sighted(self, wanted: MachineObject, seen: Seen, connection: Connection) -> Seen:
        """The same with what the newest lists, and answers newer than these, say."""
        known = machine_id(wanted, seen)
        if known is None or seen.level is None:
            return seen
        lists, key = connection.lists, Key.of(wanted)
        shared = self._traits.list_of(connection, seen.level)
        sight = shared.follow(wanted.metadata.uid, known, lambda: self._wake(key))
        machine = _newest(shared.listing, seen.memory, known)
        if recorded_id(wanted) == known and _is_superseded(shared.listing, seen.memory, known):
            # Or it would be told as new when these lists end and others begin.
            seen = replace(seen, memory=self._memories.keep(wanted, machine=None))
        another = machine is not None and not self._traits.is_it(wanted, machine)
        seen = replace(seen, machine=None if another else machine, is_another=another, sight=sight)
        is_listed = seen.machine is not None and seen.machine is not seen.memory.machine
        if seen.memory.unread is not None and is_listed:  # under its name
            seen = replace(seen, memory=self._memories.keep(wanted, unread=None))
        seen, followed = self._with_associations(wanted, seen, connection, known)
        lists.unfollow(wanted.metadata.uid, keep=frozenset({shared, *followed}))
        return seen

    def _with_associations(
        self, wanted: MachineObject, seen: Seen, connection: Connection, known: str
    ) -> tuple[Seen, list[SharedList[Machine]]]:
        """The same with which projects may use it, and the lists that say so."""
        uid, key = wanted.metadata.uid, Key.of(wanted)
        ids = {one.id for one in wanted.status.projects}
        ids |= {one.id for one in seen.projects if one.id is not None}
        followed: list[SharedList[Machine]] = []
        troubles: dict[str, Problem] = {}
        associations: dict[str, bool | None] = {}
        known_at: dict[str, float] = {}
        for project_id in sorted(ids):
            one = self._traits.list_of_project(connection, project_id)
            followed.append(one)
            sight = one.follow(uid, known, lambda: self._wake(key))
            if sight.trouble is not None:
                troubles[project_id] = problem_of(sight.trouble.error)
            ours = seen.memory.associations.get(project_id)
            associations[project_id] = _is_there(one.listing, ours, known)
            known_at[project_id] = _known_at(one.listing, ours)
        projects = [
            replace(one, problem=one.problem or troubles.get(one.id or "")) for one in seen.projects
        ]
        seen = replace(seen, associations=associations, projects=tuple(projects))
        return replace(seen, unsettled=_unsettled(wanted, seen, known_at)), followed

    def _timed(self, wanted: MachineObject, seen: Seen) -> Seen:
        """Remember since when what is wrong is wrong, and of refusals what still counts."""
        now, memory, machine = self._clock.now(), seen.memory, seen.machine
        problem = blocking(wanted, seen) or of_projects(wanted, seen)
        lost = machine is not None and self._traits.trouble(wanted, machine, memory) is not None
        failing = memory.failed_for is not None or is_passing(problem)
        kept: dict[str, object] = {
            "missing_since": missing_since(wanted, seen, now, problem, periods=self._periods),
            "lost_since": (memory.lost_since or now.monotonic) if lost else None,
            "failing_since": (memory.failing_since or now.monotonic) if failing else None,
            "back_since": back_since(wanted, seen, now, problem),
            "refusals": due_again(wanted, seen),
        }
        if all(getattr(memory, name) == value for name, value in kept.items()):
            return seen
        return replace(seen, memory=self._memories.keep(wanted, **kept))

    def forget(self, known: MachineDigest) -> None:
        """It is gone: follow it no more, and wake those that waited for its machine."""
        for connection in self._connections.all().values():
            connection.lists.unfollow(known.uid)
        for other in self._rivals.others(known):
            self._wake(other)


def _newest(listing: Listing[Machine] | None, memory: Memory, known: str) -> Machine | None:
    """The machine by the newest answer that has it; None when it seems to be gone."""
    read = memory.machine
    if listing is None or (read is not None and listing.began <= memory.read_at):
        return read
    if known in listing.held:
        return read or listing.held[known]
    return listing.items.get(known)


def _is_superseded(listing: Listing[Machine] | None, memory: Memory, known: str) -> bool:
    """Whether a later list has what was once read on its own."""
    if memory.machine is None or listing is None:
        return False
    return listing.began > memory.read_at and known in listing.items


def _is_there(
    listing: Listing[Machine] | None, ours: Association | None, known: str
) -> bool | None:
    """Whether a project may use the machine: what we did counts until a later list says more.

    That it may not, a list says only when it proves it.
    """
    told = ours.there if ours is not None else None
    since = ours.since if ours is not None else -inf
    if listing is None or listing.began <= since:
        return told
    if known in listing.items:
        return True
    return False if listing.lacks_since is not None and listing.lacks_since > since else told


def _unsettled(wanted: MachineObject, seen: Seen, known_at: Mapping[str, float]) -> frozenset[str]:
    """See `Seen`."""
    recorded = (one.id for one in wanted.status.projects)
    return frozenset(
        one
        for one in recorded
        if seen.associations.get(one) is not True and known_at[one] < settles_at(seen, one)
    )


def _known_at(listing: Listing[Machine] | None, ours: Association | None) -> float:
    """The monotonic time at which an association was asked for last; minus infinity for never.

    That there is none a list says only when it proves it.
    """
    proof = listing.lacks_since if listing is not None else None
    moments = [proof] if proof is not None else []
    if ours is not None and ours.there is not None:
        moments.append(ours.since)
    return max(moments, default=-inf)
