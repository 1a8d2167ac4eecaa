"""Many StaticAgents of one server: what they cost at rest, and when one of them changes."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cluster.writes import writes
from support.kube import Namespace, condition, until

if TYPE_CHECKING:
    from cluster import ControlPlane
    from execution_simulator import Simulator

COUNT = 30
QUIET = 3.0
USERS, SPACES = "/test/rest/agents", "/test/rest/spaces/demo/agents"
PLACES = {USERS, SPACES, *(f"/test/rest/projects/{one}/agents" for one in ("1050", "1100"))}
WRITTEN = ("staticagents", "executionservers", "events")
PERIODS = {
    "quiet_period": f"{QUIET}s",
    "resync_period": "2s",  # looks without cause cost nothing either
    "probe_period": "1h",
    "counts_period": "1h",
    "missing_period": "1h",
}


@dataclass(frozen=True)
class Fleet:
    """Agents at two levels and in two projects, all of them usable."""

    namespace: Namespace
    plane: ControlPlane
    simulator: Simulator

    async def create(self, number: int) -> None:
        """Every other one is in the team space, one in three in no project."""
        projects = ([], [{"id": "1050"}], [{"name": "Billing"}])[number % 3]
        space = {"space": {"name": "Demo space"}} if number % 2 else {}
        await self.namespace.create(
            "StaticAgent",
            f"agent-{number}",
            {
                "serverRef": {"name": "hub"},
                "hostName": f"loadgen-{number}.example.com",
                "ipAddress": "192.0.2.7",
                "projects": projects,
            }
            | space,
        )

    async def settle(self) -> None:
        """Wait until all are created, told of, and looked at as rarely as they may be."""
        for number in range(COUNT):
            await self.namespace.condition("StaticAgent", f"agent-{number}", "Ready", "True")
        await until(self.all_told, "an event for each")
        await until(self.is_quiet, "the longest interval", seconds=90)

    async def all_told(self) -> bool:
        found = await self.namespace.core.list_namespaced_event(self.namespace.name)
        return sum(one.reason == "Created" for one in found.items) == COUNT

    def is_quiet(self) -> bool:
        """Whether the last two lists of each place were a quiet interval apart, but for jitter.

        Where objects had lists of their own, this would never come.
        """
        times = [self.listed(place) for place in PLACES]
        return all(len(one) > 1 and one[-1] - one[-2] >= 0.9 * QUIET for one in times)

    def listed(self, place: str) -> list[float]:
        """When a place was listed, by the server's clock."""
        return [one.at for one in self.simulator.requests.read() if lists(one, place)]

    async def writes(self) -> Counter[str]:
        """How often objects were written, as the API server counts it."""
        return await asyncio.to_thread(writes, self.plane, WRITTEN)

    def on_server(self, number: int):
        (found,) = self.simulator.agents.named(f"loadgen-{number}.example.com")
        return found


def lists(one, place: str) -> bool:
    return (one.method, one.path) == ("GET", place)


@pytest.fixture
async def fleet(namespace, cluster, simulator, hub, start) -> Fleet:
    assert hub
    await start(**PERIODS)
    made = Fleet(namespace, cluster.plane, simulator)
    for number in range(COUNT):
        await made.create(number)
    await made.settle()
    return made


async def test_at_rest_nothing_is_written_and_nothing_asked_for_but_lists(fleet):
    written = await fleet.writes()
    fleet.simulator.requests.clear()
    await until(lambda: all(len(fleet.listed(one)) > 3 for one in PLACES), "more lists")
    assert await fleet.writes() - written == Counter()
    assert {(one.method, one.path) for one in fleet.simulator.requests.read()} == {
        ("GET", place) for place in PLACES
    }


async def test_what_changes_is_written_once_and_its_place_is_listed_often_again(fleet):
    written = await fleet.writes()
    fleet.simulator.requests.clear()
    fleet.on_server(3).busy = True  # at the team space's level
    found = await shows(fleet, 3, "BUSY")
    assert condition(found, "Ready")["status"] == "True"
    await until(lambda: often(fleet, SPACES, than=USERS), "more lists of the space than others")
    assert await fleet.writes() - written == Counter({"staticagents/status": 1})


async def test_an_agent_that_is_lost_costs_one_write_and_one_event(fleet):
    written = await fleet.writes()
    fleet.on_server(3).lose(fleet.simulator.clock.now())
    await shows(fleet, 3, "LOST")
    expected = Counter({"staticagents/status": 1, "events": 1})
    await until(lambda: wrote(fleet, written, expected), "both writes")
    fleet.simulator.requests.clear()
    await until(lambda: all(map(fleet.listed, PLACES)), "another list of each place")
    assert await fleet.writes() - written == expected


async def test_a_repair_at_rest_costs_one_event_and_no_other_write(fleet):
    written = await fleet.writes()
    agent = fleet.on_server(0)
    agent.members["ipAddress"] = "192.0.2.99"
    await until(lambda: agent.members["ipAddress"] == "192.0.2.7", "a repair")
    await until(lambda: wrote(fleet, written, Counter({"events": 1})), "an event")
    fleet.simulator.requests.clear()
    await until(lambda: all(map(fleet.listed, PLACES)), "another list of each place")
    assert await fleet.writes() - written == Counter({"events": 1})


async def shows(fleet, number: int, state: str):
    return await fleet.namespace.wait(
        "StaticAgent", f"agent-{number}", state, lambda found: found["status"]["state"] == state
    )


async def wrote(fleet, before, expected: Counter[str]) -> bool:
    return await fleet.writes() - before == expected


def often(fleet, place: str, *, than: str) -> bool:
    """Whether a place is some lists ahead: of two that are in step, none gets that far."""
    return len(fleet.listed(place)) >= len(fleet.listed(than)) + 3
