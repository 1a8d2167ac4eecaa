"""What others change on machines is put right, and what becomes a fight is told and given up."""

from __future__ import annotations

import pytest

from support.kube import condition, until
from support.machines import EACH_SORT, Sort, Subject


@pytest.fixture
def subject(namespace, sort: Sort) -> Subject:
    return Subject(namespace, sort)


@pytest.mark.usefixtures("hub", "operator")
@EACH_SORT
@pytest.mark.parametrize("put", ["replace", "merge"])
async def test_drift_of_set_fields_is_repaired_and_all_else_stays(subject, simulator, sort, put):
    simulator.change(machine_put=put)
    machine = sort.register(simulator, type="theirs", version="11.0.7", name="theirs")
    await subject.create(sort.spec(type="ours"))
    await subject.ready()
    assert machine.members["type"] == "ours"
    machine.members |= {"type": "theirs", "version": "11.0.8"}
    await until(lambda: machine.members["type"] == "ours", "a repair")
    assert (machine.members["version"], machine.members["name"]) == ("11.0.8", "theirs")
    await subject.told("Normal", "Updated")


@pytest.mark.usefixtures("hub")
@EACH_SORT
async def test_a_fight_over_a_field_is_told_and_given_up_step_by_step(
    subject, simulator, start, sort
):
    await start(fight_period="30s")
    machine = sort.register(simulator, type="ours")
    await subject.create(sort.spec(type="ours"))
    await subject.ready()

    def is_told(found):
        machine.members["type"] = "theirs"
        return condition(found, "Synced").get("reason") == "Conflict"

    found = await subject.namespace.wait(sort.kind, subject.name, "a fight", is_told, seconds=60)
    assert "type" in condition(found, "Ready")["message"]
    assert condition(found, "Ready")["status"] == "True"
    assert sort.changes(simulator) == [f"update_{sort.word}"] * 3
