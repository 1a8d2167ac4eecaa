"""A list whose pages shifted while they were read makes no second machine and claims nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from execution_simulator.faults import RemoveMachine
from support.kube import until
from support.machines import EACH_PLACE, Place, Subject

if TYPE_CHECKING:
    from execution_simulator import Simulator
    from execution_simulator.machines import Machine

SHOP = [{"id": "1050"}]
SHIFTS = pytest.mark.parametrize("replace", [False, True], ids=["less", "as many"])


@pytest.fixture
def subject(namespace, place: Place) -> Subject:
    return Subject(namespace, place.sort)


def strangers(place: Place, simulator: Simulator, *projects: str) -> list[Machine]:
    """As many as a page holds, before the one that is wanted."""
    simulator.change(machine_lists="page", page_size_cap=2)
    shelf = place.sort.shelf(simulator)
    names = ({"hostName": f"stranger-{number}"} for number in range(2))
    return [shelf.add(one, now=0.0, space_id=place.space, projects=projects) for one in names]


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
@SHIFTS
async def test_one_that_a_shifted_list_lacked_is_adopted(subject, simulator, place, replace):
    gone, _ = strangers(place, simulator)
    wanted = place.register(simulator)
    simulator.faults.add(RemoveMachine(operation=place.list, id=gone.id, replace=replace))
    await subject.create(place.spec())
    found = await subject.ready()
    assert gone not in place.there(simulator)  # a list met the fault
    assert found["status"]["origin"] == "Adopted"
    assert found["status"][place.sort.id_field] == str(wanted.id)
    assert place.create not in simulator.requests.counts()


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
@SHIFTS
async def test_what_others_associated_stays_theirs_after_a_shifted_list(
    subject, simulator, place, replace
):
    gone, _ = strangers(place, simulator, "1050")
    wanted = place.register(simulator)
    wanted.projects["1050"] = None
    listing = f"list_project_{place.sort.word}s"
    simulator.faults.add(RemoveMachine(operation=listing, id=gone.id, replace=replace))
    await subject.create(place.spec(projects=SHOP))
    await subject.ready()
    found = await subject.shows("no project of its own", lambda status: not status.get("projects"))
    assert gone not in place.there(simulator)  # a list met the fault
    assert found["status"]["projectCount"] == 0
    assert f"associate_{place.sort.word}" not in simulator.requests.counts()
    await subject.deleted()
    assert [*wanted.projects] == ["1050"]


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_one_that_long_lists_lack_is_created_once_and_associated(subject, simulator, place):
    others = strangers(place, simulator, "1050")
    await subject.create(place.spec(projects=SHOP))
    found = await subject.ready()
    assert found["status"]["origin"] == "Created"
    assert [one["id"] for one in found["status"]["projects"]] == ["1050"]
    assert simulator.requests.counts()[place.create] == 1
    assert len(place.there(simulator)) == len(others) + 1
    await subject.change(projects=[])
    await until(lambda: not place.there(simulator)[-1].projects, "the dissociation")
    await subject.deleted()
    assert place.there(simulator) == others
