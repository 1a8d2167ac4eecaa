"""Runs that name agents and docker hosts by reference wait for them and get their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from execution_simulator import Simulator, serve
from execution_simulator.scripts import Script
from support.kube import condition
from support.machines import EACH_SORT, Subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.kube import Json
    from support.machines import Sort


@pytest.fixture(autouse=True)
def _quick(simulator: Simulator) -> None:
    simulator.scripts.replace([Script(transition_seconds=0.1, run_seconds=0.3)])


@pytest.fixture
async def other_url() -> AsyncIterator[str]:
    async with serve(Simulator()) as url:
        yield url


@pytest.fixture
def subject(namespace, sort: Sort) -> Subject:
    return Subject(namespace, sort, name="machine")


async def run_on(subject: Subject) -> None:
    """A run that is to be where the subject is."""
    naming = subject.sort.naming
    location = naming.location({naming.reference: {"name": subject.name}})
    await subject.namespace.run("smoke", remoteLocations=[location])


def locations(simulator: Simulator) -> Any:
    """What the one start asked for."""
    (start,) = simulator.requests.read("start_execution")
    return start.body["remoteLocations"]


def by_id(sort: Sort, simulator: Simulator) -> list[Json]:
    """What the one machine is called there."""
    (machine,) = sort.shelf(simulator)
    return [sort.naming.location({"id": str(machine.id)})]


async def waits(namespace, reason: str) -> str:
    """What is said of the run that does not begin."""
    found = await namespace.condition("TestExecution", "smoke", "Accepted", "False", reason)
    return condition(found, "Accepted")["message"]


@pytest.mark.usefixtures("hub", "operator")
@EACH_SORT
async def test_a_run_waits_for_a_machine_and_gets_its_id(subject, namespace, simulator, sort):
    await run_on(subject)
    told = await waits(namespace, "ReferenceNotReady")
    assert f'there is no {sort.kind} "machine" in this namespace: apply it, the run' in told
    await subject.create(sort.spec())
    await namespace.phase("smoke", "Succeeded")
    assert locations(simulator) == by_id(sort, simulator)


@pytest.mark.usefixtures("hub")
@EACH_SORT
async def test_a_run_is_woken_when_its_machine_becomes_ready(
    subject, namespace, start, simulator, sort
):
    operator = await start(secret_period="10m")  # so long it would not look again by itself
    await operator.leading()
    sort.ailment.begin(simulator)
    await subject.create(sort.spec())
    await subject.is_("Ready", "False", sort.ailment.reason)
    await run_on(subject)
    told = await waits(namespace, "ReferenceNotReady")
    assert f'{sort.kind} "machine" is not ready: {sort.ailment.reason}' in told
    assert simulator.requests.read("start_execution") == ()
    sort.ailment.end(simulator)
    await namespace.phase("smoke", "Succeeded")


@pytest.mark.usefixtures("hub", "operator")
@EACH_SORT
async def test_a_machine_of_another_server_is_refused(
    subject, namespace, simulator, other_url, sort
):
    await namespace.server(other_url, name="other")
    await subject.create(sort.spec(serverRef={"name": "other"}))
    await subject.ready()
    await run_on(subject)
    told = await waits(namespace, "InvalidSpec")
    assert f'{sort.kind} "machine" is on ExecutionServer "other", this run is on "hub"' in told
    assert simulator.requests.read("start_execution") == ()
