"""What is decided of a lease, and when its fence is open; pure but for a clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from execution_operator.reconcile.ports import FenceClosed
from execution_operator.runtime.fence import LeaseFence, Terms
from execution_operator.runtime.lease import Record, may_take, observed
from execution_operator.settings import Settings
from support.leases import TERMS
from support.runs import at

EARLIER = Record("one", "12:00:00", 3, 15.0, "7", 100.0)


def record(**changes):
    known = {
        "holder": "one",
        "renewed": "12:00:00",
        "transitions": 3,
        "duration": 15.0,
        "version": "7",
        "changed_at": 200.0,
    }
    return Record(**(known | changes))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(record(), 100.0, id="nothing changed"),
        pytest.param(record(version="8"), 100.0, id="touched, not renewed"),
        pytest.param(record(renewed="12:00:02"), 200.0, id="renewed"),
        pytest.param(record(renewed="11:00:00"), 200.0, id="renewed by a clock that is behind"),
        pytest.param(record(holder="two"), 200.0, id="taken over"),
        pytest.param(record(holder=""), 200.0, id="given back"),
    ],
)
def test_a_lease_changed_when_we_saw_it_change(found, expected):
    assert observed(found, EARLIER).changed_at == expected


def test_a_lease_that_is_seen_first_changed_now():
    assert observed(record(), None) == record()


def test_what_was_read_is_kept_whole():
    assert observed(record(version="8", transitions=4), EARLIER) == record(
        version="8", transitions=4, changed_at=100.0
    )


@pytest.mark.parametrize(
    ("found", "now", "expected"),
    [
        pytest.param(record(holder=""), 200.0, True, id="nobody's"),
        pytest.param(record(holder="me"), 200.0, True, id="ours"),
        pytest.param(record(), 200.0, False, id="another's, just renewed"),
        pytest.param(record(), 214.9, False, id="another's, almost over"),
        pytest.param(record(), 215.0, True, id="another's, over"),
        pytest.param(record(duration=60.0), 215.0, False, id="its own duration counts"),
        pytest.param(record(renewed="1970-01-01"), 200.0, False, id="its wall clock does not"),
    ],
)
def test_a_lease_is_taken_only_when_it_is_free(found, now, expected):
    assert may_take(found, identity="me", now=now) is expected


class Clock:
    def __init__(self, seconds=0.0):
        self.seconds = seconds

    def now(self):
        return at(self.seconds)


def is_open(fence):
    try:
        fence.check()
    except FenceClosed:
        return False
    return True


def test_a_fence_is_closed_before_the_lease_is_held():
    fence = LeaseFence("me", TERMS, Clock(100.0))
    assert (fence.remaining(), is_open(fence)) == (0.0, False)


@pytest.mark.parametrize(
    ("now", "remaining", "opened"),
    [
        pytest.param(101.0, 14.0, True, id="fresh"),
        pytest.param(113.0, 2.0, True, id="just enough for a request"),
        pytest.param(113.5, 1.5, False, id="about to be over"),
        pytest.param(115.0, 0.0, False, id="over"),
        pytest.param(500.0, -385.0, False, id="long over: the process was frozen"),
    ],
)
def test_a_fence_counts_from_before_the_request_was_sent(now, remaining, opened):
    clock = Clock(101.0)
    fence = LeaseFence("me", TERMS, clock)
    fence.open(transitions=4, sent_at=100.0)
    clock.seconds = now
    assert (fence.remaining(), is_open(fence)) == (remaining, opened)


def test_a_renewal_lengthens_from_when_it_was_sent():
    clock = Clock(100.0)
    fence = LeaseFence("me", TERMS, clock)
    fence.open(transitions=4, sent_at=100.0)
    clock.seconds = 114.0
    fence.renewed(sent_at=110.0)
    assert fence.remaining() == 11.0


def test_a_closed_fence_stays_closed():
    fence = LeaseFence("me", TERMS, Clock(100.0))
    fence.open(transitions=4, sent_at=100.0)
    fence.close()
    assert not is_open(fence)


def test_a_term_has_a_number_and_a_beginning():
    fence = LeaseFence("me", TERMS, Clock(103.0))
    fence.open(transitions=4, sent_at=100.0)
    assert (fence.writer, fence.since) == ("me/4", 103.0)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(15.0, 2.0), (8.0, 2.0), (1.0, 0.25)],
    ids=["default", "short", "a test's"],
)
def test_a_fence_leaves_time_for_a_request(duration, expected):
    assert Terms(duration=duration, renew_deadline=0.5, retry=0.1).fence == expected


def test_the_shortest_lease_outside_tests_leaves_two_seconds_for_a_request():
    shortest = Settings(lease_duration="8s", renew_deadline="3s").lease_duration
    with pytest.raises(ValidationError):
        Settings(lease_duration=shortest - timedelta(milliseconds=1), renew_deadline="3s")
    terms = Terms(duration=shortest.total_seconds(), renew_deadline=3.0, retry=1.0)
    assert terms.fence == 2.0
