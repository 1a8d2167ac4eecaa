"""TestExecution as the engine knows it: the parts put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.test_execution import TestExecution
from execution_operator.kinds.test_execution.decide import decide
from execution_operator.kinds.test_execution.digest import digest_of
from execution_operator.kinds.test_execution.summarize import summarize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.test_execution import TestExecutionStatus
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.act import Actor
    from execution_operator.kinds.test_execution.actions import Action
    from execution_operator.kinds.test_execution.capacity import Capacity
    from execution_operator.kinds.test_execution.digest import RunDigest
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.observe import Observer
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.kinds.test_execution.tell import Teller
    from execution_operator.reconcile.kind import Plan, Step
    from execution_operator.reconcile.ports import Key, Now


class TestExecutionKind:
    """How a TestExecution is reconciled."""

    __test__ = False
    model = TestExecution

    def __init__(  # noqa: PLR0913 - each is a different thing and named
        self,
        *,
        observer: Observer,
        actor: Actor,
        teller: Teller,
        memories: Memories,
        capacity: Capacity,
        periods: Periods,
    ) -> None:
        self._teller = teller
        self._observer = observer
        self._actor = actor
        self._memories = memories
        self._capacity = capacity
        self._periods = periods

    def digest(self, wanted: TestExecution) -> RunDigest:
        """See `RunDigest`."""
        return digest_of(wanted)

    def references(self, known: RunDigest) -> Iterable[Key]:
        """Its server, and what its start waits for."""
        return (known.server_key, *known.machines)

    def lane(self, known: RunDigest) -> Key:
        """Its server's."""
        return known.server_key

    def is_urgent(self, known: RunDigest) -> bool:
        """Until it is started: ends are told after starts."""
        return known.execution is None

    def wakes_referrers(self, before: RunDigest | None, after: RunDigest | None) -> bool:
        """Nobody names it yet."""
        del before, after
        return False

    def wakes_references(self, before: RunDigest | None, after: RunDigest | None) -> bool:
        """When it begins or ceases to use its server, or its place in the counts changes."""
        return _use(before) != _use(after)

    async def observe(self, wanted: TestExecution) -> Seen:
        """See `Observer`."""
        return await self._observer.observe(wanted)

    def decide(self, wanted: TestExecution, seen: Seen, now: Now) -> Plan[Action]:
        """See `decide`."""
        return decide(wanted, seen, now, self._periods)

    async def act(
        self, action: Action, wanted: TestExecution, seen: Seen
    ) -> Step[TestExecution, Seen]:
        """See `Actor`."""
        return await self._actor.act(action, wanted, seen)

    def summarize(self, wanted: TestExecution, seen: Seen, now: Now) -> TestExecutionStatus:
        """See `summarize`."""
        return summarize(wanted, seen, now, self._periods)

    def written(self, before: TestExecution, after: TestExecution) -> None:
        """See `Teller`."""
        self._teller.written(before, after)
        if len(after.status.previous_attempts) > len(before.status.previous_attempts):
            self._observer.unfollow_attempt(after)

    def forget(self, known: RunDigest) -> None:
        """It is gone."""
        self._observer.forget(known)
        self._memories.forget(known.uid)
        self._capacity.forget(known.uid)


def _use(known: RunDigest | None) -> tuple[object, ...]:
    return (known.is_held, known.phase) if known else ()
