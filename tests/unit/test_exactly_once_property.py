"""Whatever happens to answers, lists, writes and processes: each object gets exactly one run."""

from __future__ import annotations

import asyncio
import functools
from contextlib import ExitStack

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from execution_operator.remote import errors
from support.exactly_once import World, moment
from support.exactly_once_cluster import Written, run_key
from support.exactly_once_server import SETTLING_SECONDS, Fate, Point
from support.virtual_time import VirtualTimeLoop

MOST_OBJECTS = 3
CHOICE = st.integers(0, MOST_OBJECTS - 1).map(lambda index: lambda some: some[index % len(some)])
HALTS = [point for point in Point if point is not Point.AFTER_FENCE]
READ_PROBLEMS = [
    errors.Unreachable("cannot list: no answer"),
    errors.RateLimited("cannot list: busy", retry_after=5.0),
    errors.ProtocolError("cannot list: the list changed while its pages were read"),
    errors.Unauthorized("cannot list: the token is refused"),
]
ENDS = {
    ("COMPLETE", "PASS"): "Succeeded",
    ("COMPLETE", "FAIL"): "Failed",
    ("LAUNCH_FAILED", None): "Error",
    ("STOPPED_BY_USER", None): "Stopped",
}


def inside(step):
    """Do the step on the machine's loop, and let all go on that then can."""

    async def whole(machine, arguments):
        await step(machine, **arguments)
        await moment()

    @functools.wraps(step)
    def run_it(self, **arguments):
        self.runner.run(whole(self, arguments))

    return run_it


def leads(machine):
    return machine.world.leader is not None


def works(machine):
    return leads(machine) and not machine.world.leader.is_halted


class ExactlyOnce(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self._stack = ExitStack()
        self._logs = self._stack.enter_context(capture_logs([format_exc_info]))
        self.runner = self._stack.enter_context(asyncio.Runner(loop_factory=VirtualTimeLoop))

    @initialize()
    @inside
    async def begin(self):
        self.world = World()
        await self.world.take_over()

    @precondition(lambda self: len(self.world.names) < MOST_OBJECTS)
    @rule()
    @inside
    async def user_creates(self):
        self.world.create()

    @precondition(lambda self: self.world.names)
    @rule(name=CHOICE)
    @inside
    async def user_cancels(self, name):
        self.world.cancel(name(self.world.names))

    @precondition(lambda self: self.world.names)
    @rule(name=CHOICE)
    @inside
    async def user_deletes(self, name):
        self.world.delete(name(self.world.names))

    @rule(seconds=st.sampled_from([0.5, 6.0, 21.0, 31.0, SETTLING_SECONDS + 1, 600.0]))
    @inside
    async def time_passes(self, seconds):
        await asyncio.sleep(seconds)

    @rule(fate=st.sampled_from(Fate))
    def next_start_is(self, fate):
        self.world.server.fates.append(fate)

    @rule(seconds=st.sampled_from([0.0, 10.0, 28.0, 58.0]))
    def lists_lag(self, seconds):
        self.world.server.lag = seconds

    @rule(problem=st.sampled_from(READ_PROBLEMS), count=st.integers(1, 3))
    def next_reads_fail(self, problem, count):
        self.world.server.failing_reads.extend([problem] * count)

    @rule()
    def server_goes_away_or_comes_back(self):
        self.world.server.is_away = not self.world.server.is_away

    @precondition(lambda self: self.world.server.has_active)
    @rule(run=CHOICE, end=st.sampled_from([*ENDS]))
    @inside
    async def run_ends(self, run, end):
        self.world.server.end(run(self.world.server.runs), *end)

    @rule(fate=st.sampled_from(Written))
    def next_write_is(self, fate):
        self.world.cluster.fates.append(fate)

    @precondition(leads)
    @rule(flows=st.booleans())
    @inside
    async def watch_flows(self, flows):
        self.world.leader.watch(flows=flows)

    @precondition(works)
    @rule()
    @inside
    async def all_is_looked_at(self):
        self.world.leader.wake_all()

    @precondition(leads)
    @rule(point=st.sampled_from(HALTS))
    def leader_will_halt(self, point):
        self.world.leader.trap = point

    @precondition(works)
    @rule()
    @inside
    async def leader_halts(self):
        self.world.leader.halt()

    @precondition(lambda self: self.world.frozen or (leads(self) and not works(self)))
    @rule()
    @inside
    async def halted_goes_on(self):
        await self.world.thaw()

    @precondition(leads)
    @rule()
    @inside
    async def leader_crashes(self):
        await self.world.crash()

    @precondition(lambda self: not works(self))
    @rule()
    @inside
    async def another_takes_over(self):
        await self.world.take_over()

    @invariant()
    @inside
    async def nothing_is_wrong(self):
        self._assert_nothing_is_wrong()

    def _assert_nothing_is_wrong(self):
        wrongs = [*self._wrongs()]
        assert not wrongs, wrongs

    def teardown(self):
        try:
            self._come_to_rest()
        finally:
            self._stack.close()

    @inside
    async def _come_to_rest(self):
        world = self.world
        await world.heal()
        await asyncio.sleep(4 * SETTLING_SECONDS)
        for run in world.server.runs:
            assert not run.survives or run.owner not in world.unwanted
            world.server.end(run, "COMPLETE", "PASS")
        await asyncio.sleep(2 * SETTLING_SECONDS)
        self._assert_nothing_is_wrong()
        for uid in world.names:
            self._assert_done(uid)

    def _assert_done(self, uid):
        """The object is gone, or has its one run and says how it ended."""
        world = self.world
        raw = world.cluster.objects.get(run_key(uid))
        if uid in world.deleted:
            assert raw is None
            return
        assert not raw["metadata"].get("finalizers")
        status, runs = raw["status"], world.server.runs_of(uid)
        if uid in world.server.refused | world.cancelled and not runs:
            assert status["phase"] == ("Error" if uid in world.server.refused else "Stopped")
            return
        (run,) = runs
        assert status["execution"]["id"] == run.id
        assert status["phase"] == ENDS[run.word, run.verdict]

    def _wrongs(self):
        world = self.world
        for uid in world.names:
            runs = world.server.runs_of(uid)
            if len(runs) > 1:
                yield f"{uid} has {len(runs)} runs"
        for uid in world.server.fenced_out:
            yield f"a start for {uid} was sent without a lease"
        for run in world.server.runs:
            if run.stop_requests and run.owner not in world.unwanted:
                yield f"{run.id} was stopped unasked"
        for raw in world.cluster.objects.values():
            yield from self._wrong_with(raw)
        for uid, reason, text in world.told.warnings:
            if reason in {"RunLeftBehind", "SecondRunStopped"}:
                yield f"{uid}: {reason}: {text}"
        yield from (one for one in self._logs if one["event"].startswith("bug"))

    def _wrong_with(self, raw):
        status = raw.get("status", {})
        for condition in status.get("conditions", ()):
            if condition["reason"] in {"SubmitAmbiguous", "TokenNotUnique"}:
                yield f"{raw['metadata']['uid']}: {condition['reason']}"
        recorded = status.get("execution", {}).get("id")
        if recorded and self.world.server.run(recorded).owner != raw["metadata"]["uid"]:
            yield f"{raw['metadata']['uid']} has recorded {recorded}, another one's"


ExactlyOnce.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=150, stateful_step_count=40
)
TestExactlyOnce = ExactlyOnce.TestCase
