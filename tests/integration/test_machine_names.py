"""Servers that keep other names than they were sent, or lose what is created, again and again."""

from __future__ import annotations

import pytest

from support.kube import condition, until
from support.machines import EACH_PLACE, Place, Subject

SHORT, KEPT = "loadgen-1", "loadgen-1.example.com"


@pytest.fixture
def subject(namespace, place: Place) -> Subject:
    return Subject(namespace, place.sort)


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_what_the_server_calls_otherwise_is_taken_off_again_and_told(
    namespace, subject, simulator, place
):
    simulator.change(host_names="qualified")
    await subject.create(place.spec(hostName=SHORT))
    found = await subject.is_("Stalled", "True", "Conflict")
    assert f'"{KEPT}"' in condition(found, "Synced")["message"]
    counts = simulator.requests.counts
    await until(lambda: counts().get(place.create, 0) >= 4, "creates, ever more rarely")
    await until(lambda: not place.there(simulator), "all taken off again")
    await subject.deleted()
    assert ("Warning", "MachineLeftBehind") not in await namespace.events(subject.name)
    other = Subject(namespace, place.sort, name="right")
    await other.create(place.spec(hostName=KEPT))
    await other.ready()
    assert len(place.there(simulator)) == 1


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_one_that_is_removed_again_and_again_is_told_until_that_ends(
    subject, simulator, place
):
    await subject.create(place.spec())
    await subject.ready()

    def removed():
        for one in place.there(simulator):
            place.sort.shelf(simulator).remove(one.id)
        return simulator.requests.counts()[place.create] >= 4

    await until(removed, "creates, one after the other")
    found = await subject.is_("Synced", "False", "Conflict")
    assert "again and again" in condition(found, "Synced")["message"]
    await subject.is_("Synced", "True")
    await subject.ready()
    assert len(place.there(simulator)) == 1


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_what_we_created_and_cannot_recognise_any_more_is_told_as_left_behind(
    subject, simulator, place
):
    await subject.create(place.spec())
    await subject.ready()
    (machine,) = place.there(simulator)
    machine.members["hostName"] = "renamed"
    await subject.deleted()
    await subject.told("Warning", "MachineLeftBehind")
    assert machine in place.there(simulator)
