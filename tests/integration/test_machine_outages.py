"""A server that goes away under StaticAgents at rest: who is told, when, and what it costs."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from cluster.writes import writes
from execution_simulator.faults import AnswerStatus
from support.kube import GROUP, PLURALS, VERSION, condition, until

if TYPE_CHECKING:
    from cluster import ControlPlane
    from execution_simulator import Simulator
    from support.kube import Json, Namespace
    from support.operator_process import OperatorProcess

COUNT: Final = 12
NAMES: Final = [f"agent-{number}" for number in range(COUNT)]
PERIODS: Final = {
    "outage_period": "15s",
    "quiet_period": "1s",
    "resync_period": "1s",  # each is looked at all the time, and has nothing new to say
    "counts_period": "1h",
    "missing_period": "1h",
}
PATIENT: Final = {"outage_period": "1h"}  # however slow this machine is, an outage is short
LOOKS: Final = "execution_operator_reconcile_total"
WRITTEN: Final = ("staticagents", "staticagents/status")

pytestmark = pytest.mark.usefixtures("hub")


@dataclass(frozen=True)
class Fleet:
    """Agents of one server, with projects by id and by name."""

    namespace: Namespace
    plane: ControlPlane
    simulator: Simulator
    operator: OperatorProcess

    async def create(self, number: int) -> None:
        projects = ([], [{"id": "1050"}], [{"name": "Billing"}])[number % 3]
        host = {"serverRef": {"name": "hub"}, "hostName": f"loadgen-{number}.example.com"}
        await self.namespace.create("StaticAgent", NAMES[number], {**host, "projects": projects})

    async def writes(self) -> Counter[str]:
        """How often the agents were written, as the API server counts it."""
        return await asyncio.to_thread(writes, self.plane, WRITTEN)

    async def agents(self) -> list[Json]:
        found = await self.namespace.custom.list_namespaced_custom_object(
            GROUP, VERSION, self.namespace.name, PLURALS["StaticAgent"]
        )
        return found["items"]

    async def all_say(self, status: str, reason: str) -> None:
        """Wait until each has that Ready."""

        async def say() -> bool:
            ready = [condition(one, "Ready") for one in await self.agents()]
            return {(one.get("status"), one.get("reason")) for one in ready} == {(status, reason)}

        await until(say, f"Ready={status} {reason} of each", seconds=60)

    async def server_is(self, status: str) -> None:
        await self.namespace.condition("ExecutionServer", "hub", "Ready", status)

    def goes_away(self) -> None:
        fault = AnswerStatus(operation="*", status=502, body="html", times=None)
        self.simulator.faults.add(fault)

    async def looked_at(self, operator: OperatorProcess | None = None) -> None:
        """Wait for some more looks at each; what is to be written of a look is written in it."""

        def looks() -> float:
            return (operator or self.operator).metric(LOOKS, kind="StaticAgent")

        before = await asyncio.to_thread(looks)

        async def more() -> bool:
            return await asyncio.to_thread(looks) >= before + 3 * COUNT

        await until(more, "more looks")


@pytest.fixture
async def fleet(request, namespace, cluster, simulator, start) -> Fleet:
    operator = await start(**PERIODS | getattr(request, "param", {}))
    await operator.leading()
    made = Fleet(namespace, cluster.plane, simulator, operator)
    for number in range(COUNT):
        await made.create(number)
    await made.all_say("True", "Ready")
    await made.looked_at()
    return made


@pytest.mark.parametrize("fleet", [PATIENT], ids=["patient"], indirect=True)
async def test_a_short_outage_is_told_on_the_server_alone(fleet):
    written = await fleet.writes()
    fleet.goes_away()
    await fleet.server_is("Unknown")
    await fleet.looked_at()
    fleet.simulator.faults.clear()
    await fleet.server_is("True")
    await fleet.looked_at()
    assert await fleet.writes() - written == Counter()


async def test_an_edit_of_the_server_is_no_news_of_its_machines(fleet):
    written = await fleet.writes()
    spec = {"spec": {"timeouts": {"request": "29s"}}}
    await fleet.namespace.patch("ExecutionServer", "hub", spec)
    await fleet.namespace.wait(
        "ExecutionServer", "hub", "looked at", lambda one: one["status"]["observedGeneration"] == 2
    )
    await fleet.looked_at()
    assert await fleet.writes() - written == Counter()


async def test_a_long_outage_and_its_end_are_told_once_on_each(fleet):
    written = await fleet.writes()
    fleet.goes_away()
    await fleet.all_say("Unknown", "ServerUnreachable")
    for one in await fleet.agents():
        assert condition(one, "Synced")["status"] == "False"
        assert condition(one, "Synced")["reason"] == "ServerUnreachable"
    await fleet.looked_at()
    assert await fleet.writes() - written == Counter({"staticagents/status": COUNT})
    fleet.simulator.faults.clear()
    await fleet.all_say("True", "Ready")
    await fleet.server_is("True")
    await fleet.looked_at()
    for one in await fleet.agents():
        assert condition(one, "Synced")["status"] == "True"
    assert await fleet.writes() - written == Counter({"staticagents/status": 2 * COUNT})


async def test_an_operator_that_starts_in_an_outage_has_no_news(fleet, start):
    fleet.goes_away()
    await fleet.all_say("Unknown", "ServerUnreachable")
    await fleet.operator.kill()
    written = await fleet.writes()
    again = await start(**PERIODS)
    await again.leading()
    await fleet.looked_at(again)
    assert await fleet.writes() - written == Counter()
    fleet.simulator.faults.clear()
    await fleet.all_say("True", "Ready")
    assert await fleet.writes() - written == Counter({"staticagents/status": COUNT})
