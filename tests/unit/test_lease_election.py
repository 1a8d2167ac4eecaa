"""Several processes that want one lease: who leads, and from when."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from execution_operator.reconcile.ports import FenceClosed
from execution_operator.runtime.lease import LOOK_SECONDS
from support.leases import TERMS, Candidate, Leases
from support.virtual_time import in_virtual_time, seconds

ONE_LOOK = LOOK_SECONDS * 1.2


def is_open(fence):
    try:
        fence.check()
    except FenceClosed:
        return False
    return True


@pytest.fixture(autouse=True)
def quiet():
    with capture_logs() as logs:
        yield logs


@in_virtual_time
async def test_the_first_one_leads_at_once():
    one = Candidate(Leases(), "one")
    await one.election.acquire()
    assert (seconds(), is_open(one.fence), one.fence.writer) == (0.0, True, "one/1")


@in_virtual_time
async def test_leadership_is_measured():
    leases = Leases()
    one = Candidate(leases, "one")
    await one.election.acquire()
    await one.election.release()
    assert one.meter.seen == [False, True, False]


@in_virtual_time
async def test_of_two_at_once_one_leads():
    leases = Leases()
    both = [Candidate(leases, name) for name in ("one", "two")]
    trying = [asyncio.create_task(candidate.election.acquire()) for candidate in both]
    await asyncio.sleep(5.0)
    assert [is_open(candidate.fence) for candidate in both].count(True) == 1
    for task in trying:
        task.cancel()


@in_virtual_time
async def test_a_leader_that_renews_is_left_alone():
    leases = Leases()
    async with Candidate(leases, "one").leading():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Candidate(leases, "two").election.acquire(), 3600.0)
    assert leases.holder == "one"


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param({}, id="same clock"),
        pytest.param({"ahead": timedelta(days=365)}, id="a year ahead"),
        pytest.param({"ahead": timedelta(days=-365)}, id="a year behind"),
        pytest.param({"offset": 1e6}, id="up for longer"),
    ],
)
@in_virtual_time
async def test_a_crashed_leader_is_followed_after_the_whole_duration(clock):
    leases = Leases()
    two = Candidate(leases, "two", **clock)
    taking = asyncio.create_task(two.election.acquire())
    async with Candidate(leases, "one").leading():
        await asyncio.sleep(60.9)
    # Two saw the last renewal at its next look, at the latest.
    renewed = seconds() - seconds() % TERMS.retry
    await taking
    waited = seconds() - renewed
    assert TERMS.duration <= waited <= TERMS.duration + 2 * ONE_LOOK
    assert two.fence.writer == "two/2"


@in_virtual_time
async def test_who_sees_an_old_lease_first_waits_its_whole_duration():
    leases = Leases()
    await Candidate(leases, "one").election.acquire()
    await asyncio.sleep(3600.0)
    began = seconds()
    await Candidate(leases, "two").election.acquire()
    assert TERMS.duration <= seconds() - began <= TERMS.duration + ONE_LOOK


@in_virtual_time
async def test_terms_of_two_leaders_never_overlap():
    leases = Leases()
    one, two = Candidate(leases, "one"), Candidate(leases, "two")
    taking = asyncio.create_task(two.election.acquire())
    async with one.leading():
        await asyncio.sleep(30.0)
    while not taking.done():
        assert not (is_open(one.fence) and is_open(two.fence))
        await asyncio.sleep(0.05)
    assert not is_open(one.fence)


@in_virtual_time
async def test_a_lease_that_is_given_back_is_taken_at_the_next_look():
    leases = Leases()
    one, two = Candidate(leases, "one"), Candidate(leases, "two")
    await one.election.acquire()
    taking = asyncio.create_task(two.election.acquire())
    await asyncio.sleep(5.0)
    await one.election.release()
    given_back = seconds()
    await taking
    assert seconds() - given_back <= ONE_LOOK
    assert not is_open(one.fence)


@in_virtual_time
async def test_a_standby_gives_back_nothing_that_is_anothers():
    leases = Leases()
    await Candidate(leases, "one").election.acquire()
    await Candidate(leases, "two").election.release()
    assert leases.holder == "one"


@in_virtual_time
async def test_a_slow_answer_does_not_lengthen_the_term():
    leases = Leases()
    leases.delay = 1.5
    one = Candidate(leases, "one")
    await one.election.acquire()
    assert one.fence.remaining() == TERMS.duration - 2 * leases.delay


@in_virtual_time
async def test_a_leader_whose_lease_was_taken_stops_at_its_next_look():
    leases = Leases()
    one = Candidate(leases, "one")
    leading = asyncio.create_task(one.lead())
    await asyncio.sleep(4.5)
    leases.lease["spec"]["holderIdentity"] = "two"
    await leading
    assert (seconds(), is_open(one.fence), one.meter.seen[-1]) == (6.0, False, False)


@pytest.mark.parametrize("status", [500, 403, 409], ids=["broken", "not granted", "conflict"])
@in_virtual_time
async def test_a_leader_that_cannot_renew_stops_before_others_take_over(status):
    leases = Leases()
    leading = asyncio.create_task(Candidate(leases, "one").lead())
    await asyncio.sleep(1.0)
    leases.fails = status
    await leading
    assert TERMS.renew_deadline <= seconds() < TERMS.duration


@in_virtual_time
async def test_a_leader_goes_on_after_a_short_outage():
    leases = Leases()
    one = Candidate(leases, "one")
    async with one.leading():
        await asyncio.sleep(1.0)
        leases.fails = 500
        await asyncio.sleep(6.0)
        leases.fails = None
        await asyncio.sleep(60.0)
        assert is_open(one.fence)


@in_virtual_time
async def test_a_hanging_api_server_closes_the_fence_in_time():
    leases = Leases()
    one = Candidate(leases, "one")
    async with one.leading():
        leases.hangs = True
        await asyncio.sleep(TERMS.duration - TERMS.fence + 0.1)
        assert not is_open(one.fence)


@in_virtual_time
async def test_a_leader_whose_renewals_hang_stops():
    leases = Leases()
    one = Candidate(leases, "one")
    leading = asyncio.create_task(one.lead())
    await asyncio.sleep(1.0)
    leases.hangs = True
    await leading
    assert (is_open(one.fence), one.meter.seen[-1]) == (False, False)


@in_virtual_time
async def test_a_standby_whose_request_hangs_asks_again():
    leases = Leases()
    leases.hangs = True
    taking = asyncio.create_task(Candidate(leases, "one").election.acquire())
    await asyncio.sleep(1.0)
    leases.hangs = False
    await taking
    assert leases.holder == "one"


@in_virtual_time
async def test_a_leader_whose_renewals_hang_stops_before_others_take_over():
    leases = Leases()
    leading = asyncio.create_task(Candidate(leases, "one").lead())
    await asyncio.sleep(1.0)
    leases.hangs = True
    await leading
    assert seconds() < TERMS.duration


@pytest.mark.parametrize("hangs_from", [1.0, 5.5, 6.5])
@in_virtual_time
async def test_a_leader_whose_renewals_hang_stops_at_the_renew_deadline(hangs_from):
    leases = Leases()
    leading = asyncio.create_task(Candidate(leases, "one").lead())
    await asyncio.sleep(hangs_from)
    renewed = seconds() - seconds() % TERMS.retry
    leases.hangs = True
    await leading
    assert seconds() == pytest.approx(renewed + TERMS.renew_deadline)


@in_virtual_time
async def test_a_standby_waits_for_an_api_server_that_is_away():
    leases = Leases()
    leases.fails = 503
    one = Candidate(leases, "one")
    taking = asyncio.create_task(one.election.acquire())
    await asyncio.sleep(60.0)
    assert not taking.done()
    leases.fails = None
    await taking
    assert is_open(one.fence)
