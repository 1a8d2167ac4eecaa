"""What is known after a create, and when the next one is tried."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.actions import Check, Confirm, Create, LookUp, WriteIntent
from execution_operator.kinds.machines.creates import Creates
from execution_operator.kinds.machines.exchange import Exchanger
from execution_operator.kinds.machines.memories import Memories
from execution_operator.kinds.machines.seen import Association, Certainty, Link, Memory, Refusal
from execution_operator.kinds.machines.streak import Streak
from execution_operator.kinds.machines.tell import Teller
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.reconcile.ports import FenceClosed
from execution_operator.remote.errors import Ambiguous, NotFound, Rejected, Unreachable
from execution_operator.remote.testhub.levels import SpaceLevel
from support.agents import RECORDED, USER, agent, decide, found, held_agent, listed, seen, summarize
from support.agents_server import AgentsServer
from support.machine_ports import machine_lists, machine_ports
from support.runs import PERIODS, URL, at

WANTED = held_agent()
SPACE = SpaceLevel("7")
NO_SPACES = NotFound("cannot list team spaces: no such path")


@dataclass
class Bench:
    """An exchanger, what it remembers, and the server that it talks to."""

    agents: AgentsServer = field(default_factory=AgentsServer)
    memories: Memories = field(default_factory=Memories)
    seconds: float = 100.0
    url: str = URL
    has_space: bool = False
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing has happened yet."""
        lists = machine_lists(lambda: self.seconds)
        hub = SimpleNamespace(agents=self.agents, list_spaces=self._list_spaces)
        connection = SimpleNamespace(hub=hub, lists=lists, url=self.url)
        self.space = lists.of_level(self.agents, SPACE)
        ports = machine_ports(lambda: self.seconds, self.told)
        self.exchanger = Exchanger(
            ports=ports,
            connections=SimpleNamespace(get=lambda _key: connection),  # type: ignore[arg-type]
            memories=self.memories,
            periods=PERIODS,
            traits=AgentTraits(),
            teller=Teller(ports=ports, thing="agent"),
        )

    async def _list_spaces(self) -> Any:
        if self.has_space:
            return (SPACE,)
        raise NO_SPACES

    async def does(self, *actions: Any) -> Any:
        """Do these in a row; what is remembered then."""
        for action in actions:
            known = seen(WANTED, self.memories.of(WANTED))
            await self.exchanger.exchange(action, WANTED, known)
        return self.memories.of(WANTED)


@pytest.mark.parametrize(
    ("fate", "certainty"),
    [
        pytest.param(None, Certainty.UNSENT, id="created"),
        pytest.param(Rejected("no"), Certainty.UNSENT, id="refused"),
        pytest.param(Unreachable("no connection"), Certainty.UNSENT, id="never sent"),
        pytest.param(Ambiguous("no answer"), Certainty.DOUBTFUL, id="answer lost"),
    ],
)
async def test_a_create_leaves_a_doubt_only_where_there_is_one(fate, certainty):
    memory = await Bench(AgentsServer(fate)).does(Create(USER))
    assert memory.certainty is certainty
    assert (memory.machine is not None) is (fate is None)


@pytest.mark.parametrize(
    ("fate", "certainty"),
    [
        pytest.param(FenceClosed(), Certainty.UNSENT, id="not sent after the lease"),
        pytest.param(RuntimeError("a bug"), Certainty.DOUBTFUL, id="a bug: nobody knows"),
    ],
)
async def test_what_ends_a_look_in_the_middle_of_a_create_is_judged_too(fate, certainty):
    bench = Bench(AgentsServer(fate))
    with pytest.raises(type(fate)):
        await bench.does(Create(USER))
    assert bench.memories.of(WANTED).certainty is certainty


async def test_creates_that_come_to_nothing_are_tried_ever_more_rarely():
    bench = Bench(AgentsServer(Unreachable("no connection")))
    waits = []
    for _ in range(5):
        memory = await bench.does(LookUp(USER, bench.seconds), Check(), Create(USER))
        waits.append(memory.retry_at - bench.seconds)
        bench.seconds = memory.retry_at
    assert all(later > 1.5 * one for one, later in pairwise(waits))


async def test_the_first_failure_after_a_create_went_well_is_a_first_one_again():
    bench = Bench(AgentsServer(Unreachable("no connection")))
    await bench.does(*[Create(USER)] * 5)
    bench.agents.refusal = None
    memory = await bench.does(Create(USER))
    assert (memory.failures, memory.vain) == (0, 0)


async def test_a_server_without_team_spaces_has_none_that_own_what_is_found():
    bench = Bench(AgentsServer(there=[found()]))
    memory = await bench.does(LookUp(USER, bench.seconds))
    assert (memory.problem, memory.found.machines) == (None, (found(),))


async def test_what_came_to_a_space_just_now_is_not_taken_for_the_users():
    bench = Bench(has_space=True)
    await bench.space.newer_than(bench.seconds)
    bench.seconds += 1.0
    bench.agents.in_space = [found()]
    memory = await bench.does(LookUp(USER, bench.seconds - 1.0))
    assert memory.found.machines == ()


async def test_of_a_machine_that_is_gone_nothing_is_held_against_the_next_one():
    bench, forbidden = Bench(), Problem(reason=Reason.FORBIDDEN, message="no")
    bench.memories.keep(
        WANTED,
        machine=found(),
        sent="f1",
        link=Link(90.0, None),
        repairs=Streak(4, 90.0),
        associations={"7": Association(there=True, since=90.0)},
        reassociations={"7": Streak(4, 90.0)},
        refusals={"8": Refusal(forbidden, 150.0)},
    )
    memory = await bench.does(Confirm(USER, "101"))
    assert memory == Memory(certainty=Certainty.UNSENT, gone="101")


async def test_an_id_that_comes_back_is_gone_no_more():
    bench = Bench()
    bench.memories.keep(WANTED, gone="101")
    assert (await bench.does(Create(USER))).gone is None


async def test_nothing_is_asked_of_another_server_than_the_one_that_was_seen():
    bench = Bench(AgentsServer(RuntimeError("asked")), url="https://other")
    memory = await bench.does(Create(USER))
    assert (memory.certainty, memory.failures) == (None, 1)


async def test_that_it_is_gone_ends_no_row_of_creates_and_counts_as_gone():
    bench = Bench()
    bench.memories.keep(WANTED, creates=Creates(attempts=Streak(4, 90.0)))
    ours = held_agent(status=RECORDED)
    await bench.exchanger.exchange(Confirm(USER, "101"), ours, seen(ours))
    creates = bench.memories.of(ours).creates
    assert (creates.attempts, creates.gone) == (Streak(4, 90.0), Streak(1, 100.0))


async def test_that_what_was_adopted_is_gone_is_no_loss_of_ours():
    bench, theirs = Bench(), held_agent(status=RECORDED | {"origin": "Adopted"})
    await bench.exchanger.exchange(Confirm(USER, "101"), theirs, seen(theirs))
    assert bench.memories.of(theirs).creates.gone.count == 0


GONE_OFTEN = Creates(attempts=Streak(5, 90.0), gone=Streak(3, 90.0))


@pytest.mark.parametrize(
    ("creates", "action", "look_again"),
    [
        pytest.param(Creates(attempts=Streak(1, 90.0)), True, None, id="the second one"),
        pytest.param(GONE_OFTEN, False, 60.0, id="one of many: waits, and looks up each minute"),
        pytest.param(Creates(attempts=Streak(3, 90.0)), False, 10.0, id="waits for less"),
    ],
)
def test_creates_of_what_is_gone_each_time_come_ever_more_rarely(creates, action, look_again):
    wanted, memory = agent(), Memory(found=listed(100.0), creates=creates)
    plan = decide(wanted, seen(wanted, memory), at(100.0))
    assert (isinstance(plan.action, WriteIntent), plan.look_again) == (action, look_again)


def said(wanted, memory, seconds=100.0, **known):
    """Ready, Stalled and Synced as they are told then."""
    status = summarize(wanted, seen(wanted, memory, **known), at(seconds))
    shown = {one.type: f"{one.status} {one.reason}" for one in status.conditions}
    return tuple(shown.get(one) for one in ("Ready", "Stalled", "Synced"))


def test_what_is_removed_again_and_again_is_a_conflict_until_there_is_peace():
    memory, wanted = Memory(creates=GONE_OFTEN), held_agent(status=RECORDED)
    conflict = "False Conflict"
    assert said(agent(), memory) == (conflict, "True Conflict", conflict)
    assert said(wanted, memory, machine=found()) == ("True Ready", None, conflict)
    assert said(wanted, memory, 1290.0, machine=found()) == ("True Ready", None, "True Synced")


def test_the_end_of_a_fight_is_looked_for():
    wanted = held_agent(status=RECORDED)
    memory = Memory(creates=replace(GONE_OFTEN, attempts=Streak()))
    plan = decide(wanted, seen(wanted, memory, machine=found()), at(100.0))
    assert plan.look_again == 1190.0


async def test_what_was_found_after_a_doubt_ends_it():
    bench = Bench(AgentsServer(there=[found()]))
    await bench.does(LookUp(USER, bench.seconds))
    bench.agents.there = [found("102")]
    bench.seconds += 1.0
    memory = await bench.does(LookUp(USER, bench.seconds))
    assert (memory.certainty, memory.machine.id) == (Certainty.UNSENT, "101")
    assert bench.told == ["Created"]


def strangers(*numbers: int) -> tuple[Any, ...]:
    """Agents of other hosts."""
    return tuple(found(str(number), hostName=f"h{number}") for number in numbers)


async def test_one_that_a_shifted_list_lacks_is_found_by_the_next_one():
    agents = AgentsServer(there=[found()], shifted=[strangers(1, 2, 4)])
    memory = await Bench(agents).does(LookUp(USER, 100.0))
    assert memory.found.machines == (found(),)


async def test_one_that_two_quiet_lists_lack_is_not_there():
    agents = AgentsServer(there=[found()], shifted=[strangers(1, 2), strangers(1, 2, 3)])
    memory = await Bench(agents).does(LookUp(USER, 100.0))
    assert (memory.found.machines, memory.found.began) == ((), 100.0)


async def test_lists_that_never_rest_are_told_and_let_nothing_be_created():
    agents = AgentsServer(shifted=[strangers(number, number + 1) for number in range(9)])
    memory = await Bench(agents).does(LookUp(USER, 100.0))
    assert memory.found is None
    assert memory.problem.reason is Reason.PROTOCOL_ERROR
    assert memory.problem.message.startswith("cannot tell what the server does not list: ")
    assert not memory.problem.needs_person
    assert len(agents.shifted) == 3


async def test_what_a_shifted_list_of_a_space_lacks_is_not_taken_for_the_users():
    agents = AgentsServer(in_space=[found()], shifted=[strangers(1, 2)], shifts=SPACE)
    bench = Bench(agents, has_space=True)
    memory = await bench.does(LookUp(USER, 100.0))
    assert memory.found.machines == ()


async def test_what_a_shifted_list_lacks_was_there_before_a_create_all_the_same():
    stranger, others = found("7", hostName="h7"), strangers(1, 2)
    lists = [(stranger, *others), others]
    agents = AgentsServer(there=[stranger], answers=stranger, shifted=lists, shifts=SPACE)
    bench = Bench(agents)
    for moment in (100.0, 101.0):
        bench.seconds = moment
        await bench.space.newer_than(moment)
    await bench.does(Create(SPACE))
    assert agents.there == [stranger]


async def test_what_may_have_been_there_before_a_create_is_left_alone():
    agents = AgentsServer(called="elsewhere")
    memory = await Bench(agents).does(Create(USER))
    assert (len(agents.there), "delete" in agents.asked) == (1, False)
    assert "may have been there before" in memory.problem.message
