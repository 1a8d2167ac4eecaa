"""Does what was decided about a run: writes in the cluster here, exchanges by `Exchanger`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.test_execution import TestExecution
from execution_operator.kinds.holding import hold_server
from execution_operator.kinds.served import server_key
from execution_operator.kinds.test_execution.actions import (
    Action,
    Adopt,
    BeginAttempt,
    Configure,
    Expire,
    IgnoreAdoption,
    LeaveBehind,
    LookUp,
    LookUpOriginal,
    Read,
    ReadResult,
    ReadTests,
    Reckon,
    Release,
    Start,
    Stop,
    WriteIntent,
)
from execution_operator.kinds.test_execution.seen import Certainty, Doubt, Seen
from execution_operator.kinds.test_execution.standing import execution_id
from execution_operator.reconcile.kind import Step
from execution_operator.reconcile.ports import FirstSeen, Key
from execution_operator.remote.errors import RemoteError

if TYPE_CHECKING:
    from execution_operator.kinds.connections import Connections
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.census import Censuses
    from execution_operator.kinds.test_execution.exchange import Exchanger
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.observe import Observer
    from execution_operator.kinds.test_execution.seen import Memory
    from execution_operator.kinds.test_execution.tell import Teller


class Actor:
    """Carries out the actions of TestExecutions."""

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        ports: Ports,
        connections: Connections,
        memories: Memories,
        observer: Observer,
        exchanger: Exchanger,
        censuses: Censuses,
        teller: Teller,
    ) -> None:
        self._objects = ports.objects
        self._fence = ports.fence
        self._connections = connections
        self._memories = memories
        self._observer = observer
        self._exchanger = exchanger
        self._censuses = censuses
        self._teller = teller

    async def act(
        self, action: Action, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        """Do it; what is known afterwards."""
        match action:
            case WriteIntent():
                return await self._write_intent(action, wanted, seen)
            case BeginAttempt():
                return await self._begin_attempt(action, wanted, seen)
            case Release():
                return await self._release(action, wanted, seen)
            case Expire():
                self._fence.check()
                left = await self._objects.delete(wanted)
                return Step(left if isinstance(left, TestExecution) else None, seen)
            case IgnoreAdoption():
                self._teller.adopt_ignored(wanted)
                memory = self._memories.keep(wanted, adoption_ignored=True)
            case LeaveBehind(why):
                self._teller.left_behind(wanted, execution_id(wanted, seen), why)
                memory = self._memories.keep(wanted, left_behind=why)
            case (
                Start()
                | LookUp()
                | LookUpOriginal()
                | Reckon()
                | Adopt()
                | Read()
                | ReadResult()
                | ReadTests()
                | Stop()
                | Configure()
            ):
                memory = await self._exchanger.exchange(action, wanted, seen)
        return Step(wanted, replace(seen, memory=memory))

    async def _write_intent(
        self, action: WriteIntent, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        self._fence.check()
        await hold_server(self._objects, server_key(wanted))
        intent = replace(action.intent, writer=self._fence.writer)
        current = await self._objects.write_metadata(
            wanted, held=True, annotations={INTENT_ANNOTATION: intent.dump()}
        )
        if not isinstance(current, TestExecution):
            return Step(None, seen)
        memory = await self._first_certainty(wanted, replace(seen, intent=intent))
        return Step(current, replace(seen, intent=intent, memory=memory))

    async def _begin_attempt(
        self, action: BeginAttempt, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        """Write the attempt's number: its intent. Nobody wrote it before, the write would fail.

        It is certain that nothing was sent for it only if we saw the one before end, too: else
        the object may come from a backup of the cluster.
        """
        self._fence.check()
        status = wanted.status.model_copy(update={"attempt": action.attempt})
        current = await self._objects.write_status(wanted, status)
        if not isinstance(current, TestExecution):
            return Step(None, seen)
        if self._memories.of(current).saw_end:
            memory = self._memories.keep(current, certainty=Certainty.UNSENT, doubt=None)
        else:
            doubt = Doubt(since=self._fence.since)
            memory = self._memories.keep(current, certainty=Certainty.DOUBTFUL, doubt=doubt)
        return Step(current, replace(seen, memory=memory))

    async def _first_certainty(self, wanted: TestExecution, seen: Seen) -> Memory:
        """Whether an object whose intent we have just written may have been posted before.

        One that came into being under this leadership cannot. One that was there before may only
        if somebody took its intent away: if no run of ours is without an owner, it was not.
        """
        known = self._memories.of(wanted)
        if known.certainty is not None:  # somebody took the intent away: what is known stands
            return known
        doubtful = self._memories.keep(
            wanted, certainty=Certainty.DOUBTFUL, doubt=Doubt(since=self._fence.since)
        )
        if wanted.status.execution is not None or wanted.status.attempt is not None:
            return doubtful
        if self._objects.first_seen(Key.of(wanted)) is FirstSeen.LISTED and (
            not await self._nobody_is_missing(wanted, seen)
        ):
            return doubtful
        return self._memories.keep(wanted, certainty=Certainty.UNSENT, doubt=None)

    async def _nobody_is_missing(self, wanted: TestExecution, seen: Seen) -> bool:
        connection = self._connections.get(server_key(wanted))
        if connection is None or seen.intent is None:
            return False
        try:
            census = await self._censuses.take(
                connection,
                seen.intent.project,
                not_before=self._fence.since,
                settling=seen.settling,
            )
        except RemoteError:  # it is looked up on its own then
            return False
        return census.trusted and not census.strangers

    async def _release(
        self, action: Release, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        self._fence.check()  # who is frozen and goes on late knows too little to let go
        if action.left_behind is not None:
            self._teller.left_behind(wanted, execution_id(wanted, seen), action.left_behind)
        self._observer.unfollow(wanted, seen)
        current = await self._objects.write_metadata(wanted, held=False)
        return Step(current if isinstance(current, TestExecution) else None, seen)
