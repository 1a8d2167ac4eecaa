"""What else stands in an ExecutionServer's status, and how rarely it changes."""

from __future__ import annotations

import pytest

from execution_operator.api.execution_server import SpaceStatus
from execution_operator.api.model import REQUESTED_AT_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.execution_server.summarize import summarize
from execution_operator.kinds.problems import Problem
from support.runs import PERIODS, at
from support.servers import away, missing, server, usable, used_by

NO_SECRET = Problem(reason=Reason.SECRET_NOT_FOUND, message="no Secret")
AWAY = away()


def status_of(wanted, seen, seconds=100.0):
    return summarize(wanted, seen, at(seconds), PERIODS)


def looked_at(wanted, seen, seconds=100.0):
    """The object after that look."""
    return wanted.model_copy(update={"status": status_of(wanted, seen, seconds)})


@pytest.mark.parametrize(
    "seen",
    [usable(), AWAY, missing(NO_SECRET, 100.0), usable(use=used_by("a", active=3, waiting=2))],
    ids=["usable", "away", "missing", "used"],
)
def test_a_second_look_changes_no_byte(seen):
    wanted = looked_at(server(), seen)
    assert status_of(wanted, seen, 300.0) == wanted.status
    assert status_of(wanted, seen, 300.0).model_dump_json() == wanted.status.model_dump_json()


def counts(status):
    return (status.active_runs, status.waiting_runs)


FIRST = looked_at(server(), usable(use=used_by(active=1, waiting=5)))


@pytest.mark.parametrize(
    ("counts_at", "expected"),
    [
        pytest.param(100.0, (1, 5), id="just written"),
        pytest.param(40.5, (1, 5), id="almost a period ago"),
        pytest.param(40.0, (2, 4), id="a period ago"),
        pytest.param(None, (2, 4), id="never by this process"),
    ],
)
def test_counts_are_renewed_once_a_period(counts_at, expected):
    seen = usable(use=used_by(active=2, waiting=4), counts_at=counts_at)
    assert counts(status_of(FIRST, seen)) == expected


def test_counts_are_renewed_with_another_change():
    gone = usable(
        use=used_by(active=2, waiting=4), counts_at=100.0, problem=AWAY.problem, reached=False
    )
    assert counts(status_of(FIRST, gone)) == (2, 4)


def test_equal_counts_are_no_change():
    seen = usable(use=used_by(active=1, waiting=5), counts_at=None)
    assert status_of(FIRST, seen, 1000.0) is FIRST.status


def test_url_and_space_stay_while_the_server_is_away():
    wanted = looked_at(server(), usable())
    status = status_of(wanted, missing(NO_SECRET, 100.0))
    assert (status.url, status.space) == (usable().url, SpaceStatus(id="s", name="Shop"))


def test_the_status_speaks_of_the_generation_it_looked_at():
    status = status_of(server(generation=4), usable())
    assert status.observed_generation == 4
    assert {one.observed_generation for one in status.conditions} == {4}


def test_a_request_to_look_is_echoed():
    asked = server(annotations={REQUESTED_AT_ANNOTATION: "now"})
    assert status_of(asked, usable()).last_handled_reconcile_at == "now"


def test_the_echo_of_a_request_fits_the_schema():
    asked = server(annotations={REQUESTED_AT_ANNOTATION: "x" * 1000})
    assert len(status_of(asked, usable()).last_handled_reconcile_at) <= 256
