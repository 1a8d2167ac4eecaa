"""Values that the API server takes and nobody means: they harm one object at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

PAST_ALL_TIMES = "99999999999h"
"""Right by the CRD's pattern; more than Python's timedelta holds."""


@pytest.mark.usefixtures("hub")
async def test_an_object_that_cannot_be_read_does_not_keep_the_operator_from_starting(
    namespace, start
):
    await namespace.run("huge", timeouts={"run": PAST_ALL_TIMES})
    operator = await start()
    await operator.leading()


@pytest.mark.usefixtures("hub", "operator")
async def test_an_object_that_cannot_be_read_stops_no_other(namespace):
    await namespace.run("huge", timeouts={"run": PAST_ALL_TIMES})
    await namespace.run("smoke")
    await namespace.phase("smoke", "Succeeded")


@pytest.mark.usefixtures("operator")
async def test_an_object_that_cannot_be_read_is_told_on_the_object(namespace, hub_url):
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.server(hub_url, timeouts={"request": PAST_ALL_TIMES})
    await namespace.wait(
        "ExecutionServer",
        "hub",
        "any condition",
        lambda found: found["status"].get("conditions"),
    )


@pytest.mark.usefixtures("hub", "operator")
async def test_a_date_with_an_offset_reaches_the_server_in_utc(namespace):
    soon = datetime.now(UTC) + timedelta(seconds=1)
    there = soon.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="seconds")
    await namespace.run("smoke", scheduled={"at": there})
    done = await namespace.phase("smoke", "Succeeded", "Error")
    assert done["status"]["phase"] == "Succeeded"
