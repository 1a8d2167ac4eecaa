"""Whatever happens to answers, lists, writes and processes: each object gets exactly one run."""

from __future__ import annotations

import asyncio
import functools
import itertools
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from execution_operator.kinds.test_execution.words import RETRIED
from execution_operator.remote import errors
from support.exactly_once import World, moment
from support.exactly_once_cluster import Written, run_key
from support.exactly_once_points import Point
from support.exactly_once_server import SETTLING_SECONDS, Fate
from support.virtual_time import VirtualTimeLoop, run

EVERYDAY = settings(derandomize=True, deadline=None, max_examples=400, stateful_step_count=40)
MOST_OBJECTS = 6
RETRIES = st.sampled_from([0, 0, 2])
NUMBERS = st.integers(0, MOST_OBJECTS - 1)
FATES = st.sampled_from(Fate)
THOROUGH = settings.get_current_profile_name().startswith("thorough")
CHOSEN = settings() if THOROUGH else EVERYDAY
LAGS = st.sampled_from([0.0, 10.0, 28.0, 58.0])
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
    ("INCOMPLETE", None): "Error",
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


def one_of(some, number):
    return some[number % len(some)]


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

    @initialize(waiting=st.integers(0, 2), retries=RETRIES, fate=FATES, lag=LAGS)
    @inside
    async def begin(self, waiting, retries, fate, lag):
        self.world = World()
        self.world.server.fates.append(fate)
        self.world.server.lag = lag
        for _ in range(waiting):
            self.world.create(retries=retries)
        await self.world.take_over()

    @precondition(lambda self: len(self.world.names) < MOST_OBJECTS)
    @rule(retries=RETRIES, fate=FATES, lag=LAGS)
    @inside
    async def user_creates(self, retries, fate, lag):
        self.world.server.fates.append(fate)
        self.world.server.lag = lag
        self.world.create(retries=retries)

    @precondition(lambda self: self.world.names)
    @rule(number=NUMBERS)
    @inside
    async def user_cancels(self, number):
        self.world.cancel(one_of(self.world.names, number))

    @precondition(lambda self: self.world.names)
    @rule(number=NUMBERS)
    @inside
    async def user_takes_an_intent_away(self, number):
        self.world.take_intent_away(one_of(self.world.names, number))

    @precondition(lambda self: self.world.names)
    @rule(number=NUMBERS)
    @inside
    async def user_deletes(self, number):
        self.world.delete(one_of(self.world.names, number))

    @rule(seconds=st.sampled_from([0.5, 6.0, 21.0, 31.0, SETTLING_SECONDS + 1, 600.0]))
    @inside
    async def time_passes(self, seconds):
        await asyncio.sleep(seconds)

    @rule(fate=FATES, lag=LAGS)
    def server_will(self, fate, lag):
        self.world.server.fates.append(fate)
        self.world.server.lag = lag

    @rule(problem=st.sampled_from(READ_PROBLEMS), count=st.integers(1, 3))
    def server_fails(self, problem, count):
        self.world.server.failing_reads.extend([problem] * count)

    @rule()
    def server_goes_away_or_comes_back(self):
        self.world.server.is_away = not self.world.server.is_away

    @precondition(lambda self: self.world.server.has_active)
    @rule(number=NUMBERS, end=st.sampled_from([*ENDS]))
    @inside
    async def run_ends(self, number, end):
        self.world.server.end(one_of(self.world.server.runs, number), *end)

    @rule(fate=st.sampled_from(Written))
    def cluster_will(self, fate):
        self.world.cluster.fates.append(fate)

    @precondition(works)
    @rule(flows=st.booleans())
    @inside
    async def all_is_looked_at(self, flows):
        self.world.leader.watch(flows=flows)
        self.world.leader.wake_all()

    @precondition(works)
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
        for one in world.server.runs:
            assert not one.survives or one.owner not in world.unwanted
            world.server.end(one, "COMPLETE", "PASS")
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
        previous = [one.get("executionId") for one in status.get("previousAttempts", ())]
        earlier = [one.id for one in runs if one.id in previous]
        assert earlier == [one for one in previous if one is not None]
        assert all(one.word in RETRIED for one in runs if one.id in earlier)
        if "execution" not in status:
            without = {"Error": world.server.refused, "Stopped": world.cancelled}
            assert len(runs) == len(earlier)
            assert uid in without.get(status["phase"], ())
            return
        (its,) = [one for one in runs if one.id not in earlier]
        assert status["execution"]["id"] == its.id
        assert status["phase"] == ENDS[its.word, its.verdict]

    def _wrongs(self):
        world = self.world
        for uid in world.names:
            yield from self._wrong_with_runs(uid, world.server.runs_of(uid))
        if world.told.is_restless:
            yield "a process works without end"
        for uid in world.server.fenced_out:
            yield f"a start for {uid} was sent without a lease"
        for one in world.server.runs:
            if one.stop_requests and one.owner not in world.unwanted:
                yield f"{one.id} was stopped unasked"
        for raw in world.cluster.objects.values():
            yield from self._wrong_with(raw)
        for uid, reason, text in world.told.warnings:
            if reason in {"RunLeftBehind", "SecondRunStopped"}:
                yield f"{uid}: {reason}: {text}"
        yield from (one for one in self._logs if one["event"].startswith("bug"))

    def _wrong_with_runs(self, uid, runs):
        """Of each attempt there is one run, begun when the one before had ended for a reason."""
        if len({one.tags for one in runs}) < len(runs):
            yield f"{uid} has two runs of one attempt among {len(runs)}"
        if len(runs) > 1 + self.world.retries[uid]:
            yield f"{uid} has {len(runs)} runs"
        for before, after in itertools.pairwise(runs):
            if before.word not in RETRIED or after.started < before.ended:
                yield f"{after.id} was started though {before.id} is {before.word}"

    def _wrong_with(self, raw):
        status = raw.get("status", {})
        for condition in status.get("conditions", ()):
            if condition["reason"] in {"SubmitAmbiguous", "TokenNotUnique"}:
                yield f"{raw['metadata']['uid']}: {condition['reason']}"
        recorded = status.get("execution", {}).get("id")
        if recorded and self.world.server.run(recorded).owner != raw["metadata"]["uid"]:
            yield f"{raw['metadata']['uid']} has recorded {recorded}, another one's"


TestExactlyOnce = ExactlyOnce.TestCase
TestExactlyOnce.settings = CHOSEN
TestExactlyOnce.pytestmark = pytest.mark.timeout(3600 if THOROUGH else 600)


@settings(CHOSEN, max_examples=CHOSEN.max_examples // 10)
@given(late=st.integers(0, 3400), lag=LAGS)
def test_a_run_that_a_frozen_process_starts_late_is_found_and_stopped(late, lag):
    """What the fence cannot prevent: a halt between its check and the socket, for up to an hour."""

    async def follow():
        world = World()
        world.server.lag = lag
        await world.take_over()
        world.leader.trap = Point.AFTER_FENCE
        world.create()
        await moment()
        await world.take_over()
        await asyncio.sleep(late)
        await world.thaw()
        await asyncio.sleep(2 * SETTLING_SECONDS)
        (survivor,) = [run for run in world.server.runs if run.survives]
        world.server.end(survivor, "COMPLETE", "PASS")
        await asyncio.sleep(SETTLING_SECONDS)
        status = world.cluster.objects[run_key("u1")]["status"]
        assert (status["execution"]["id"], status["phase"]) == (survivor.id, "Succeeded")
        was_told = "SecondRunStopped" in {reason for _, reason, _ in world.told.warnings}
        assert was_told == (len(world.server.runs) > 1)
        await world.crash()

    with capture_logs():
        run(follow())
