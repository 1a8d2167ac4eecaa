"""What goes wrong leaves no second machine, no stranger's touched and no object that stays.

Each for agents and docker hosts, at the user's level and at that of a team space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from execution_simulator import Simulator, serve
from execution_simulator.faults import AnswerStatus, HugeBody, LoseAnswer
from support.kube import condition, until
from support.machines import EACH_PLACE, Place, Subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BODIES = pytest.mark.parametrize("body", ["json", "html"], ids=["the API", "a proxy"])
SHOP = [{"id": "1050"}]


@pytest.fixture
def subject(namespace, place: Place) -> Subject:
    return Subject(namespace, place.sort)


@pytest.fixture
async def other() -> AsyncIterator[tuple[Simulator, str]]:
    """Another server, and its URL."""
    simulator = Simulator()
    async with serve(simulator) as url:
        yield simulator, url


def only(place: Place, simulator: Simulator):
    (machine,) = place.there(simulator)
    return machine


async def is_the_only_one_and_ours(subject, simulator, place):
    found = await subject.ready()
    assert found["status"]["origin"] == "Created"
    assert found["status"][place.sort.id_field] == str(only(place, simulator).id)
    assert simulator.requests.counts()[place.create] == 1


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_a_lost_answer_of_a_create_leaves_one_that_is_ours(subject, simulator, place):
    simulator.faults.add(LoseAnswer(operation=place.create))
    await subject.create(place.spec())
    await is_the_only_one_and_ours(subject, simulator, place)


@pytest.mark.usefixtures("hub")
@EACH_PLACE
async def test_a_crash_before_the_answer_of_a_create_leaves_one_that_is_ours(
    subject, simulator, start, place
):
    operator = await start()
    simulator.faults.add(LoseAnswer(operation=place.create, hang_seconds=30.0))
    await subject.create(place.spec())
    await until(lambda: place.there(simulator), "what was created")
    await operator.kill()
    await start()
    await is_the_only_one_and_ours(subject, simulator, place)


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_a_create_that_finds_another_one_there_is_told_and_adopts_it(
    subject, simulator, place
):
    simulator.faults.add(
        AnswerStatus(operation=place.create, status=409, message="is defined already", times=None)
    )
    await subject.create(place.spec())
    found = await subject.is_("Stalled", "True", "Rejected")
    assert "is defined already" in condition(found, "Ready")["message"]
    machine = place.register(simulator)
    found = await subject.ready()
    assert found["status"]["origin"] == "Adopted"
    await subject.deleted()
    assert place.there(simulator) == [machine]


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
@BODIES
async def test_a_404_at_an_update_makes_no_second_one(subject, simulator, place, body):
    machine = place.register(simulator)
    await subject.create(place.spec(type="ours"))
    await subject.ready()
    simulator.faults.add(AnswerStatus(operation=place.update, status=404, body=body, times=2))
    machine.members["type"] = "theirs"
    await until(lambda: machine.members["type"] == "ours", "the repair")
    assert place.there(simulator) == [machine]
    assert place.create not in simulator.requests.counts()


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_one_that_vanished_is_created_anew_and_once(subject, simulator, place):
    await subject.create(place.spec(projects=SHOP))
    await subject.ready()
    first = only(place, simulator)
    place.sort.shelf(simulator).remove(first.id)
    await subject.shows(
        "another id",
        lambda status: status.get(place.sort.id_field) not in {None, str(first.id)},
    )
    await subject.ready()
    await subject.told("Warning", "NotFound")
    assert set(only(place, simulator).projects) == {"1050"}


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
@BODIES
async def test_lists_that_fail_for_a_while_make_no_second_one(subject, simulator, place, body):
    await subject.create(place.spec())
    await subject.ready()
    simulator.faults.add(AnswerStatus(operation=place.list, status=404, body=body, times=None))
    await subject.namespace.wait(
        place.sort.kind,
        subject.name,
        "not ready",
        lambda found: condition(found, "Ready")["status"] != "True",
    )
    simulator.faults.clear()
    await subject.ready()
    assert only(place, simulator)


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_a_proxys_404_of_what_lists_lack_makes_no_second_one(subject, simulator, place):
    await subject.create(place.spec())
    await subject.ready()
    before = simulator.requests.counts().get(place.get, 0)
    simulator.faults.add(HugeBody(operation=place.list, size=2, times=None))
    simulator.faults.add(AnswerStatus(operation=place.get, status=404, body="html", times=None))
    await until(
        lambda: simulator.requests.counts().get(place.get, 0) >= before + 3,
        "three questions after what the lists lack",
    )
    simulator.faults.clear()
    await subject.ready()
    assert only(place, simulator)
    assert simulator.requests.counts()[place.create] == 1


@pytest.mark.usefixtures("hub")
@EACH_PLACE
async def test_a_deletion_ends_although_the_server_is_gone(subject, simulator, start, place):
    await start(deletion_period="2s")
    await subject.create(place.spec(projects=SHOP))
    await subject.ready()
    simulator.faults.add(AnswerStatus(operation="*", status=502, body="html", times=None))
    await subject.deleted()
    await subject.told("Warning", "MachineLeftBehind")


@pytest.mark.usefixtures("hub")
@EACH_PLACE
async def test_a_deletion_ends_at_once_when_the_servers_secret_is_gone_for_good(
    subject, simulator, start, place
):
    await start(deletion_period="10m")
    await subject.create(place.spec())
    await subject.ready()
    namespace = subject.namespace
    await namespace.core.delete_namespaced_secret("hub-token", namespace.name)
    await namespace.condition("ExecutionServer", "hub", "Stalled", "True", "SecretNotFound")
    await subject.deleted()
    await subject.told("Warning", "MachineLeftBehind")
    assert only(place, simulator)


@pytest.mark.usefixtures("hub")
@EACH_PLACE
async def test_a_deletion_waits_for_a_secret_of_the_server_that_is_put_there_anew(
    subject, simulator, start, place
):
    """Neither a Secret that is not there for a moment nor a restart costs what is ours."""
    operator = await start(missing_period="1h", deletion_period="10m")
    await subject.create(place.spec(projects=SHOP))
    await subject.ready()
    namespace = subject.namespace
    await namespace.core.delete_namespaced_secret("hub-token", namespace.name)
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "SecretNotFound")
    await operator.kill()
    await namespace.delete(place.sort.kind, subject.name)
    await start(missing_period="1h", deletion_period="10m")
    await subject.is_("Reconciling", "True", "DeletionBlocked")
    assert only(place, simulator)
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.gone(place.sort.kind, subject.name)
    assert place.there(simulator) == []


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_another_server_under_the_same_name_is_not_touched(subject, simulator, other, place):
    strange, url = other
    await subject.create(place.spec(projects=SHOP, type="ours"))
    await subject.ready()
    stranger = place.register(strange, type="theirs")
    stranger.projects["1050"] = None
    assert stranger.id == only(place, simulator).id
    await subject.namespace.patch("ExecutionServer", "hub", {"spec": {"testHub": {"url": url}}})
    await subject.is_("Stalled", "True", "ServerChanged")
    await subject.namespace.condition("ExecutionServer", "hub", "Ready", "True")
    await subject.change(type="changed")
    await subject.shows("the change", lambda status: status["observedGeneration"] == 2)
    await subject.deleted()
    await subject.told("Warning", "MachineLeftBehind")
    assert place.sort.changes(strange) == []
    assert only(place, simulator).members["type"] == "ours"


@pytest.mark.usefixtures("hub", "operator")
@EACH_PLACE
async def test_one_whose_id_means_another_machine_now_is_made_anew(subject, simulator, place):
    await subject.create(place.spec(projects=SHOP))
    await subject.ready()
    stranger = only(place, simulator)
    stranger.members = {"hostName": "theirs.example.com"}
    await subject.shows(
        "another id",
        lambda status: status.get(place.sort.id_field) not in {None, str(stranger.id)},
    )
    await subject.ready()
    await subject.deleted()
    assert place.there(simulator) == [stranger]
    assert (stranger.members, set(stranger.projects)) == (
        {"hostName": "theirs.example.com"},
        {"1050"},
    )


@pytest.mark.usefixtures("hub")
@EACH_PLACE
async def test_a_deletion_leaves_what_its_id_means_now(subject, simulator, start, place):
    operator = await start()
    await subject.create(place.spec(projects=SHOP))
    await subject.ready()
    await operator.kill()
    stranger = only(place, simulator)
    stranger.members = {"hostName": "theirs.example.com"}
    await subject.namespace.delete(place.sort.kind, subject.name)
    await start()
    await subject.namespace.gone(place.sort.kind, subject.name)
    assert place.there(simulator) == [stranger]
    assert set(stranger.projects) == {"1050"}
