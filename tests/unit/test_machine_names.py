"""What a server calls otherwise is taken off again and told; creates come ever more rarely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from execution_operator.remote.errors import Forbidden, Rejected, Unreachable
from support.agents import HOST, RECORDED, agent, found, held_agent
from support.agents_server import AgentsServer
from support.machine_stage import Stage
from support.runs import at

if TYPE_CHECKING:
    from typing import Any

OTHER = "loadgen-1.elsewhere.example.com"


class Numbering(AgentsServer):
    """A server that puts a number of its own behind each name."""

    async def create(self, *what: object, before_bytes: object) -> Any:
        self.called = f"{HOST}-{self.made}"
        return await super().create(*what, before_bytes=before_bytes)


def on_a_stage(wanted: Any = None, **hub: Any) -> Stage:
    """An object, and a server that does with what is created as told."""
    stage = Stage(wanted if wanted is not None else agent())
    stage.hub.called = OTHER
    for name, value in hub.items():
        setattr(stage.hub, name, value)
    return stage


async def test_what_is_called_otherwise_is_taken_off_and_needs_a_person():
    stage = on_a_stage()
    await stage.look()
    status, reason, message = stage.says("Stalled")
    assert (stage.hub.made, stage.hub.there) == (1, [])
    assert (status, reason) == ("True", "Conflict")
    assert f'under the name "{OTHER}"' in message
    assert "create a new object with that hostName" in message
    assert stage.says("Synced")[:2] == ("False", "Conflict")


async def test_nothing_of_what_was_taken_off_stays_on_record():
    stage = on_a_stage()
    await stage.look()
    assert stage.now_wanted.status.machine_id is None
    assert (stage.now_wanted.metadata.finalizers, stage.now_wanted.metadata.annotations) == ((), {})
    assert "Created" not in stage.told


async def test_it_is_created_anew_ever_more_rarely():
    stage = on_a_stage()
    await stage.goes_by(3600.0)
    assert (stage.hub.there, stage.hub.made) == ([], 9)
    assert len(stage.told) == 1


async def test_a_new_request_is_tried_at_once():
    stage = on_a_stage()
    await stage.goes_by(3600.0)
    made = stage.hub.made
    stage.request("now")
    await stage.look()
    assert stage.hub.made == made + 1


async def test_a_name_that_is_another_each_time_is_told_in_the_same_words_all_the_while():
    stage = Stage(agent(), hub=Numbering())
    told = set()
    await stage.look()
    for _ in range(60):
        await stage.goes_by(10.0)
        told.add(stage.says("Ready")[2])
    assert stage.hub.made > 2
    assert len(told) == 1


async def test_a_name_that_cannot_be_found_is_told_too():
    stage = on_a_stage(called="")
    await stage.look()
    assert stage.hub.there == []
    assert "without a host name" in stage.says("Stalled")[2]


@pytest.mark.parametrize(
    "hub",
    [
        pytest.param({"silent": Unreachable("no answer")}, id="a read that fails"),
        pytest.param({"denies": True}, id="a read that finds nothing"),
    ],
)
async def test_a_read_without_an_answer_decides_nothing(hub):
    stage = on_a_stage(**hub)
    await stage.look()
    assert (stage.now_wanted.status.machine_id, "delete" in stage.hub.asked) == ("101", False)


async def test_what_was_there_before_is_left_alone():
    stranger = found("101", hostName=OTHER)
    stage = on_a_stage(there=[stranger], answers=stranger)
    await stage.look()
    assert (stage.hub.there, "delete" in stage.hub.asked) == ([stranger], False)
    assert stage.now_wanted.status.machine_id is None
    assert "was there before" in stage.says("Stalled")[2]


async def test_what_cannot_be_taken_off_stays_on_record_until_it_can():
    stage = on_a_stage(keeps=Forbidden("you may not"))
    await stage.look()
    assert stage.now_wanted.status.machine_id == "101"
    assert "you may not" in stage.says("Stalled")[2]
    await stage.goes_by(600.0)
    assert stage.hub.made == 1
    stage.hub.keeps = None
    await stage.goes_by(61.0)
    assert (stage.hub.there, stage.now_wanted.status.machine_id) == ([], None)


async def test_what_is_told_of_it_speaks_of_another_create_only_once_it_is_taken_off():
    stage, again = on_a_stage(keeps=Forbidden("you may not")), "tried again ever more rarely"
    await stage.look()
    assert again not in stage.says("Stalled")[2]
    stage.hub.keeps = None
    while stage.hub.there:
        await stage.goes_by(1.0)
    assert stage.hub.made == 1
    assert again in stage.says("Stalled")[2]


async def test_what_could_not_be_taken_off_goes_with_the_object():
    stage = on_a_stage(keeps=Forbidden("you may not"))
    await stage.look()
    stage.hub.keeps = None
    stage.delete()
    await stage.goes_by(61.0)
    assert (stage.hub.there, stage.now_wanted.metadata.finalizers) == ([], ())


@pytest.mark.parametrize("name", [OTHER, ""])
async def test_a_deletion_tells_of_what_it_cannot_recognise(name):
    stage = Stage(held_agent(status=RECORDED, deleted_at=at(1000.0).utc))
    stage.hub.there = [found(hostName=name)]
    await stage.look()
    assert stage.told == ["MachineLeftBehind"]
    assert (len(stage.hub.there), stage.now_wanted.metadata.finalizers) == (1, ())


async def test_a_deletion_tells_nothing_of_what_is_gone():
    stage = Stage(held_agent(status=RECORDED, deleted_at=at(1000.0).utc))
    await stage.look()
    assert (stage.told, stage.now_wanted.metadata.finalizers) == ([], ())


async def test_what_we_created_and_somebody_renamed_is_told_as_left_behind():
    stage = Stage(held_agent(status=RECORDED))
    await stage.listed(found(hostName=OTHER))
    await stage.look()
    assert "MachineLeftBehind" in stage.told


@pytest.mark.parametrize(
    ("refusal", "creates", "told"),
    [
        pytest.param(Rejected("no"), 9, ["Rejected"], id="refused"),
        pytest.param(Unreachable("no connection"), 16, [], id="not reached: no event"),
    ],
)
async def test_a_refused_create_is_tried_ever_more_rarely(refusal, creates, told):
    stage = on_a_stage(called=HOST, refusal=refusal)
    await stage.goes_by(3600.0)
    assert stage.hub.asked.count("create") == creates
    assert len(stage.cluster.held) == 2 * creates
    assert "ever more rarely" in stage.says("Ready")[2]
    assert stage.told == told


async def test_a_refusal_is_told_all_the_while():
    stage = on_a_stage(called=HOST, refusal=Rejected("no"))
    await stage.look()
    before = stage.now_wanted.status
    await stage.goes_by(1800.0)
    assert stage.now_wanted.status == before


async def test_what_registered_itself_meanwhile_is_adopted_within_a_minute():
    stage = on_a_stage(called=HOST, refusal=Rejected("no"))
    await stage.goes_by(3600.0)
    stage.hub.there = [found("7")]
    await stage.goes_by(61.0)
    assert stage.now_wanted.status.machine_id == "7"
    assert stage.says("Ready")[0] == "True"


async def test_a_twin_that_comes_after_a_create_is_told_until_it_is_gone():
    stage = on_a_stage(called=HOST)
    await stage.goes_by(60.0)
    (ours,) = stage.hub.there
    stage.hub.there = [ours, found("102")]
    await stage.goes_by(300.0)
    assert stage.says("Synced")[:2] == ("False", "Conflict")
    assert "remove 102 there" in stage.says("Ready")[2]
    stage.hub.there = [ours]
    await stage.goes_by(300.0)
    assert stage.says("Synced")[:2] == ("True", "Synced")
    assert (stage.hub.made, "delete" in stage.hub.asked) == (1, False)


async def test_what_was_created_is_looked_up_by_name_once_and_then_left_alone():
    stage = on_a_stage(called=HOST)
    await stage.goes_by(600.0)
    assert (await stage.look()).look_again is None
    assert stage.now_wanted.status.machine_id == "101"


async def test_what_was_there_before_is_left_alone_although_its_list_was_let_go_of_meanwhile():
    stranger = found("101", hostName=OTHER)
    stage = on_a_stage(there=[stranger], answers=stranger)
    stage.cluster.after_write = stage.forget_lists
    await stage.look()
    assert (stage.hub.there, "delete" in stage.hub.asked) == ([stranger], False)
    assert "was there before" in stage.says("Stalled")[2]


async def misnamed_unread(stage: Stage) -> Stage:
    """What was created has another name, which was not read then."""
    stage.hub.silent = Unreachable("no answer")
    await stage.look()
    stage.hub.silent = None
    assert (stage.hub.made, len(stage.hub.there)) == (1, 1)
    return stage


async def test_what_is_called_otherwise_is_taken_off_also_when_its_name_is_read_later():
    stage = await misnamed_unread(on_a_stage())
    await stage.goes_by(61.0)
    assert (stage.hub.made, stage.hub.there) == (1, [])
    assert "it was taken off again" in stage.says("Stalled")[2]
    assert "MachineLeftBehind" not in stage.told


async def test_what_is_called_otherwise_and_was_not_read_goes_with_the_object():
    stage = await misnamed_unread(on_a_stage())
    stage.delete()
    await stage.look()
    assert (stage.hub.there, stage.now_wanted.metadata.finalizers) == ([], ())


async def test_what_was_there_before_is_left_alone_also_when_its_name_is_read_later():
    stranger = found("101", hostName=OTHER)
    stage = on_a_stage(there=[stranger], answers=stranger, silent=Unreachable("no answer"))
    await stage.look()
    stage.hub.silent = None
    await stage.goes_by(61.0)
    assert (stage.hub.there, "delete" in stage.hub.asked) == ([stranger], False)


@pytest.mark.parametrize("fate", [Unreachable("no answer"), None], ids=["unread", "read"])
async def test_what_had_its_name_and_somebody_renamed_is_left_alone(fate):
    stage = on_a_stage(called=HOST, silent=fate)
    await stage.look()
    stage.hub.silent = None
    await stage.goes_by(61.0)
    stage.hub.there = [found(hostName=OTHER)]
    await stage.goes_by(61.0)
    assert ("MachineLeftBehind" in stage.told, "delete" in stage.hub.asked) == (True, False)
