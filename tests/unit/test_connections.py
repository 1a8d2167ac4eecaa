"""What a connection knows of its projects together."""

from __future__ import annotations

from functools import partial

import pytest

from execution_operator.kinds.connections import (
    Blueprint,
    Connection,
    chosen_project,
    chosen_space,
    trouble_report,
)
from execution_operator.remote.errors import RateLimited, Unreachable
from execution_operator.remote.outage import Trouble

BLUEPRINT = Blueprint(
    uid="u1",
    url="https://hub.example.com/test",
    ca_bundle=None,
    insecure_skip_verify=False,
    proxy_url=None,
    connect_seconds=10.0,
    request_seconds=30.0,
    requests_per_second=20,
    burst=40,
    poll_seconds=5.0,
    token_place=("hub-token", "token"),
)
FIRST = Trouble(Unreachable("cannot list the runs of 7"), 10.0)
SECOND = Trouble(RateLimited("cannot list the runs of 8"), 20.0)


class Part:
    """What a connection closes."""

    def __init__(self, *, on_close=lambda: None):
        self.stopped = False
        self._on_close = on_close

    def stop(self):
        self.stopped = True

    async def close(self):
        self.stop()
        self._on_close()


def connection(*, snapshots=lambda _project: None, hub=None, lists=None):
    return Connection(
        blueprint=BLUEPRINT,
        hub=hub,
        snapshots=snapshots,
        monotonic=lambda: 0.0,
        lists=lists,
    )


def reports(current, woken):
    return [
        trouble_report(lambda: current, project, partial(woken.append, project))
        for project in ("7", "8")
    ]


def test_the_oldest_trouble_of_its_projects_is_the_connections():
    current = connection()
    seven, eight = reports(current, [])
    eight(SECOND)
    seven(FIRST)
    assert current.trouble == FIRST


def test_a_project_that_recovers_hides_no_other_ones_trouble():
    current, woken = connection(), []
    seven, eight = reports(current, woken)
    seven(FIRST)
    eight(SECOND)
    seven(None)
    assert current.trouble == SECOND
    eight(None)
    assert current.trouble is None
    assert woken == ["7", "8", "7", "8"]


async def test_who_opens_a_snapshot_while_it_is_closed_keeps_nothing_open():
    hub, lists = Part(), Part()
    parts = {
        "7": Part(on_close=lambda: current.snapshot("8")),
        "8": Part(),
        "9": Part(),
    }
    current = connection(snapshots=parts.get, hub=hub, lists=lists)
    current.snapshot("7")
    await current.close()
    current.snapshot("9")
    assert [one.stopped for one in (*parts.values(), lists, hub)] == [True] * 5


@pytest.mark.parametrize("chosen", [chosen_project, chosen_space])
@pytest.mark.parametrize("name", ["A  B", " A B", "A\tB"])
def test_a_name_is_found_without_the_blanks_that_answers_lose(chosen, name):
    assert chosen(name, [("7", "A B"), ("8", "AB")]) == "7"
