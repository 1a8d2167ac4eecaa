"""The engine on a kind that does what a test says."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from execution_operator.api.test_execution import Phase, TestExecutionStatus
from execution_operator.reconcile.kind import Plan, Result, Step
from execution_operator.reconcile.ports import (
    FenceClosed,
    Key,
    ObjectConflict,
    ObjectsUnavailable,
)
from execution_operator.reconcile.worker import Outcome, Worker
from support.runs import at, run

KEY = Key("TestExecution", "shop", "smoke")
DONE = TestExecutionStatus(phase=Phase.SUCCEEDED)
WAIT = Plan(look_again=5.0)


class Clock:
    """A second passes whenever somebody looks at it."""

    def __init__(self):
        self._seconds = 0.0

    def now(self):
        self._seconds += 1.0
        return at(self._seconds)


class Meter:
    def __init__(self):
        self.seen = []

    def reconciled(self, kind, result, seconds):
        self.seen.append((kind, str(result), seconds > 0))


class Cluster:
    """Holds one object; a write gives it a new version, and a problem goes in its place."""

    def __init__(self, wanted=None, *, problem=None, gone_at_write=False):
        self.wanted = wanted
        self.written = []
        self._problem = problem
        self._gone_at_write = gone_at_write

    def get(self, _key):
        return self.wanted

    async def write_status(self, wanted, status):
        if self._problem is not None:
            raise self._problem
        self.written.append(status)
        if self._gone_at_write:
            return None
        self.wanted = wanted.model_copy(update={"status": status})
        return self.wanted


class Scripted:
    """Wants its plans one after the other, the last one for ever; says one status."""

    def __init__(self, *plans, status=None, act=None, observe=None):
        self._plans = list(plans) or [WAIT]
        self._status = status
        self._act = act
        self._observe = observe
        self.acted = []
        self.observed = 0
        self.decided_on = []
        self.told = []
        self.forgotten = []

    def digest(self, wanted):
        return wanted.metadata.uid

    def forget(self, known):
        self.forgotten.append(known)

    async def observe(self, _wanted):
        self.observed += 1
        if self._observe is not None:
            raise self._observe
        return "seen"

    def decide(self, wanted, seen, _now):
        self.decided_on.append((wanted, seen))
        return self._plans.pop(0) if len(self._plans) > 1 else self._plans[0]

    async def act(self, action, wanted, _seen):
        self.acted.append(action)
        if isinstance(self._act, BaseException):
            raise self._act
        if self._act is not None:
            return self._act(wanted)
        return Step(wanted, f"seen after {action}")

    def summarize(self, wanted, _seen, _now):
        return self._status or wanted.status

    def written(self, before, after):
        self.told.append((before.status.phase, after.status.phase))


class Restless(Scripted):
    """Says something else each time it is asked."""

    def summarize(self, wanted, _seen, _now):
        phases = list(Phase)
        index = phases.index(wanted.status.phase) + 1 if wanted.status.phase else 0
        return TestExecutionStatus(phase=phases[index % len(phases)])


async def look(kind, cluster, meter=None):
    worker = Worker({"TestExecution": kind}, objects=cluster, clock=Clock(), meter=meter or Meter())
    return await worker.look(KEY)


async def test_an_object_that_is_gone_needs_nothing():
    kind = Scripted()
    assert await look(kind, Cluster()) == Outcome(Result.DONE)
    assert kind.observed == 0


async def test_actions_are_done_until_there_is_none():
    kind = Scripted(Plan(action="one"), Plan(action="two"), WAIT)
    await look(kind, Cluster(run()))
    assert kind.acted == ["one", "two"]


async def test_each_decision_sees_what_the_last_action_brought():
    kind = Scripted(Plan(action="one"), Plan(action="two"), WAIT)
    await look(kind, Cluster(run()))
    assert [seen for _, seen in kind.decided_on] == ["seen", "seen after one", "seen after two"]


async def test_a_look_observes_once():
    kind = Scripted(Plan(action="one"), WAIT, status=DONE)
    await look(kind, Cluster(run()))
    assert kind.observed == 1


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(WAIT, id="later"),
        pytest.param(Plan(), id="never"),
        pytest.param(Plan(look_again=60.0, result=Result.TERMINAL), id="a person has to act"),
        pytest.param(Plan(look_again=1.0, result=Result.TRANSIENT), id="failed"),
    ],
)
async def test_the_outcome_is_what_the_last_plan_says(plan):
    assert await look(Scripted(plan), Cluster(run())) == Outcome(plan.result, plan.look_again)


async def test_a_status_that_says_something_new_is_written_once():
    cluster = Cluster(run())
    assert await look(Scripted(status=DONE), cluster) == Outcome(Result.DONE, 5.0)
    assert cluster.written == [DONE]


async def test_a_status_that_says_nothing_new_is_not_written():
    cluster = Cluster(run(status={"phase": "Succeeded"}))
    await look(Scripted(status=DONE), cluster)
    assert cluster.written == []


async def test_a_kind_hears_of_each_status_that_was_written():
    kind = Scripted(status=DONE)
    await look(kind, Cluster(run()))
    assert kind.told == [(None, Phase.SUCCEEDED)]


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param(Cluster(run(status={"phase": "Succeeded"})), id="nothing new"),
        pytest.param(Cluster(run(), gone_at_write=True), id="gone"),
        pytest.param(Cluster(run(), problem=ObjectConflict("changed")), id="conflict"),
    ],
)
async def test_a_kind_hears_nothing_of_a_status_that_was_not_written(cluster):
    kind = Scripted(status=DONE)
    await look(kind, cluster)
    assert kind.told == []


async def test_status_is_not_written_between_actions():
    cluster = Cluster(run())
    kind = Scripted(Plan(action="one"), Plan(action="two"), WAIT, status=DONE)
    await look(kind, cluster)
    assert len(cluster.written) == 1


async def test_what_a_write_made_of_the_object_is_decided_on():
    kind = Scripted(status=DONE)
    await look(kind, Cluster(run()))
    assert [wanted.status.phase for wanted, _ in kind.decided_on] == [None, Phase.SUCCEEDED]


async def test_an_object_that_goes_at_an_action_needs_nothing_more():
    kind = Scripted(Plan(action="one"), act=lambda _wanted: Step(None, "seen"), status=DONE)
    cluster = Cluster(run())
    assert await look(kind, cluster) == Outcome(Result.DONE)
    assert (kind.acted, cluster.written) == (["one"], [])


async def test_an_object_that_goes_at_the_write_needs_nothing_more():
    cluster = Cluster(run(), gone_at_write=True)
    assert await look(Scripted(status=DONE), cluster) == Outcome(Result.DONE)
    assert len(cluster.written) == 1


PROBLEMS = [
    pytest.param(ObjectConflict("changed"), Outcome(Result.CONFLICT), id="conflict"),
    pytest.param(ObjectsUnavailable("away"), Outcome(Result.TRANSIENT), id="unavailable"),
    pytest.param(FenceClosed("over"), Outcome(Result.REQUEUED, 1.0), id="lease over"),
    pytest.param(ZeroDivisionError("oops"), Outcome(Result.BUG), id="bug"),
]


@pytest.mark.parametrize(("problem", "expected"), PROBLEMS)
async def test_a_problem_at_an_action_ends_the_look(problem, expected):
    kind = Scripted(Plan(action="one"), act=problem, status=DONE)
    cluster = Cluster(run())
    with capture_logs():
        assert await look(kind, cluster) == expected
    assert (kind.acted, cluster.written) == (["one"], [])


@pytest.mark.parametrize(("problem", "expected"), PROBLEMS)
async def test_a_problem_at_observing_ends_the_look(problem, expected):
    kind = Scripted(Plan(action="one"), observe=problem)
    with capture_logs():
        assert await look(kind, Cluster(run())) == expected
    assert kind.acted == []


@pytest.mark.parametrize(("problem", "expected"), PROBLEMS)
async def test_a_problem_at_the_write_ends_the_look(problem, expected):
    with capture_logs():
        outcome = await look(Scripted(status=DONE), Cluster(run(), problem=problem))
    assert outcome == expected


async def test_a_bug_is_told_with_its_traceback_and_the_object():
    with capture_logs() as logs:
        await look(Scripted(observe=ZeroDivisionError("oops")), Cluster(run()))
    (line,) = logs
    assert (line["log_level"], line["exc_info"]) == ("error", True)


async def test_an_ordinary_conflict_is_not_told():
    with capture_logs() as logs:
        await look(Scripted(status=DONE), Cluster(run(), problem=ObjectConflict("changed")))
    assert logs == []


async def test_cancellation_passes_through():
    with pytest.raises(asyncio.CancelledError):
        await look(Scripted(observe=asyncio.CancelledError()), Cluster(run()))


async def test_an_endless_list_of_actions_ends():
    kind = Scripted(Plan(action="again"))
    with capture_logs():
        outcome = await look(kind, Cluster(run()))
    assert outcome == Outcome(Result.REQUEUED, restless=True)
    assert 5 < len(kind.acted) < 50


async def test_an_endless_change_of_mind_ends():
    cluster = Cluster(run())
    with capture_logs():
        outcome = await look(Restless(), cluster)
    assert outcome == Outcome(Result.REQUEUED, restless=True)
    assert 5 < len(cluster.written) < 50


async def test_an_object_that_finds_no_rest_is_told_once_until_it_does():
    kind = Scripted(*[Plan(action="again")] * 30, WAIT, Plan(action="again"))
    worker = Worker({"TestExecution": kind}, objects=Cluster(run()), clock=Clock(), meter=Meter())
    told = []
    for _ in range(5):
        with capture_logs() as logs:
            await worker.look(KEY)
        told.append([line["log_level"] for line in logs])
    assert told == [["error"], [], [], ["error"], []]


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [
        pytest.param(Outcome(Result.DONE), False, id="done"),
        pytest.param(Outcome(Result.REQUEUED, 5.0), False, id="waits"),
        pytest.param(Outcome(Result.TERMINAL), False, id="a person has to act"),
        pytest.param(Outcome(Result.REQUEUED, restless=True), True, id="found no rest"),
        pytest.param(Outcome(Result.TRANSIENT), True, id="cannot write"),
        pytest.param(Outcome(Result.CONFLICT), True, id="conflict"),
        pytest.param(Outcome(Result.BUG), True, id="bug"),
    ],
)
def test_what_went_wrong_waits_longer_with_each_repetition(outcome, failed):
    assert outcome.failed is failed


@pytest.mark.parametrize(
    ("cluster", "result"),
    [
        pytest.param(Cluster(), "done", id="gone"),
        pytest.param(Cluster(run()), "done", id="nothing to do"),
        pytest.param(Cluster(run(), problem=ObjectConflict("changed")), "conflict", id="conflict"),
    ],
)
async def test_each_look_is_measured_once(cluster, result):
    meter = Meter()
    await look(Scripted(status=DONE), cluster, meter)
    assert meter.seen == [("TestExecution", result, True)]


@pytest.mark.parametrize(
    "now_there",
    [
        pytest.param(lambda _wanted: None, id="none"),
        pytest.param(
            lambda wanted: wanted.model_copy(
                update={"metadata": wanted.metadata.model_copy(update={"uid": "younger"})}
            ),
            id="a younger one of the same name",
        ),
    ],
)
@pytest.mark.parametrize("problem", [None, ZeroDivisionError("oops")], ids=["a step", "a bug"])
async def test_what_a_look_learned_of_an_object_that_went_meanwhile_is_forgotten(
    now_there, problem
):
    old = run()
    cluster = Cluster(old)

    def act(wanted):
        cluster.wanted = now_there(wanted)
        if problem is not None:
            raise problem
        return Step(wanted, "seen")

    kind = Scripted(Plan(action="one"), WAIT, act=act)
    with capture_logs():
        await look(kind, cluster)
    assert kind.forgotten == [old.metadata.uid]


async def test_an_object_that_is_still_there_is_not_forgotten():
    kind = Scripted(Plan(action="one"), WAIT, status=DONE)
    await look(kind, Cluster(run()))
    assert kind.forgotten == []
