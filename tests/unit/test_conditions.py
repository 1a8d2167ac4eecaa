"""What is stored as conditions, from what a kind says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from execution_operator.api.model import Condition
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.reconcile.status import MESSAGE_LIMIT, Said, conditions, one_line

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
WAITS = Said(ConditionType.READY, "Unknown", Reason.PENDING, "waits")
READY = Said(ConditionType.READY, "True", Reason.READY, "usable")
FOREIGN = Condition(
    type="example.com/Audited",
    status="False",
    reason="NotYet",
    last_transition_time=NOON - timedelta(days=1),
)


def stored(*said, before=(), generation=1, now=NOON):
    return conditions(tuple(before), said, generation=generation, now=now)


def types(found):
    return [one.type for one in found]


def test_a_condition_is_stored_whole():
    assert stored(READY, generation=3) == (
        Condition(
            type="Ready",
            status="True",
            reason="Ready",
            message="usable",
            observed_generation=3,
            last_transition_time=NOON.replace(microsecond=0),
        ),
    )


def test_saying_the_same_again_changes_nothing():
    synced = Said(ConditionType.SYNCED, "True", Reason.SYNCED)
    before = stored(READY, synced, before=(FOREIGN,))
    assert stored(READY, synced, before=before, now=LATER) == before


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(Said(WAITS.type, WAITS.status, Reason.RUNNING, "waits"), id="reason"),
        pytest.param(Said(WAITS.type, WAITS.status, WAITS.reason, "other"), id="message"),
    ],
)
def test_the_time_stays_while_the_status_does(said):
    (found,) = stored(said, before=stored(WAITS), generation=2, now=LATER)
    assert found.last_transition_time == NOON.replace(microsecond=0)
    assert (found.reason, found.message, found.observed_generation) == (
        said.reason,
        said.message,
        2,
    )


def test_the_time_moves_when_the_status_flips():
    (found,) = stored(READY, before=stored(WAITS), now=LATER)
    assert found.last_transition_time == LATER.replace(microsecond=0)


def test_a_condition_that_was_away_has_the_time_of_its_return():
    stalled = Said(ConditionType.STALLED, "True", Reason.FORBIDDEN, "no")
    away = stored(WAITS, before=stored(WAITS, stalled))
    back = stored(WAITS, stalled, before=away, now=LATER)
    assert back[1].last_transition_time == LATER.replace(microsecond=0)


def test_the_condition_of_another_writer_stays_as_it_is():
    assert stored(READY, before=(FOREIGN,), generation=9, now=LATER)[1:] == (FOREIGN,)


def test_a_condition_of_ours_that_is_not_said_any_more_goes():
    synced = Said(ConditionType.SYNCED, "False", Reason.SERVER_UNREACHABLE, "away")
    assert types(stored(READY, before=stored(READY, synced))) == ["Ready"]


@pytest.mark.parametrize("status", ["False", "Unknown"])
@pytest.mark.parametrize("kind", [ConditionType.RECONCILING, ConditionType.STALLED])
def test_reconciling_and_stalled_are_absent_unless_true(kind, status):
    before = stored(Said(kind, "True", Reason.PENDING))
    assert stored(Said(kind, status, Reason.PENDING), before=before) == ()


@pytest.mark.parametrize(
    "kind", [kind for kind in ConditionType if kind not in {"Reconciling", "Stalled"}]
)
def test_every_other_condition_is_there_also_when_false(kind):
    assert types(stored(Said(kind, "False", Reason.PENDING))) == [kind]


def test_a_long_message_is_cut_to_what_the_schema_takes():
    (found,) = stored(Said(ConditionType.READY, "False", Reason.REJECTED, "x" * 5000))
    assert len(found.message) == MESSAGE_LIMIT
    assert found.message.endswith("x…")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("a\nb\r\n\tc", "a b c", id="lines"),
        pytest.param("a\x00\x1b[31mb\x7f", "a [31mb", id="control characters"),
        pytest.param("  a   b  ", "a b", id="blanks"),
        pytest.param("a\u202eb\u2028c", "a b c", id="direction and line separators"),
        pytest.param("ü…漢", "ü…漢", id="letters of the world"),
        pytest.param("", "", id="nothing"),
        pytest.param("1234567890", "1234567890", id="exactly as long as allowed"),
        pytest.param("1234567890a", "123456789…", id="one too long"),
    ],
)
def test_a_message_is_one_printable_line(text, expected):
    assert one_line(text, limit=10) == expected
