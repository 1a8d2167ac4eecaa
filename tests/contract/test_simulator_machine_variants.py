"""Agents and docker hosts: every way in which servers differ, and what goes wrong."""

from collections.abc import AsyncIterator

import pytest

from contract.simulator_client import Api, opened
from execution_simulator.faults import AnswerStatus, LoseAnswer, RemoveMachine

HOST = "LoadGen-1.example.com"
KEYS = {"caCert": "CA", "clientCert": "CERT", "clientKey": "KEY"}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


def defined(api: Api, **members: object) -> int:
    return api.simulator.agents.add(
        {"hostName": HOST, **members},  # type: ignore[dict-item]
        now=api.simulator.clock.now(),
    ).id


async def put(api: Api, number: int, **members: object) -> int:
    body = {"id": number, "hostName": HOST, **members}
    return (await api.ask("PUT", "/rest/agents", json=body)).status


async def shown(api: Api, number: int) -> dict[str, object]:
    found: dict[str, object] = (await api.get(f"/rest/agents/{number}")).json
    return found


@pytest.mark.parametrize(("form", "left"), [("replace", None), ("merge", "17 GB")])
async def test_a_put_replaces_or_merges(api: Api, form: str, left: str | None) -> None:
    api.simulator.change(machine_put=form)
    number = defined(api, ram="17 GB")
    await put(api, number, type="x")
    agent = await shown(api, number)
    assert (agent["type"], agent["ram"]) == ("x", left)


async def test_a_member_beyond_the_seed_is_taken_back_and_lost_where_a_put_replaces(
    api: Api,
) -> None:
    number = defined(api, rack="4")
    assert await put(api, number, rack="4") == 200
    kept = (await shown(api, number))["rack"]
    assert await put(api, number) == 200
    assert (kept, "rack" in await shown(api, number)) == ("4", False)
    assert await put(api, number, rack="4") == 400


async def test_ids_can_be_strings_and_are_taken_back_as_strings_only(api: Api) -> None:
    api.simulator.change(machine_ids="string")
    number = defined(api)
    listed = (await api.get("/rest/agents")).json[0]["id"]
    body = {"id": listed, "hostName": HOST}
    statuses = [
        (await api.ask("PUT", "/rest/agents", json=it)).status for it in (body, {**body, "id": 1})
    ]
    assert (listed, statuses) == (str(number), [200, 404])
    assert await put(api, number) == 400


async def test_lists_can_be_pages(api: Api) -> None:
    api.simulator.change(machine_lists="page", page_size_cap=2)
    numbers = [defined(api, hostName=f"h{index}") for index in range(3)]
    pages = [(await api.get(f"/rest/agents?page={page}")).json for page in range(2)]
    assert [it["id"] for page in pages for it in page["content"]] == numbers
    assert [page["last"] for page in pages] == [False, True]


async def test_the_users_level_can_show_what_is_in_team_spaces(api: Api) -> None:
    api.simulator.change(user_level="all")
    added = api.simulator.agents.add({"hostName": HOST}, now=0, space_id="demo")
    assert [it["id"] for it in (await api.get("/rest/agents")).json] == [added.id]
    assert (await api.get(f"/rest/agents/{added.id}")).status == 200


async def test_a_server_can_keep_host_names_in_lower_case(api: Api) -> None:
    api.simulator.change(host_names="lower")
    assert (await shown(api, defined(api)))["hostName"] == HOST.lower()


@pytest.mark.parametrize("collection", ["agents", "dockerhosts"])
async def test_a_server_can_keep_host_names_with_a_domain(api: Api, collection: str) -> None:
    api.simulator.change(host_names="qualified")
    kept = []
    for name in ("LoadGen-1", HOST):
        made = await api.ask("POST", f"/rest/{collection}", json={"hostName": name})
        one = await api.get(f"/rest/{collection}/{made.json['id']}")
        kept += [made.json["hostName"], one.json["hostName"]]
    assert kept == [HOST] * 4


@pytest.mark.parametrize(("answer", "count"), [(201, 2), (409, 1)])
async def test_a_host_name_can_be_taken(api: Api, answer: int, count: int) -> None:
    api.simulator.change(duplicate_host=answer)
    defined(api)
    reply = await api.ask("POST", "/rest/agents", json={"hostName": HOST.upper()})
    assert (reply.status, len([*api.simulator.agents])) == (answer, count)


@pytest.mark.parametrize(("answer", "count"), [(201, 2), (409, 1)])
async def test_an_address_without_a_host_name_can_be_taken(
    api: Api, answer: int, count: int
) -> None:
    api.simulator.change(duplicate_host=answer)
    bodies = [{"ipAddress": "2001:db8::7"}, {"ipAddress": "2001:DB8:0::7"}]
    replies = [await api.ask("POST", "/rest/dockerhosts", json=it) for it in bodies]
    assert [it.status for it in replies] == [201, answer]
    assert len([*api.simulator.docker_hosts]) == count


async def test_an_address_beside_a_host_name_is_never_taken(api: Api) -> None:
    api.simulator.change(duplicate_host=409)
    bodies = [{"ipAddress": "192.0.2.7", "hostName": name} for name in ("h1", "h2")]
    replies = [await api.ask("POST", "/rest/dockerhosts", json=it) for it in bodies]
    assert [it.status for it in replies] == [201, 201]


async def test_a_host_name_of_another_level_is_never_taken(api: Api) -> None:
    api.simulator.change(duplicate_host=409)
    defined(api)
    reply = await api.ask("POST", "/rest/spaces/demo/agents", json={"hostName": HOST})
    assert reply.status == 201


@pytest.mark.parametrize("status", [200, 404])
async def test_a_delete_of_an_unknown_machine_is_answered_as_the_settings_say(
    api: Api, status: int
) -> None:
    api.simulator.change(unknown_machine_delete=status)
    assert (await api.ask("DELETE", "/rest/agents/999")).status == status


@pytest.mark.parametrize("status", [200, 404])
async def test_a_dissociation_of_what_is_none_is_answered_as_the_settings_say(
    api: Api, status: int
) -> None:
    api.simulator.change(unknown_dissociation=status)
    reply = await api.ask("DELETE", f"/rest/projects/1050/agents/{defined(api)}")
    assert reply.status == status


async def test_a_living_agent_can_be_kept_until_it_is_lost(api: Api) -> None:
    api.simulator.change(live_agent_delete=409)
    number = defined(api)
    alive = await api.ask("DELETE", f"/rest/agents/{number}")
    await api.control("PATCH", f"agents/{number}", {"contact": "lost"})
    lost = await api.ask("DELETE", f"/rest/agents/{number}")
    assert (alive.status, lost.status) == (409, 200)


async def test_an_association_can_be_answered_with_nothing(api: Api) -> None:
    api.simulator.change(association_answer="empty")
    reply = await api.ask("POST", f"/rest/projects/1050/agents/{defined(api)}")
    assert (reply.status, reply.text) == (200, "")


async def test_machines_of_others_can_be_theirs_alone(api: Api) -> None:
    api.simulator.change(foreign_machines="forbidden")
    number = defined(api)
    await api.control("PATCH", f"agents/{number}", {"owner": "somebody"})
    one = f"/rest/agents/{number}"
    statuses = [
        (await api.ask(method, path)).status
        for method, path in (
            ("GET", one),
            ("DELETE", one),
            ("POST", f"/rest/projects/1050/agents/{number}"),
        )
    ]
    assert [*statuses, await put(api, number)] == [200, 403, 403, 403]


async def test_what_others_associated_can_be_theirs_alone(api: Api) -> None:
    number = defined(api)
    theirs = {"owner": "somebody", "associate": ["1050"]}
    await api.control("PATCH", f"agents/{number}", theirs)
    api.simulator.change(foreign_machines="forbidden")
    reply = await api.ask("DELETE", f"/rest/projects/1050/agents/{number}")
    found = (await api.control("GET", f"agents/{number}")).json
    assert (reply.status, found["projects"]) == (403, ["1050"])


async def test_a_filter_can_only_sort(api: Api) -> None:
    api.simulator.change(agent_filter="sorts")
    plain, able = defined(api), defined(api, capabilities=[{"name": "java"}])
    found = (await api.get("/rest/agents?filter=amF2YQ==")).json
    assert [it["id"] for it in found] == [able, plain]


async def test_a_defined_agent_can_be_lost_until_its_program_is_started(api: Api) -> None:
    api.simulator.change(new_agent="lost")
    created = (await api.ask("POST", "/rest/agents", json={"hostName": HOST})).json
    await api.control("PATCH", f"agents/{created['id']}", {"contact": "keeps"})
    assert (created["state"], created["contactTime"]) == ("LOST", None)
    assert (await shown(api, created["id"]))["state"] == "AVAILABLE"


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("retired", "application/json"), ("retiredPage", "text/html")],
)
async def test_docker_hosts_can_be_retired(api: Api, form: str, content_type: str) -> None:
    number = api.simulator.docker_hosts.add({"hostName": HOST}, now=0).id
    api.simulator.change(docker_hosts=form)
    replies = [
        await api.ask(method, f"/rest{path}", json=body)
        for method, path, body in (
            ("GET", "/dockerhosts", None),
            ("POST", "/dockerhosts", {"hostName": HOST}),
            ("PUT", "/dockerhosts", {"id": number, "hostName": HOST}),
            ("GET", f"/dockerhosts/{number}", None),
            ("DELETE", f"/dockerhosts/{number}", None),
            ("GET", f"/dockerhosts/{number}/status", None),
            ("POST", "/dockerhosts/testconnection", {"hostName": HOST}),
            ("GET", "/spaces/demo/dockerhosts", None),
            ("GET", "/projects/1050/dockerhosts", None),
            ("POST", f"/projects/1050/dockerhosts/{number}", None),
            ("DELETE", f"/projects/1050/dockerhosts/{number}", None),
        )
    ]
    assert {reply.status for reply in replies} == {404}
    assert {reply.headers["Content-Type"].partition(";")[0] for reply in replies} == {content_type}
    assert (await api.get("/rest/agents")).status == 200


async def test_keys_can_be_masked_and_a_mask_that_comes_back_is_the_key_from_then_on(
    api: Api,
) -> None:
    api.simulator.change(docker_keys="masked")
    host = api.simulator.docker_hosts.add({"hostName": HOST, **KEYS}, now=0)
    found = (await api.get(f"/rest/dockerhosts/{host.id}")).json
    await api.ask("PUT", "/rest/dockerhosts", json=found)
    assert found["clientKey"] == host.members["clientKey"] == "********"


async def test_keys_that_a_put_leaves_out_are_lost_where_it_replaces(api: Api) -> None:
    host = api.simulator.docker_hosts.add({"hostName": HOST, **KEYS}, now=0)
    await api.ask("PUT", "/rest/dockerhosts", json={"id": host.id, "hostName": HOST})
    assert "clientKey" not in host.members


async def test_the_info_of_a_docker_host_can_be_null(api: Api) -> None:
    api.simulator.change(docker_info="null")
    reply = await api.ask("POST", "/rest/dockerhosts/testconnection", json={"hostName": HOST})
    assert (reply.json["status"], reply.json["info"]) == ("SUCCESS", None)


async def test_null_members_can_be_left_out(api: Api) -> None:
    api.simulator.change(nulls="absent")
    found = await shown(api, defined(api))
    assert set(found) == {"id", "hostName", "owner", "state", "contactTime", "engineListSize"}


async def test_the_answer_of_a_create_can_be_lost_when_the_agent_is_there(api: Api) -> None:
    api.simulator.faults.add(LoseAnswer(operation="create_agent"))
    with pytest.raises(Exception, match="disconnected"):
        await api.ask("POST", "/rest/agents", json={"hostName": HOST})
    assert len((await api.get("/rest/agents")).json) == 1


@pytest.mark.parametrize(("status", "body"), [(409, "json"), (404, "json"), (404, "html")])
async def test_an_update_can_be_refused(api: Api, status: int, body: str) -> None:
    number = defined(api, type="a")
    api.simulator.faults.add(AnswerStatus(operation="update_agent", status=status, body=body))
    assert await put(api, number, type="b") == status
    assert (await shown(api, number))["type"] == "a"


@pytest.mark.parametrize(("replace", "total"), [(False, 4), (True, 5)], ids=["less", "as many"])
async def test_one_that_goes_between_two_pages_shifts_the_second(
    api: Api, *, replace: bool, total: int
) -> None:
    api.simulator.change(machine_lists="page", page_size_cap=3)
    numbers = [defined(api, hostName=f"h{index}") for index in range(5)]
    gone = RemoveMachine(operation="list_agents", id=numbers[0], replace=replace)
    api.simulator.faults.add(gone)
    first, second = [(await api.get(f"/rest/agents?page={page}")).json for page in range(2)]
    shown = [it["id"] for page in (first, second) for it in page["content"]]
    assert (first["totalElements"], second["totalElements"]) == (5, total)
    assert shown[:4] == [*numbers[:3], numbers[4]]
    assert len(shown) == total


async def test_one_that_comes_in_place_of_another_has_its_level_and_projects(api: Api) -> None:
    shelf = api.simulator.docker_hosts
    host = shelf.add({"hostName": HOST}, now=0, space_id="demo", projects=("1050",))
    agent = defined(api)
    gone = RemoveMachine(operation="list_project_docker_hosts", id=host.id, replace=True)
    api.simulator.faults.add(gone)
    await api.get("/rest/projects/1050/dockerhosts")
    (other,) = shelf
    assert (other.space_id, [*other.projects], other.id != host.id) == ("demo", ["1050"], True)
    assert api.simulator.agents.get(agent) is not None


async def test_the_right_answer_comes_where_one_goes_that_is_not_there(api: Api) -> None:
    gone = RemoveMachine(operation="get_agent", id=999, replace=True)
    api.simulator.faults.add(gone)
    number = defined(api)
    assert (await shown(api, number))["id"] == number
    assert len([*api.simulator.agents]) == 1
