"""What the cluster and the shared snapshot know of a run; sends nothing about the run itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.api.test_execution import Origin
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.served import server_key
from execution_operator.kinds.standing import standing_of
from execution_operator.kinds.test_execution.digest import RunDigest, digest_of
from execution_operator.kinds.test_execution.expiry import tracker
from execution_operator.kinds.test_execution.identity import Intent
from execution_operator.kinds.test_execution.locations import located
from execution_operator.kinds.test_execution.seen import Certainty, Seen
from execution_operator.kinds.test_execution.sources import VariableSources
from execution_operator.kinds.test_execution.standing import (
    execution_id,
    is_adopted,
    is_restored,
    is_unfollowable_copy,
    is_usable,
    may_start,
    project_id,
    wants_place,
)
from execution_operator.kinds.test_execution.variables import Variables
from execution_operator.kinds.test_execution.words import is_ended
from execution_operator.reconcile.ports import Key
from execution_operator.reconcile.status import requested_at
from execution_operator.remote.snapshot import Listed

if TYPE_CHECKING:
    from datetime import datetime

    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.connections import Connection, Connections
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.capacity import Capacity
    from execution_operator.kinds.test_execution.memories import Memories


class Observer:
    """Gathers what is known of a run."""

    def __init__(
        self,
        *,
        ports: Ports,
        connections: Connections,
        memories: Memories,
        capacity: Capacity,
        periods: Periods,
    ) -> None:
        self._capacity = capacity
        self._objects = ports.objects
        self._sources = VariableSources(ports.secrets)
        self._clock = ports.clock
        self._cluster_id = ports.cluster_id
        self._instance_label = ports.instance_label
        self._wake = ports.wake
        self._connections = connections
        self._memories = memories
        self._periods = periods

    async def observe(self, wanted: TestExecution) -> Seen:
        """What is known of it now."""
        return self._with_place(wanted, await self._observed(wanted))

    async def _observed(self, wanted: TestExecution) -> Seen:
        intent = wanted.metadata.annotations.get(INTENT_ANNOTATION)
        seen = Seen(
            memory=self._memories.of(wanted),
            cluster_id=self._cluster_id,
            intent=Intent.load(intent) if intent is not None else None,
            poll=self._periods.poll,
            tracked_by=tracker(wanted.metadata, self._instance_label),
        )
        if wanted.status.phase is not None and wanted.status.phase.is_terminal:
            self._memories.privacy.forget(wanted.metadata.uid)
            return seen
        await self._learn_what_to_hide(wanted, seen)
        seen = self._with_request(wanted, seen)
        key = server_key(wanted)
        server = self._objects.get(key)
        if not isinstance(server, ExecutionServer):
            text = f'there is no ExecutionServer "{key.name}" in this namespace: create it'
            blocker = Problem(reason=Reason.SERVER_NOT_FOUND, message=text)
            return replace(seen, blocker=blocker, server_gone=True)
        connection = self._connections.get(key)
        standing = standing_of(server)
        seen = replace(seen, blocker=standing.blocker, server_gone=standing.gone)
        if connection is None:
            return replace(seen, connecting=standing.blocker is None)
        seen = await self._with_project(wanted, seen, connection)
        seen = self._with_rivals(wanted, seen)
        return self._with_sighting(wanted, seen, connection)

    async def _learn_what_to_hide(self, wanted: TestExecution, seen: Seen) -> None:
        """Read what a process before this one sent; where that changed since, hide everything."""
        privacy = self._memories.privacy
        sent = seen.intent is not None and seen.memory.certainty is not Certainty.UNSENT
        if not sent or privacy.knows(wanted):
            return
        variables = await self._sources.read(wanted)
        if isinstance(variables, Variables) and _is_as_sent(wanted, seen, variables):
            privacy.keep(wanted, variables.private)
        else:
            privacy.conceal(wanted)

    async def _with_project(
        self, wanted: TestExecution, seen: Seen, connection: Connection
    ) -> Seen:
        blueprint = connection.blueprint
        seen = replace(
            seen,
            url=connection.url,
            settling=self._periods.settling_for(blueprint.request_seconds),
            poll=blueprint.poll_seconds,
        )
        known = execution_id(wanted, seen) is not None and project_id(wanted, seen) is not None
        if seen.blocker is not None or known:
            return seen
        found = await connection.project_id(wanted.spec.project)
        if isinstance(found, Problem):
            return replace(seen, blocker=self._memories.privacy.problem(wanted, found))
        return await self._with_needs(wanted, replace(seen, project_id=found), connection)

    async def _with_needs(self, wanted: TestExecution, seen: Seen, connection: Connection) -> Seen:
        """What is to be run and where, for those that are going to start a run."""
        if not may_start(wanted, seen) or seen.project_id is None:
            return seen
        locations = located(wanted, self._objects.get, url=seen.url)
        if isinstance(locations, Problem):
            return replace(seen, unready=locations)
        found = await connection.asset_id(seen.project_id, wanted.spec.test_asset)
        if isinstance(found, Problem):
            return replace(seen, unready=self._memories.privacy.problem(wanted, found))
        return replace(seen, asset_id=found, locations=locations)

    def _with_sighting(self, wanted: TestExecution, seen: Seen, connection: Connection) -> Seen:
        run, known, project = (
            seen.memory.run,
            execution_id(wanted, seen),
            project_id(wanted, seen),
        )
        if known is None or project is None or (run is not None and is_ended(run.status)):
            return seen
        if seen.owner is not None or is_unfollowable_copy(wanted, seen):
            return seen
        snapshot, key = connection.snapshot(project), Key.of(wanted)
        sighting = snapshot.follow(known, lambda: self._wake(key))
        memory = seen.memory
        listed, read = snapshot.listed_at, memory.read_at
        if isinstance(sighting, Listed) and (read is None or (listed or 0.0) >= read):
            ended = is_ended(sighting.execution.status)  # by a server that ignores the filter
            memory = self._memories.keep(
                wanted,
                run=sighting.execution,
                ended_at=self._clock.now().monotonic if ended else None,
                denials=None,
                problem=None,
            )
        return replace(
            seen,
            sighting=sighting,
            trouble=self._memories.privacy.trouble(wanted, snapshot.told(known)),
            listed_at=snapshot.listed_at,
            memory=memory,
        )

    def _with_rivals(self, wanted: TestExecution, seen: Seen) -> Seen:
        """Who else has this run: one object owns it; a copy may not while its original lives."""
        adopt = wanted.spec.adopt.execution_id if wanted.spec.adopt else None
        known = execution_id(wanted, seen) or adopt
        if not (adopt or is_adopted(wanted, seen)):
            return seen
        others = [
            one
            for one in self._objects.of_kind(wanted.kind)
            if isinstance(one, RunDigest) and one.uid != wanted.metadata.uid
        ]
        original = seen.intent.uid if seen.intent and is_restored(wanted, seen) else None
        owner = next((one for one in others if _owns(one, wanted, known, seen.url)), None)
        return replace(
            seen,
            owner=_told(owner, wanted) if owner else None,
            original_lives=any(one.uid == original for one in others),
        )

    def _with_request(self, wanted: TestExecution, seen: Seen) -> Seen:
        """Somebody who asks for a look by annotation gets it now: no backoff, no old refusal."""
        asked = requested_at(wanted.metadata)
        if asked is None or asked == wanted.status.last_handled_reconcile_at:
            return seen
        memory = self._memories.keep(wanted, retry_at=0.0, refused_configuration=None)
        return replace(seen, memory=memory, asked_at=self._clock.now().monotonic)

    def _with_place(self, wanted: TestExecution, seen: Seen) -> Seen:
        """Whether it may start now, or has to wait for others."""
        server = self._objects.get(server_key(wanted))
        if not wants_place(wanted, seen):
            self._capacity.withdraw(wanted.metadata.uid)
            return seen
        if not isinstance(server, ExecutionServer) or not is_usable(seen):
            return seen
        limit, now = server.spec.max_active_runs, self._clock.now().monotonic
        place = self._capacity.ask(digest_of(wanted), limit=limit, now=now)
        return replace(seen, place=place)

    def unfollow(self, wanted: TestExecution, seen: Seen) -> None:
        """It needs no list any more."""
        known, project = execution_id(wanted, seen), project_id(wanted, seen)
        self._unfollow(server_key(wanted), project, known)

    def unfollow_attempt(self, wanted: TestExecution) -> None:
        """Its last attempt ended: that run needs no list any more."""
        ended = wanted.status.previous_attempts[-1].execution_id
        intent = Intent.load(wanted.metadata.annotations.get(INTENT_ANNOTATION, ""))
        self._unfollow(server_key(wanted), intent.project or None, ended)

    def forget(self, known: RunDigest) -> None:
        """It is gone: follow its run no more."""
        run, recorded = self._memories.of_known(known).run, known.execution
        if recorded is not None:
            execution = recorded.id or (run.id if run else None)
            self._unfollow(known.server_key, recorded.project_id, execution)

    def _unfollow(self, server: Key, project: str | None, execution: str | None) -> None:
        connection = self._connections.get(server)
        if connection is not None and execution is not None and project is not None:
            connection.snapshot(project).unfollow(execution)


def _is_as_sent(wanted: TestExecution, seen: Seen, variables: Variables) -> bool:
    """Whether nobody changed the variables' sources since the run was asked for."""
    execution = wanted.status.execution
    since = execution.submitted_at if execution else None
    if since is None and not is_restored(wanted, seen):
        since = wanted.metadata.creation_timestamp
    changed = variables.changed_at
    return since is not None and changed is not None and changed <= since


def _owns(other: RunDigest, wanted: TestExecution, known: str | None, url: str | None) -> bool:
    """Whether the other object has the run: it started it, or adopted it before this one."""
    theirs = other.execution
    if known is None or theirs is None or (theirs.id, theirs.server) != (known, url):
        return False
    return other.origin is not Origin.ADOPTED or _age(other.created, other.uid) < _age(
        wanted.metadata.creation_timestamp, wanted.metadata.uid
    )


def _age(created: datetime | None, uid: str) -> tuple[str, str]:
    return (created.isoformat() if created else "", uid)


def _told(owner: RunDigest, wanted: TestExecution) -> str:
    """The owner, named only to those who may know its namespace."""
    if owner.key.namespace == wanted.metadata.namespace:
        return f'TestExecution "{owner.key.name}"'
    return "a TestExecution in another namespace"
