"""Moments that servers tell: what is none is not told, and what is told can be stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from execution_operator.api.model import Instant
from execution_operator.remote.testhub.machine_wire import StaticAgentResource


class Told(BaseModel):
    at: Instant


NEVER = {
    "the first year": "0001-01-01T00:00:00Z",
    "the first year with an offset": "0001-01-01T00:00:00+01:00",
    "a century ago": "1900-01-01T00:00:00Z",
    "the epoch": "1970-01-01T00:00:00Z",
    "milliseconds before the epoch": -62135596800000,
    "the year 10000": "10000-01-01T00:00:00Z",
    "the year 10000 in milliseconds": 253402300800000,
    "the year 10000 by its offset": "9999-12-31T23:59:59-01:00",
    "no date": "0000-00-00T00:00:00Z",
}


@pytest.mark.parametrize("told", NEVER.values(), ids=NEVER)
def test_a_moment_at_which_no_server_was_is_none(told):
    agent = StaticAgentResource.model_validate({"id": 1, "contactTime": told})
    assert agent.contact_time is None


@pytest.mark.parametrize("told", ["9999-12-31T23:59:59Z", 253402300799000], ids=["text", "number"])
def test_the_last_moment_that_can_be_stored_is_told(told):
    agent = StaticAgentResource.model_validate({"id": 1, "contactTime": told})
    assert agent.contact_time == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("year", [1, 999, 2026, 9999])
def test_a_moment_is_written_with_all_digits_of_its_year(year):
    told = Told(at=datetime(year, 2, 3, 4, 5, 6, 7, tzinfo=UTC)).model_dump(mode="json")
    assert told == {"at": f"{year:04}-02-03T04:05:06Z"}
