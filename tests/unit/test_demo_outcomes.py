"""Whether an example ended as it said, and when there is nothing more to wait for."""

from __future__ import annotations

import pytest

from demonstration.examples import parse_ending
from demonstration.outcomes import SETTLED_SECONDS, Outcome, Patience, compare, difference, due
from demonstration.tables import Seen

SAID = "TestExecution/smoke phase=Succeeded verdict=PASS reason=TestsPassed"
PASSED = {"phase": "Succeeded", "verdict": "PASS", "reason": "TestsPassed", "ready": "True"}
FAILED = {"phase": "Failed", "verdict": "FAIL", "reason": "TestsFailed", "ready": "False"}
WAITING = {"phase": "Pending", "reason": "ServerNotReady", "ready": "Unknown"}


def seen(
    phase: str = "", verdict: str = "", *, ready: str, reason: str, completed: str = "False"
) -> Seen:
    conditions = [
        {"type": "Ready", "status": ready, "reason": reason, "message": "because"},
        {"type": "Completed", "status": completed},
    ]
    status = {"phase": phase, "verdict": verdict, "conditions": conditions}
    return Seen.model_validate({"metadata": {"name": "smoke"}, "status": status})


def outcome(said: str, found: Seen | None) -> Outcome:
    return Outcome(parse_ending(said), found)


@pytest.mark.parametrize(
    ("key", "value"),
    [("phase", "Failed"), ("verdict", "FAIL"), ("ready", "False"), ("reason", "TestsFailed")],
)
def test_each_key_reads_its_part_of_the_object(key: str, value: str) -> None:
    assert outcome(f"TestExecution/smoke {key}={value}", seen(**FAILED)).is_as_said


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(None, "TestExecution/smoke is not there", id="absent"),
        pytest.param(
            seen(**FAILED),
            "TestExecution/smoke has phase=Failed instead of Succeeded, "
            "verdict=FAIL instead of PASS, reason=TestsFailed instead of TestsPassed",
            id="all differs",
        ),
        pytest.param(
            seen(**PASSED | {"verdict": ""}),
            "TestExecution/smoke has verdict=nothing instead of PASS",
            id="one is empty",
        ),
    ],
)
def test_a_difference_is_told_in_one_line(found: Seen | None, told: str) -> None:
    assert not outcome(SAID, found).is_as_said
    assert difference(outcome(SAID, found)) == told


def test_an_object_without_status_shows_nothing() -> None:
    found = Seen.model_validate({"metadata": {"name": "smoke"}})
    assert outcome(SAID, found).got == ("", "", "")


def test_what_was_seen_is_found_by_kind_and_name() -> None:
    ends = [parse_ending(SAID), parse_ending("ExecutionServer/smoke ready=True")]
    run = seen(**PASSED)
    assert [one.seen for one in compare(ends, {ends[0].about: run})] == [run, None]


def over(said: str, *looks: tuple[float, Seen | None]) -> list[bool]:
    """Whether the waiting is over after each look at a moment."""
    patience = Patience()
    return [patience.is_over([outcome(said, found)], moment) for moment, found in looks]


@pytest.mark.parametrize("state", [PASSED, FAILED], ids=["as said", "otherwise"])
def test_an_end_for_good_is_not_waited_on(state: dict[str, str]) -> None:
    assert over(SAID, (0, seen(**state, completed="True"))) == [True]


def test_a_state_that_may_be_left_again_must_last() -> None:
    waits = seen(**WAITING)
    looks = ((0, waits), (SETTLED_SECONDS - 0.1, waits), (SETTLED_SECONDS, waits))
    assert over("TestExecution/smoke phase=Pending", *looks) == [False, False, True]


def test_a_state_that_was_left_must_last_anew() -> None:
    looks = ((0, seen(**WAITING)), (4, seen(**FAILED)), (5, seen(**WAITING)))
    assert not any(over("TestExecution/smoke phase=Pending", *looks))


def test_a_state_that_is_not_as_said_is_waited_on() -> None:
    assert over(SAID, (0, seen(**WAITING)), (1000, seen(**WAITING))) == [False, False]


def test_an_object_that_is_not_there_is_waited_for() -> None:
    assert over(SAID, (0, None), (1000, None)) == [False, False]


def test_it_is_over_when_all_have_ended() -> None:
    patience = Patience()
    done = outcome(SAID, seen(**PASSED, completed="True"))
    waits = outcome("TestExecution/refused phase=Pending", seen(**WAITING))
    assert not patience.is_over([done, waits], 0)
    assert patience.is_over([done, waits], SETTLED_SECONDS)


def test_what_is_seen_as_it_says_is_due_once() -> None:
    waiting = [parse_ending("TestExecution/smoke phase=Succeeded")]
    about = waiting[0].about
    assert due(waiting, {}) == ()
    assert due(waiting, {about: seen(**PASSED)}) == (about,)
    assert due(waiting, {about: seen(**PASSED)}) == ()
