"""Agents and docker hosts of the simulator: the paths, bodies and answers of seed 000."""

import base64
import json
from collections.abc import AsyncIterator

import pytest

from contract.simulator_client import Api, opened

HOST = "LoadGen-1.example.com"
LEVELS = pytest.mark.parametrize("level", ["", "/spaces/demo"], ids=["user", "space"])
SORTS = pytest.mark.parametrize("sort", ["agents", "dockerhosts"])
JAVA = {"name": "java", "version": "17", "category": "SYSTEM"}
AGENT_MEMBERS = {
    *("id", "hostName", "ipAddress", "owner", "type", "version", "operatingSystem"),
    *("architecture", "ram", "licenseType", "pollInterval", "engineListSize", "contactTime"),
    *("capabilities", "matchSpecifics", "state", "rtbState", "rtbContactTime"),
}
DOCKER_MEMBERS = {
    *("id", "username", "info", "name", "hostName", "ipAddress", "port", "owner", "type"),
    *("projectList", "teamSpaceList", "secure", "caCert", "clientCert", "clientKey"),
}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


async def made(api: Api, sort: str = "agents", level: str = "", **members: object) -> int:
    reply = await api.ask("POST", f"/rest{level}/{sort}", json={"hostName": HOST, **members})
    assert reply.status == 201, reply.text
    number = reply.json["id"]
    assert isinstance(number, int)
    return number


@SORTS
@LEVELS
async def test_a_machine_is_defined_read_changed_and_removed(
    api: Api, sort: str, level: str
) -> None:
    number = await made(api, sort, level, type="a")
    one = f"/rest{level}/{sort}/{number}"
    first = (await api.get(one)).json
    path = one if level else f"/rest/{sort}"
    changed = await api.ask("PUT", path, json={"id": number, "hostName": HOST, "type": "b"})
    listed = (await api.get(f"/rest{level}/{sort}")).json
    removed = await api.ask("DELETE", one)
    assert (first["type"], changed.json["type"], listed) == ("a", "b", [changed.json])
    assert (changed.status, removed.status, removed.text) == (200, 200, "")
    assert (await api.get(one)).status == 404


@SORTS
@LEVELS
async def test_a_put_of_what_was_never_defined_is_404(api: Api, sort: str, level: str) -> None:
    path = f"/rest{level}/{sort}" + ("/999" if level else "")
    reply = await api.ask("PUT", path, json={"id": 999, "hostName": HOST})
    assert (reply.status, set(reply.json)) == (404, {"status", "code", "message"})


@SORTS
async def test_no_put_by_id_at_the_users_level_and_none_without_in_a_space(
    api: Api, sort: str
) -> None:
    number, body = await made(api, sort), {"hostName": HOST}
    assert (await api.ask("PUT", f"/rest/{sort}/{number}", json=body)).status == 405
    assert (await api.ask("PUT", f"/rest/spaces/demo/{sort}", json=body)).status == 405


@SORTS
async def test_a_put_at_the_users_level_needs_an_id_in_its_body(api: Api, sort: str) -> None:
    reply = await api.ask("PUT", f"/rest/{sort}", json={"hostName": HOST})
    assert (reply.status, reply.json["message"]) == (400, "id: is required")


@SORTS
async def test_a_put_of_a_space_with_another_id_in_its_body_is_refused(api: Api, sort: str) -> None:
    number = await made(api, sort, "/spaces/demo")
    path = f"/rest/spaces/demo/{sort}/{number}"
    assert (await api.ask("PUT", path, json={"id": 1, "hostName": HOST})).status == 400


@SORTS
async def test_a_machine_of_a_space_is_none_of_the_users_level(api: Api, sort: str) -> None:
    number = await made(api, sort, "/spaces/demo")
    assert (await api.get(f"/rest/{sort}")).json == []
    assert (await api.get(f"/rest/{sort}/{number}")).status == 404


@SORTS
async def test_a_project_shows_what_is_associated_with_it_until_it_is_dissociated(
    api: Api, sort: str
) -> None:
    number = await made(api, sort)
    ours, other = f"/rest/projects/1050/{sort}", f"/rest/projects/1100/{sort}"
    before = await api.get(f"{ours}/{number}")
    associated = [await api.ask("POST", f"{ours}/{number}") for _ in range(2)]
    shown, elsewhere = (await api.get(ours)).json, (await api.get(other)).json
    one = await api.get(f"{ours}/{number}")
    removed = await api.ask("DELETE", f"{ours}/{number}")
    assert [reply.status for reply in (before, *associated, removed)] == [404, 200, 200, 200]
    assert ([it["id"] for it in shown], elsewhere, one.json["id"]) == ([number], [], number)
    assert (await api.get(ours)).json == []


@SORTS
async def test_a_removed_machine_is_gone_from_its_projects(api: Api, sort: str) -> None:
    number = await made(api, sort)
    await api.ask("POST", f"/rest/projects/1050/{sort}/{number}")
    await api.ask("DELETE", f"/rest/{sort}/{number}")
    assert (await api.get(f"/rest/projects/1050/{sort}")).json == []


@SORTS
async def test_an_association_takes_no_body(api: Api, sort: str) -> None:
    number = await made(api, sort)
    reply = await api.ask("POST", f"/rest/projects/1050/{sort}/{number}", json={})
    assert (reply.status, reply.json["message"]) == (400, "an association has no body")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/rest/projects/1050/agents/999", 404),
        ("POST", "/rest/projects/7/agents/101", 404),
        ("GET", "/rest/agents/abc", 400),
        ("GET", "/rest/projects/1050/agents/999", 404),
        ("GET", "/rest/projects/7/dockerhosts/51", 404),
        ("GET", "/rest/projects/1050/dockerhosts/x", 400),
        ("GET", "/rest/spaces/nowhere/agents", 404),
        ("POST", "/rest/projects/1050/dockerhosts/x", 400),
        ("GET", "/rest/dockerhosts/999/status", 404),
        ("GET", "/rest/agents?all=maybe", 400),
        ("GET", "/rest/agents?filter=%21", 400),
    ],
)
async def test_what_does_not_exist_or_is_no_number_is_refused(
    api: Api, method: str, path: str, status: int
) -> None:
    reply = await api.ask(method, path)
    assert (reply.status, set(reply.json)) == (status, {"status", "code", "message"})


@pytest.mark.parametrize(
    ("sort", "members", "told"),
    [
        ("agents", {"surprise": 1}, "surprise"),
        ("agents", {"hostName": None}, "hostName"),
        ("agents", {"hostName": ""}, "hostName"),
        ("agents", {"ram": 1024}, "ram"),
        ("agents", {"pollInterval": "5000"}, "pollInterval"),
        ("agents", {"pollInterval": 2**63}, "pollInterval"),
        ("agents", {"engineListSize": 2**31}, "engineListSize"),
        ("agents", {"state": "WELL"}, "state"),
        ("agents", {"capabilities": {}}, "capabilities"),
        ("agents", {"capabilities": [JAVA, JAVA]}, "unique"),
        ("agents", {"capabilities": [{"category": "OTHER"}]}, "category"),
        ("agents", {"capabilities": [{"value": [{"capability": [{"x": 1}]}]}]}, "x"),
        ("agents", {"id": "7"}, "id: must be a number"),
        ("dockerhosts", {"surprise": 1}, "surprise"),
        ("dockerhosts", {"port": 2376}, "port"),
        ("dockerhosts", {"secure": "true"}, "secure"),
        ("dockerhosts", {"projectList": ["1050"]}, "projectList"),
        ("dockerhosts", {"info": {"x": 1}}, "info.x"),
    ],
    ids=str,
)
async def test_a_wrong_body_is_refused_and_defines_nothing(
    api: Api, sort: str, members: dict[str, object], told: str
) -> None:
    reply = await api.ask("POST", f"/rest/{sort}", json={"hostName": HOST, **members})
    assert (reply.status, told in reply.json["message"]) == (400, True), reply.text
    assert (await api.get(f"/rest/{sort}")).json == []


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'"x"'])
async def test_a_body_that_is_no_object_is_refused(api: Api, data: bytes) -> None:
    reply = await api.ask(
        "POST", "/rest/agents", data=data, headers={"Content-Type": "application/json"}
    )
    assert reply.status == 400


async def test_a_body_that_is_not_announced_as_json_is_refused(api: Api) -> None:
    assert (await api.ask("POST", "/rest/agents", data=b"{}")).status == 415


async def test_every_call_needs_a_token(api: Api) -> None:
    reply = await api.ask("GET", "/rest/agents", headers={"Authorization": "Bearer no"})
    assert reply.status == 401


@pytest.mark.parametrize(
    ("sort", "members"), [("agents", AGENT_MEMBERS), ("dockerhosts", DOCKER_MEMBERS)]
)
async def test_an_answer_has_the_members_of_the_schema(
    api: Api, sort: str, members: set[str]
) -> None:
    number = await made(api, sort)
    assert set((await api.get(f"/rest/{sort}/{number}")).json) == members


async def test_what_the_server_assigns_is_ignored_in_a_body(api: Api) -> None:
    given = {"id": 7, "owner": "me", "state": "LOST", "contactTime": 1, "engineListSize": 9}
    number = await made(api, **given)
    shown = (await api.get(f"/rest/agents/{number}")).json
    assert {name: shown[name] for name in given} == {
        "id": number,
        "owner": "demo-user",
        "state": "AVAILABLE",
        "contactTime": 1_800_000_000_000,
        "engineListSize": 0,
    }


async def test_only_normalize_writes_a_host_name_in_lower_case(api: Api) -> None:
    number = await made(api)
    lists = [(await api.get(f"/rest/agents{query}")).json for query in ("", "?normalize=true")]
    await api.ask("POST", f"/rest/projects/1050/agents/{number}")
    project = (await api.get("/rest/projects/1050/agents?normalize=true")).json
    names = [found[0]["hostName"] for found in (*lists, project)]
    assert names == [HOST, HOST.lower(), HOST.lower()]


async def test_agents_of_other_users_show_only_where_all_are_asked_for(api: Api) -> None:
    api.simulator.agents.add({"hostName": "theirs"}, now=0, owner="somebody")
    own, everybody = [(await api.get(f"/rest/agents{it}")).json for it in ("", "?all=true")]
    assert (own, [it["owner"] for it in everybody]) == ([], ["somebody"])


async def test_an_agent_that_makes_no_contact_is_lost_after_a_minute(api: Api) -> None:
    number = await made(api)
    agent = api.simulator.agents.get(number)
    assert agent
    agent.silent_since = agent.contact(api.simulator.clock.now())
    states = []
    for seconds in (60, 1):
        api.simulator.clock.advance(seconds)
        states.append((await api.get(f"/rest/agents/{number}")).json["state"])
    assert states == ["AVAILABLE", "LOST"]


async def test_an_agent_in_contact_tells_it_at_its_own_pace(api: Api) -> None:
    number = await made(api, pollInterval=60_000)
    times = []
    for seconds in (59, 1):
        api.simulator.clock.advance(seconds)
        times.append((await api.get(f"/rest/agents/{number}")).json["contactTime"])
    assert times == [1_800_000_000_000, 1_800_000_060_000]


@pytest.mark.parametrize(
    "wanted", ["java", json.dumps(JAVA), json.dumps([{"name": "java"}])], ids=str
)
async def test_a_filter_by_capability_selects_agents_and_sorts_those_of_a_project(
    api: Api, wanted: str
) -> None:
    plain, able = await made(api), await made(api, capabilities=[JAVA])
    for number in (plain, able):
        await api.ask("POST", f"/rest/projects/1050/agents/{number}")
    query = f"?filter={base64.b64encode(wanted.encode()).decode()}"
    selected = (await api.get(f"/rest/agents{query}")).json
    ordered = (await api.get(f"/rest/projects/1050/agents{query}")).json
    assert [it["id"] for it in selected] == [able]
    shown = [(it["id"], it["matchSpecifics"]["match"]) for it in ordered]
    assert shown == [(able, True), (plain, False)]
