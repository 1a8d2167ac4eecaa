"""Whether what the server has is as wanted, and how often that is repaired."""

from __future__ import annotations

import pytest

from execution_operator.kinds.machines.drift import covers, drift
from execution_operator.kinds.machines.streak import Streak

LONGEST = 600.0


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        pytest.param("16", "16", True, id="equal"),
        pytest.param("16", "8", False, id="different"),
        pytest.param("16", None, False, id="absent"),
        pytest.param(5000, "5000", True, id="a number as text"),
        pytest.param(True, "TRUE", True, id="a flag as text"),
        pytest.param(True, False, False, id="another flag"),
        pytest.param({"key": "os"}, {"key": "os", "id": 7}, True, id="the server's own members"),
        pytest.param({"key": "os"}, {"key": "cpu"}, False, id="another object"),
        pytest.param([{"k": 1}, {"k": 2}], [{"k": 2}, {"k": 1}], True, id="another order"),
        pytest.param([{"k": 1}], [{"k": 1}, {"k": 2}], False, id="one too many"),
        pytest.param([{"k": 1}, {"k": 1}], [{"k": 1}, {"k": 2}], False, id="one for two"),
        pytest.param(
            [{"k": 1}, {"k": 1, "v": 2}], [{"k": 1, "v": 2}, {"k": 1}], True, id="fussy one first"
        ),
        pytest.param([], None, True, id="no list for an empty one"),
        pytest.param("", None, True, id="no text for an empty one"),
        pytest.param({"k": "", "v": []}, {"k": None}, True, id="empty members left out"),
        pytest.param([{"k": 1}], None, False, id="no list"),
        pytest.param(False, None, False, id="no flag"),
        pytest.param(0, None, False, id="no number"),
        pytest.param([], "", False, id="a text for a list"),
        pytest.param("x", {"k": 1}, False, id="an object for a text"),
    ],
)
def test_a_difference_is_what_is_wanted_and_not_there(wanted, found, same):
    assert covers(wanted, found) is same


def test_only_wanted_members_count():
    assert drift({"ram": "16", "type": "x"}, {"ram": "8", "type": "x", "version": "1"}) == ("ram",)


@pytest.mark.parametrize(
    ("wanted", "found", "differs"),
    [
        pytest.param({"hostName": "LoadGen"}, {"hostName": "loadgen"}, (), id="a name's case"),
        pytest.param({"ipAddress": "::1"}, {"ipAddress": "0:0:0:0:0:0:0:1"}, (), id="same address"),
        pytest.param({"ipAddress": "::1"}, {"ipAddress": "::2"}, ("ipAddress",), id="another one"),
        pytest.param({"ipAddress": "::1"}, {"ipAddress": None}, ("ipAddress",), id="none"),
        pytest.param({"ipAddress": "::1"}, {"ipAddress": "host"}, ("ipAddress",), id="no address"),
    ],
)
def test_names_are_compared_by_what_they_mean(wanted, found, differs):
    assert drift(wanted, found) == differs


def row(count, *, apart=1.0):
    repairs = Streak()
    for number in range(count):
        repairs = repairs.again(10_000.0 + number * apart, LONGEST)
    return repairs


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 0.0), (1, 5.0), (2, 10.0), (3, 20.0), (7, 320.0), (20, 600.0)]
)
def test_repairs_in_a_row_are_ever_further_apart(count, seconds):
    repairs = row(count)
    assert repairs.wait(repairs.last, LONGEST) == seconds


def test_a_row_begins_anew_after_a_time_of_peace():
    assert row(5).count == 5
    assert row(5).again(10_004.0 + 2 * LONGEST, LONGEST).count == 1


def test_a_fight_is_told_from_the_third_repair_until_it_is_over():
    assert [row(count).is_fight(10_003.0, LONGEST) for count in (1, 2, 3)] == [False, False, True]
    assert not row(3).is_fight(10_003.0 + 2 * LONGEST, LONGEST)
