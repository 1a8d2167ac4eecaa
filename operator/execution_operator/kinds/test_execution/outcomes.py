"""Remembers how an exchange about a run went; sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.test_execution.reckoning import reckonings
from execution_operator.kinds.test_execution.seen import Denials, Memory, Seen
from execution_operator.kinds.test_execution.words import is_ended
from execution_operator.reconcile.backoff import Backoff

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.ports import Ports
    from execution_operator.kinds.test_execution.memories import Memories
    from execution_operator.kinds.test_execution.tell import Teller
    from execution_operator.remote import errors
    from execution_operator.remote.testhub.wire import ExecutionResource

BACKOFF: Final = Backoff(first=1.0, longest=60.0)


class Outcomes:
    """What is remembered of a run after an exchange, and when the next one may be."""

    def __init__(self, *, ports: Ports, memories: Memories, teller: Teller) -> None:
        self._clock = ports.clock
        self._random = ports.random
        self._memories = memories
        self._teller = teller

    def started(
        self, wanted: TestExecution, run: ExecutionResource, seen: Seen, *, twice: bool = False
    ) -> Memory:
        """The run is there and ours; `twice` where the attempt may have a second one."""
        self._teller.started(wanted, run.id)
        twice = twice or self._memories.of(wanted).repeated
        return self.healthy(
            wanted,
            run=run,
            submitted_at=self._clock.now().utc,
            doubt=None,
            ended_at=self.ended_at(run),
            reckonings=reckonings(self.now(), seen.settling) if twice else (),
        )

    def healthy(self, wanted: TestExecution, **changes: Any) -> Memory:  # noqa: ANN401 - the fields of Memory
        """The server answered as it should; these are the changes."""
        healthy = {"problem": None, "problem_since": None, "failures": 0, "retry_at": 0.0}
        changes = healthy | changes
        return self._memories.keep(wanted, **changes)

    def denied(self, wanted: TestExecution, problem: Problem, began: float) -> Memory:
        """The server says that there is no such run; asked at that monotonic time."""
        before = self._memories.of(wanted).denials
        denials = Denials(
            since=before.since if before else began, count=(before.count if before else 0) + 1
        )
        return self._memories.keep(wanted, denials=denials, read_at=began, problem=problem)

    def failed(self, wanted: TestExecution, problem: Problem) -> Memory:
        """The exchange failed: wait longer each time, and as long as the server says."""
        before, now = self._memories.of(wanted), self.now()
        failures = before.failures + 1
        wait = max(problem.retry_after or 0.0, BACKOFF.delay(failures, self._random))
        return self._memories.keep(
            wanted,
            problem=problem,
            problem_since=now if before.problem_since is None else before.problem_since,
            failures=failures,
            retry_at=now + wait,
        )

    def problem(self, wanted: TestExecution, error: errors.RemoteError) -> Problem:
        """What went wrong, without the values of the run's variables."""
        return self._memories.privacy.problem(wanted, problem_of(error))

    def ended_at(self, run: ExecutionResource) -> float | None:
        """When it was seen ended, in monotonic seconds: now; None while it goes on."""
        return self.now() if is_ended(run.status) else None

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock.now().monotonic
