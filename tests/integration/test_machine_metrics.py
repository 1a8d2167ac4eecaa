"""The gauges of agents and docker hosts have the right series, and a bounded number of them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from execution_simulator.docker_connections import DockerConnection
from support.kube import until
from support.machines import AGENT, DOCKER, Sort, Subject

if TYPE_CHECKING:
    from support.operator_process import OperatorProcess


@dataclass(frozen=True)
class Gauge:
    """A gauge as somebody scrapes it: its values by the labels of each series."""

    operator: OperatorProcess
    name: str

    async def series(self) -> dict[tuple[tuple[str, str], ...], float]:
        text = await asyncio.to_thread(self.operator.metrics)
        found = re.findall(rf"^{self.name}\{{(.*)\}} (\S+)$", text, re.MULTILINE)
        return {
            tuple(re.findall(r'(\w+)="([^"]*)"', labels)): float(value) for labels, value in found
        }

    async def becomes(self, wanted: dict[tuple[tuple[str, str], ...], float]) -> None:
        last: Any = None

        async def look() -> bool:
            nonlocal last
            last = await self.series()
            return last == wanted

        try:
            await until(look, f"{self.name} as {wanted}")
        except AssertionError as exc:
            msg = f"{exc}; it is {last}"
            raise AssertionError(msg) from None


async def created(namespace, sort: Sort, number: int) -> Subject:
    subject = Subject(namespace, sort, name=f"m-{number}")
    await subject.create(sort.spec(hostName=f"m-{number}"))
    return subject


@pytest.mark.usefixtures("hub")
async def test_agents_are_counted_by_state_from_creation_to_deletion(
    namespace, simulator, operator
):
    gauge = Gauge(operator, "execution_operator_agents")
    hub = ("server", f"{namespace.name}/hub")
    await gauge.becomes({})
    first, second = [await created(namespace, AGENT, number) for number in range(2)]
    await gauge.becomes({(hub, ("state", "AVAILABLE")): 2})
    one, _ = simulator.agents
    one.lose(simulator.clock.now())
    await gauge.becomes({(hub, ("state", "AVAILABLE")): 1, (hub, ("state", "LOST")): 1})
    await first.deleted()
    await second.deleted()
    await gauge.becomes({})


@pytest.mark.usefixtures("hub")
async def test_docker_hosts_are_counted_by_connection_from_creation_to_deletion(
    namespace, simulator, operator
):
    gauge = Gauge(operator, "execution_operator_docker_hosts")
    hub = ("server", f"{namespace.name}/hub")
    await gauge.becomes({})
    first, second = [await created(namespace, DOCKER, number) for number in range(2)]
    await gauge.becomes({(hub, ("state", "SUCCESS")): 2})
    simulator.docker_connections.put(
        DockerConnection(host="m-0", status="FAILURE", reason="refused", reachable=False)
    )
    await gauge.becomes({(hub, ("state", "SUCCESS")): 1, (hub, ("state", "FAILURE")): 1})
    await first.deleted()
    await second.deleted()
    await gauge.becomes({})


@pytest.mark.usefixtures("hub")
async def test_words_that_a_server_makes_up_are_one_series(namespace, simulator, operator):
    hub = ("server", f"{namespace.name}/hub")
    for number in range(3):
        simulator.agents.add(
            {"hostName": f"m-{number}", "state": f"ODD-{number}"}, now=simulator.clock.now()
        )
        simulator.docker_connections.put(
            DockerConnection(host=f"m-{number}", status=f"ODD-{number}", reachable=True)
        )
        await created(namespace, AGENT, number)
        await created(namespace, DOCKER, number)
    await Gauge(operator, "execution_operator_agents").becomes({(hub, ("state", "other")): 3})
    await Gauge(operator, "execution_operator_docker_hosts").becomes({(hub, ("state", "other")): 3})
