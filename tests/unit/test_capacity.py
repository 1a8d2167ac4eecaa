"""Whose turn it is: never one more than there are places, the oldest first, projects in turn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.kinds.execution_server.seen import use_of
from execution_operator.kinds.test_execution.capacity import Capacity
from execution_operator.kinds.test_execution.digest import digest_of
from execution_operator.kinds.test_execution.lines import Lines, Turn
from support.runs import START, intent, run, started_status


def waiting(number, *, project="1050", **more):
    """The run that was created so many seconds after the beginning."""
    created = (START + timedelta(seconds=number)).isoformat()
    meta = {"name": f"r{number:03}", "uid": f"u{number}", "creationTimestamp": created}
    return digest_of(run(metadata=meta, spec={"project": {"id": project}}, **more))


def active(known):
    return replace(known, has_place=True)


@dataclass
class Hub:
    """A server of so many places, asked once a minute, and whom it woke."""

    limit: int | None
    woken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    step: float = 60.0

    def __post_init__(self):
        self.capacity = Capacity(lambda key: self.woken.append(key.name), period_seconds=60.0)

    def ask(self, known):
        """Where it waits; None: it may start."""
        self.seconds += self.step
        place = self.capacity.ask(known, limit=self.limit, now=self.seconds)
        return place and place.number

    def heard(self, *many):
        for one in many:
            self.capacity.heard(one)


def hub(limit, *known):
    made = Hub(limit)
    made.heard(*known)
    return made


A, B, C, D = (waiting(number) for number in range(4))


def test_without_a_bound_everybody_starts():
    one = hub(None, A, B)
    assert (one.ask(B), one.ask(A)) == (None, None)


def test_the_oldest_starts_whoever_asks_first():
    one = hub(1, A, B, C)
    assert (one.ask(C), one.ask(B), one.ask(A)) == (2, 1, None)


def test_as_many_start_as_there_are_places():
    one = hub(2, A, B, C)
    assert [one.ask(known) for known in (A, B, C)] == [None, None, 1]
    assert [one.ask(known) for known in (A, B)] == [None, None]


def test_an_intent_that_is_recorded_takes_the_place_that_was_given():
    one = hub(1, A, B)
    assert one.ask(A) is None
    one.heard(active(A))
    assert one.ask(B) == 1


def test_a_place_that_gets_free_wakes_who_is_next():
    one = hub(1, active(A), B, C)
    assert (one.ask(B), one.ask(C)) == (1, 2)
    one.heard(over(A))
    assert one.woken == ["r001"]
    assert (one.ask(C), one.ask(B)) == (1, None)


def over(known):
    """The run, ended."""
    number = int(known.uid[1:])
    return waiting(number, status={"phase": "Succeeded"})


@pytest.mark.parametrize(
    "free",
    [
        pytest.param(lambda one: one.capacity.forget(A.uid), id="the object is gone"),
        pytest.param(lambda one: one.heard(over(A)), id="its end is recorded"),
    ],
)
def test_an_end_frees_the_place(free):
    one = hub(1, active(A), B)
    assert one.ask(B) == 1
    free(one)
    assert one.woken == ["r001"]
    assert one.ask(B) is None


def test_who_cannot_start_is_passed_and_comes_back_in_its_old_place():
    one = hub(1, active(A), B, C, D)
    assert (one.ask(B), one.ask(C), one.ask(D)) == (1, 2, 3)
    one.capacity.withdraw(B.uid)
    one.heard(over(A))
    assert one.woken == ["r002"]
    assert one.ask(C) is None
    assert (one.ask(B), one.ask(D)) == (1, 2)


def test_a_place_that_was_given_and_not_used_goes_to_the_next():
    one = hub(1, A, B)
    assert (one.ask(A), one.ask(B)) == (None, 1)
    one.capacity.withdraw(A.uid)
    assert one.woken == ["r001"]
    assert one.ask(B) is None


def test_more_active_ones_than_allowed_let_nobody_start():
    one = hub(1, active(A), active(B), C)
    assert one.ask(C) == 1
    one.heard(over(A))
    assert one.woken == []
    assert one.ask(C) == 1


def test_a_larger_bound_wakes_those_whose_turn_it_is():
    one = hub(1, active(A), B, C, D)
    assert (one.ask(B), one.ask(C), one.ask(D)) == (1, 2, 3)
    one.limit = 3
    assert one.ask(D) == 1
    assert one.woken == ["r001", "r002"]


def test_projects_have_their_turn_one_after_the_other():
    many = [waiting(number, project="1") for number in range(3)]
    few = [waiting(number, project="2") for number in range(10, 12)]
    one = hub(1, *many, *few)
    order, left = [], [*many, *few]
    while left:
        (chosen,) = [known for known in left if one.ask(known) is None]
        order.append(chosen.key.name)
        one.heard(active(chosen), over(chosen))
        left.remove(chosen)
    assert order == ["r000", "r010", "r001", "r011", "r002"]


def test_servers_have_places_of_their_own():
    other = waiting(7)
    elsewhere = replace(other, server="another")
    one = hub(1, active(A), elsewhere)
    assert one.ask(elsewhere) is None


@pytest.mark.parametrize(
    ("place", "shown"),
    [(1, 1), (9, 9), (10, 10), (11, 20), (95, 100), (100, 100), (101, 200), (1234, 1300)],
)
def test_a_place_is_told_rounded(place, shown):
    runs = [waiting(number) for number in range(place + 1)]
    one = hub(1, active(runs[0]), *runs[1:])
    assert one.ask(runs[-1]) == shown


def test_a_place_that_moves_is_told_once_a_minute():
    runs = [waiting(number) for number in range(6)]
    one, *ahead, last = runs
    server = hub(1, active(one), *runs[1:])
    server.step = 20.0
    shown = [server.ask(last)]
    for known in ahead:
        server.capacity.forget(known.uid)
        shown.append(server.ask(last))
    assert shown == [5, 5, 5, 2, 2]


INTENT = {"annotations": {INTENT_ANNOTATION: intent().dump()}}
COPY = {"annotations": {INTENT_ANNOTATION: intent(uid="another").dump()}}


@pytest.mark.parametrize(
    ("wanted", "has_place"),
    [
        pytest.param(run(), False, id="new"),
        pytest.param(run(metadata=INTENT), True, id="an intent"),
        pytest.param(run(metadata=COPY), False, id="a copy's intent"),
        pytest.param(run(metadata=INTENT, status={"phase": "Pending"}), True, id="in doubt"),
        pytest.param(run(status=started_status(phase="Scheduled")), True, id="scheduled"),
        pytest.param(run(status=started_status()), True, id="running"),
        pytest.param(run(status={"phase": "Submitting"}), True, id="its intent taken away"),
        pytest.param(run(metadata=INTENT, status=started_status(phase="Failed")), False, id="over"),
    ],
)
def test_who_has_a_place_by_what_is_recorded(wanted, has_place):
    known = digest_of(wanted)
    assert known.has_place == has_place
    use = use_of([known])
    assert (use.active, use.waiting) == (int(has_place), int(not has_place and not known.is_over))


LINES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), unique=True, max_size=20)


@given(LINES, st.integers(0, 20))
def test_a_rank_is_the_place_in_the_order_of_turns(members, served):
    lines = Lines()
    turns = {(line, Turn(f"{number:03}", "", line)) for line, number in members}
    for line, turn in sorted(turns):
        lines.add(line, turn)
    for _ in range(min(served, len(turns))):
        ((line, turn),) = [one for one in turns if lines.rank(*one) == 0]
        lines.serve(line, turn)
        turns.discard((line, turn))
    order = sorted(turns, key=lambda one: lines.rank(*one))
    assert [lines.rank(*one) for one in order] == [*range(len(turns))]
    assert list(lines.first(len(turns))) == [turn for _, turn in order]
    assert list(lines.first(3)) == [turn for _, turn in order][:3]
