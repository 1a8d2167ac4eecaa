"""The client's agents over real HTTP, against the simulator in its variants."""

from collections.abc import AsyncIterator

import pytest

from contract.machines_meeting import EACH_VARIANT, HOST, LEVELS, SPACE, USER, Both, meeting
from contract.simulator_client import START
from execution_operator.remote.errors import (
    Ambiguous,
    Forbidden,
    NotFound,
    ProtocolError,
    Rejected,
    RemoteError,
    Unreachable,
)
from execution_operator.remote.testhub.levels import Level, SpaceLevel
from execution_simulator.faults import AnswerStatus, LoseAnswer, RemoveMachine


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    async with meeting() as met:
        yield met


@LEVELS
@EACH_VARIANT
async def test_an_agents_whole_life(both: Both, level: Level, variant: dict[str, object]) -> None:
    both.server.change(**variant)
    agents = both.hub.agents
    other = await agents.create(level, {"hostName": "other"})
    made = await agents.create(level, {"hostName": HOST, "version": "1", "ram": "17"})
    await agents.update(level, await agents.get(level, made.id), {"version": "2"})
    await agents.associate("1050", made.id)
    await agents.associate("1050", made.id)
    (associated,) = (await agents.list_of_project("1050")).items
    alone = await agents.get_of_project("1050", made.id)
    listed = [agent.id for agent in (await agents.list(level)).items]
    await agents.dissociate("1050", made.id)
    await agents.delete(level, made.id)

    assert (associated.id, associated.version, associated.members["ram"]) == (made.id, "2", "17")
    assert (alone.id, alone.version, alone.members["ram"]) == (made.id, "2", "17")
    assert (associated.is_host(HOST), associated.state) == (True, "AVAILABLE")
    assert listed == [other.id, made.id]
    assert (await agents.list_of_project("1050")).items == ()
    with pytest.raises(NotFound):
        await agents.get(level, made.id)


@pytest.mark.parametrize(
    ("order", "comes"),
    [([0, 1, 3, 4], True), ([0, 1, 3], False)],
    ids=["as many", "less"],
)
async def test_a_list_whose_pages_shifted_tells_what_it_has_and_its_pages(
    both: Both, *, order: list[int], comes: bool
) -> None:
    both.server.change(machine_lists="page", page_size_cap=2)
    ids = [both.agent(hostName=f"h{number}") for number in range(4)]
    gone = RemoveMachine(operation="list_agents", id=int(ids[0]), replace=comes)
    both.server.faults.add(gone)
    found = await both.hub.agents.list(USER)
    ids.append(str(max(int(one.id) for one in found.items)))
    assert [one.id for one in found.items] == [ids[number] for number in order]
    assert (found.pages, found.is_short) == (2, False)


async def test_a_level_lists_its_own(both: Both) -> None:
    mine, spaces = both.agent(), both.agent(space_id="demo")
    found = [(await both.hub.agents.list(level)).items for level in (USER, SPACE)]
    assert [[it.id for it in items] for items in found] == [[mine], [spaces]]


async def test_agents_of_other_users_are_listed(both: Both) -> None:
    both.server.agents.add({"hostName": HOST}, now=START, owner="somebody")
    (found,) = (await both.hub.agents.list(USER)).items
    assert (found.members["owner"], found.host_name) == ("somebody", HOST.lower())


async def test_an_update_leaves_the_host_name_in_its_case(both: Both) -> None:
    found = await both.hub.agents.get(USER, both.agent())
    await both.hub.agents.update(USER, found, {"type": "x"})
    assert [agent.members["hostName"] for agent in both.server.agents] == [HOST]


@LEVELS
async def test_an_update_keeps_what_the_client_does_not_know(both: Both, level: Level) -> None:
    space = level.id if isinstance(level, SpaceLevel) else None
    capabilities = [{"name": "java", "value": [{"capability": [{"key": "k", "hidden": True}]}]}]
    number = both.agent(space_id=space, rack="4", capabilities=capabilities)
    await both.hub.agents.update(level, await both.hub.agents.get(level, number), {"type": "x"})
    (agent,) = both.server.agents
    assert (agent.members["rack"], agent.members["capabilities"]) == ("4", capabilities)


async def test_all_pages_are_read(both: Both) -> None:
    both.server.change(machine_lists="page", page_size_cap=2)
    numbers = [both.agent(hostName=f"h{index}") for index in range(5)]
    for number in numbers:
        await both.hub.agents.associate("1050", number)
    of_level = await both.hub.agents.list(USER)
    of_project = await both.hub.agents.list_of_project("1050")
    assert [agent.id for agent in of_level.items] == numbers
    assert [agent.id for agent in of_project.items] == numbers


async def test_a_taken_host_name_is_rejected_with_409(both: Both) -> None:
    both.server.change(duplicate_host=409)
    both.agent()
    with pytest.raises(Rejected, match="is defined already") as refusal:
        await both.hub.agents.create(USER, {"hostName": HOST})
    assert refusal.value.status == 409


async def test_a_lost_answer_of_a_creation_is_in_doubt_and_it_is_sent_once(both: Both) -> None:
    both.server.faults.add(LoseAnswer(operation="create_agent"))
    with pytest.raises(Ambiguous, match=f'cannot create static agent "{HOST}"'):
        await both.hub.agents.create(USER, {"hostName": HOST})
    assert both.server.requests.counts()["create_agent"] == 1
    assert len([*both.server.agents]) == 1


REPEATABLE = {
    "update_agent": lambda agents, found: agents.update(USER, found, {"type": "x"}),
    "delete_agent": lambda agents, found: agents.delete(USER, found.id),
    "associate_agent": lambda agents, found: agents.associate("1050", found.id),
    "dissociate_agent": lambda agents, found: agents.dissociate("1050", found.id),
}


@pytest.mark.parametrize("operation", REPEATABLE)
async def test_a_lost_answer_of_what_may_be_repeated_is_no_doubt(
    both: Both, operation: str
) -> None:
    agents = both.hub.agents
    found = await agents.get(USER, both.agent())
    both.server.faults.add(LoseAnswer(operation=operation, times=None))
    with pytest.raises(Unreachable):
        await REPEATABLE[operation](agents, found)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (404, "json", NotFound),
        (404, "html", ProtocolError),
        (409, "json", Rejected),
        (200, "html", ProtocolError),
        (403, "json", Forbidden),
        (500, "json", Unreachable),
    ],
)
@LEVELS
async def test_an_update_that_fails_has_its_meaning(
    both: Both, level: Level, status: int, body: str, meaning: type[RemoteError]
) -> None:
    space = level.id if isinstance(level, SpaceLevel) else None
    found = await both.hub.agents.get(level, both.agent(space_id=space))
    both.server.faults.add(AnswerStatus(operation="update_agent", status=status, body=body))
    with pytest.raises(meaning):
        await both.hub.agents.update(level, found, {"type": "x"})


@pytest.mark.parametrize(("project", "machine"), [("1050", "999"), ("7", None), ("1100", None)])
async def test_one_that_a_project_may_not_use_is_not_found_there(
    both: Both, project: str, machine: str | None
) -> None:
    known = both.agent()
    await both.hub.agents.associate("1050", known)
    with pytest.raises(NotFound, match=f'of project "{project}"'):
        await both.hub.agents.get_of_project(project, machine or known)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (404, "html", ProtocolError),
        (200, "html", ProtocolError),
        (200, "empty", ProtocolError),
        (403, "json", Forbidden),
        (502, "html", Unreachable),
    ],
)
async def test_what_a_proxy_says_of_a_project_s_agent_never_means_that_it_is_not_there(
    both: Both, status: int, body: str, meaning: type[RemoteError]
) -> None:
    fault = AnswerStatus(operation="get_project_agent", status=status, body=body, times=None)
    both.server.faults.add(fault)
    with pytest.raises(meaning):
        await both.hub.agents.get_of_project("1050", both.agent())


@pytest.mark.parametrize("answer", [200, 404])
async def test_what_is_gone_already_is_accepted_or_not_found(both: Both, answer: int) -> None:
    both.server.change(unknown_machine_delete=answer, unknown_dissociation=answer)
    for call in (
        both.hub.agents.delete(USER, "999"),
        both.hub.agents.dissociate("1050", "999"),
    ):
        if answer == 200:
            await call
        else:
            with pytest.raises(NotFound, match="is not found"):
                await call


async def test_a_machine_that_the_server_does_not_let_go_is_rejected_with_409(both: Both) -> None:
    both.server.change(live_agent_delete=409)
    with pytest.raises(Rejected) as refusal:
        await both.hub.agents.delete(USER, both.agent())
    assert refusal.value.status == 409


@pytest.mark.parametrize("project", ["7", "1050"])
async def test_an_association_with_what_is_unknown_is_not_found(both: Both, project: str) -> None:
    with pytest.raises(NotFound, match=f'"7" with project "{project}"'):
        await both.hub.agents.associate(project, "7")


async def test_the_fence_is_asked_before_every_write(both: Both) -> None:
    asked: list[bool] = []
    agents = both.hub.agents

    def ask() -> None:
        asked.append(True)

    made = await agents.create(USER, {"hostName": HOST}, before_bytes=ask)
    await agents.update(USER, made, {"type": "x"}, before_bytes=ask)
    await agents.associate("1050", made.id, before_bytes=ask)
    await agents.dissociate("1050", made.id, before_bytes=ask)
    await agents.delete(USER, made.id, before_bytes=ask)
    assert len(asked) == 5
