"""Speaks with the server about one machine; what it says becomes memory, errors do too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from execution_operator.kinds.machines.absence import is_gone
from execution_operator.kinds.machines.actions import (
    Associate,
    Check,
    Confirm,
    Create,
    Dissociate,
    Exchange,
    Look,
    LookUp,
    Remove,
    Update,
)
from execution_operator.kinds.machines.associations import Associations
from execution_operator.kinds.machines.connected import connection_of
from execution_operator.kinds.machines.creates import rarely
from execution_operator.kinds.machines.drift import drift
from execution_operator.kinds.machines.looks import Looks
from execution_operator.kinds.machines.memories import HEALTHY
from execution_operator.kinds.machines.presence import Presence
from execution_operator.kinds.machines.search import Search, there_before
from execution_operator.kinds.machines.seen import Certainty, Told
from execution_operator.kinds.machines.standing import (
    all_members,
    hidden_members,
    in_doubt,
    is_unsent,
    looked_up,
    machine_id,
    own_intent,
)
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.wording import in_the_same_words
from execution_operator.reconcile.backoff import Backoff
from execution_operator.reconcile.ports import FenceClosed
from execution_operator.remote.errors import (
    Ambiguous,
    NotFound,
    Rejected,
    RemoteError,
)

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.connections import Connection, Connections
    from execution_operator.kinds.machines.memories import Memories
    from execution_operator.kinds.machines.seen import Memory, Seen
    from execution_operator.kinds.machines.tell import Teller
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.ports import Ports
    from execution_operator.remote.messages import JSON
    from execution_operator.remote.testhub.machines import Machines

_log = structlog.stdlib.get_logger(__name__)


class Exchanger:
    """Carries out exchanges with servers."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        ports: Ports,
        connections: Connections,
        memories: Memories,
        periods: Periods,
        traits: AnyTraits,
        teller: Teller,
    ) -> None:
        self._fence = ports.fence
        self._clock = ports.clock
        self._random = ports.random
        self._connections = connections
        self._memories = memories
        self._periods = periods
        self._traits = traits
        self._teller = teller
        self._search = Search(clock=ports.clock, traits=traits)
        self._looks = Looks(clock=ports.clock, memories=memories, periods=periods, traits=traits)
        self._presence = Presence(
            ports=ports, memories=memories, periods=periods, traits=traits, teller=teller
        )
        self._associations = Associations(
            ports=ports, memories=memories, periods=periods, traits=traits
        )

    async def exchange(self, action: Exchange | Check, wanted: MachineObject, seen: Seen) -> Memory:
        """Do it; what is remembered afterwards."""
        connection = connection_of(self._connections, wanted, seen)
        if connection is None:
            return self._failed(wanted, None)
        if isinstance(action, LookUp) and action.is_for_twins:
            return await self._look_for_twins(action, wanted, seen, connection)
        try:
            problem = await self._done(action, wanted, seen, connection)
        except NotFound as error:
            problem = await self._looks.denied(action, wanted, error, connection)
        except RemoteError as error:
            problem = problem_of(error)
        tries = isinstance(action, Check | Create)
        if problem is not None:
            uncreated = _is_uncreated(action, self._memories.of(wanted))
            memory = self._failed(wanted, rarely(problem) if uncreated else problem)
            if uncreated:  # in the words that are told, for as long as none is tried again
                creates = memory.creates.failed(memory.problem)
                memory = self._memories.keep(wanted, creates=creates)
            return self._memories.keep(wanted, vain=memory.failures) if tries else memory
        # A look-up comes before each attempt: that it went well makes no attempt the first.
        vain = self._memories.of(wanted).vain if isinstance(action, Check | LookUp) else 0
        changes = HEALTHY | {"failures": vain, "vain": vain, "denials": None}
        return self._memories.keep(wanted, **changes)

    async def _done(
        self, action: Exchange | Check, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> Problem | None:
        match action:
            case LookUp():
                await self._look_up(action, wanted, seen, connection)
            case Check():
                return await self._traits.check(connection, wanted, all_members(seen))
            case Create():
                return await self._create(action, wanted, seen, connection)
            case Look():
                await self._looks.look(action, wanted, seen, connection)
            case Confirm():
                return await self._presence.confirm(action, wanted, connection)
            case Update():
                return await self._update(action, wanted, seen, connection)
            case Associate():
                await self._associations.associate(action, wanted, seen, connection)
            case Dissociate():
                await self._associations.dissociate(action, wanted, connection)
            case Remove():
                await self._presence.remove(action, wanted, connection)
        return None

    async def _look_for_twins(
        self, action: LookUp, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> Memory:
        """That it fails says nothing of a machine that is known: the lists tell outages."""
        try:
            await self._look_up(action, wanted, seen, connection)
        except RemoteError as error:
            _log.debug("cannot look for twins", cause=str(error))
            return self._memories.keep(wanted, checked_at=self._now())
        return self._memories.of(wanted)

    async def _look_up(
        self, action: LookUp, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> None:
        found = await self._search.found(action, wanted, connection, known=machine_id(wanted, seen))
        changes: dict[str, Any] = {"found": found}
        if found.machines:
            creates = replace(self._memories.of(wanted).creates, problem=None)
            changes |= {"vain": 0, "creates": creates}
        ours = in_doubt(wanted, seen) and own_intent(wanted, seen) is not None
        if ours and len(found.machines) == 1:
            changes |= {"machine": found.machines[0], "read_at": found.began}
            changes["certainty"] = Certainty.UNSENT  # the intent stands until the status has it
            self._teller.created(wanted, found.machines[0].id)
        self._memories.keep(wanted, **changes)

    async def _create(
        self, action: Create, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> Problem | None:
        shared = self._traits.list_of(connection, action.level)
        known = self._memories.of(wanted).creates
        before = there_before(looked_up(seen), shared.listing)
        # It is not known any more what is there, nor for sure that nothing of ours is.
        doubt: dict[str, Any] = {"certainty": Certainty.DOUBTFUL, "doubt_since": self._now()}
        again = known.again(self._now(), self._periods.fight, asked_for=wanted.metadata.asked_for)
        self._memories.keep(wanted, found=None, creates=again, **doubt)
        try:
            machine = await self._machines(connection).create(
                action.level, all_members(seen), before_bytes=self._fence.check
            )
        except Ambiguous:
            self._memories.keep(wanted, doubt_since=self._now())
            raise
        except (RemoteError, FenceClosed):
            self._memories.keep(wanted, certainty=Certainty.UNSENT)
            raise
        self._memories.keep(
            wanted,
            certainty=Certainty.UNSENT,
            machine=machine,
            gone=None,
            read_at=self._now(),
            sent=seen.hidden.fingerprint if seen.hidden else None,
        )
        shared.hurry(machine.id)
        problem = await self._presence.created(
            action, wanted, machine, connection=connection, before=before
        )
        if problem is None:
            self._teller.created(wanted, machine.id)
        return problem

    async def _update(
        self, action: Update, wanted: MachineObject, seen: Seen, connection: Connection
    ) -> Problem | None:
        """Send what differs with all the rest as it was just read: a server may replace all."""
        machines, level, memory = self._machines(connection), action.level, seen.memory
        try:
            last = await machines.get(level, action.machine_id)
            names = drift(seen.members, last.members)
            if not self._traits.is_it(wanted, last):
                self._doubted(wanted, connection, action)
                return None
            unsent = is_unsent(wanted, seen)
            if not names and not unsent:
                self._memories.keep(wanted, machine=last, read_at=self._now())
                return None
            changes: dict[str, JSON] = {name: seen.members[name] for name in names}
            changes |= hidden_members(seen)
            problem = await self._traits.check(connection, wanted, last.changed(changes))
            if problem is not None:
                return problem
            await machines.update(level, last, changes, before_bytes=self._fence.check)
            after = await machines.get(level, action.machine_id)
        except (NotFound, Rejected) as error:
            if not is_gone(error):
                raise
            self._doubted(wanted, connection, action)
            return None
        now = self._now()
        repairs = memory.repairs.again(now, self._periods.fight) if names else memory.repairs
        self._memories.keep(
            wanted,
            machine=after,
            read_at=now,
            repairs=repairs,
            sent=seen.hidden.fingerprint if seen.hidden else None,
        )
        self._teller.repaired(wanted, (*names, *(hidden_members(seen) if unsent else ())))
        self._traits.list_of(connection, level).hurry(action.machine_id)
        return None

    def _doubted(self, wanted: MachineObject, connection: Connection, action: Update) -> None:
        """The server denies what its list had: let the lists say whether it is gone."""
        self._memories.keep(
            wanted,
            machine=None,
            repairs=self._memories.of(wanted).repairs.again(self._now(), self._periods.fight),
        )
        self._traits.list_of(connection, action.level).hurry(action.machine_id)

    def _failed(self, wanted: MachineObject, problem: Problem | None) -> Memory:
        memory, asked_for = self._memories.of(wanted), wanted.metadata.asked_for
        failures, told = memory.failures + 1, memory.told
        if problem is not None:
            problem = in_the_same_words(problem, memory.told_of(asked_for))
        wait = Backoff().delay(failures, self._random)
        if problem is not None:
            wait = max(wait, problem.retry_after or 0.0)
            wait = max(wait, self._periods.secret) if problem.needs_person else wait
        return self._memories.keep(
            wanted,
            problem=problem,
            failures=failures,
            retry_at=self._now() + wait,
            failed_for=asked_for,
            told=Told(problem, asked_for) if problem is not None else told,
        )

    def _machines(self, connection: Connection) -> Machines[Any]:
        return self._traits.machines(connection.hub)

    def _now(self) -> float:
        return self._clock.now().monotonic


def _is_uncreated(action: Exchange | Check, memory: Memory) -> bool:
    """Whether an exchange that failed left nothing of ours there that was to be created."""
    match action:
        case Create():
            return memory.machine is None
        case Confirm():
            return memory.gone == action.machine_id
        case _:
            return False
