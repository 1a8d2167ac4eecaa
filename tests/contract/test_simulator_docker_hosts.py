"""Docker hosts of the simulator: keys, connections, status, and the answers of seed 000."""

from collections.abc import AsyncIterator

import pytest

from contract.simulator_client import Api, opened

HOST = "LoadGen-1.example.com"
LEVELS = pytest.mark.parametrize("level", ["", "/spaces/demo"], ids=["user", "space"])


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


async def made(api: Api, level: str = "", **members: object) -> int:
    reply = await api.ask("POST", f"/rest{level}/dockerhosts", json={"hostName": HOST, **members})
    assert reply.status == 201, reply.text
    number = reply.json["id"]
    assert isinstance(number, int)
    return number


async def test_certificates_and_key_of_a_docker_host_are_never_shown_nor_written_down(
    api: Api,
) -> None:
    keys = {"caCert": "CA-PEM", "clientCert": "CERT-PEM", "clientKey": "KEY-PEM"}
    number = await made(api, secure=True, **keys)
    shown = (await api.get(f"/rest/dockerhosts/{number}")).json
    assert [shown[name] for name in keys] == [None, None, None]
    (seen,) = api.simulator.requests.read("create_docker_host")
    assert "KEY-PEM" not in str(seen)
    assert "KEY-PEM" not in (await api.control("GET", "docker-hosts")).text


async def test_a_docker_host_lists_its_projects_and_space_as_strings(api: Api) -> None:
    number = await made(api, "/spaces/demo")
    for project in ("1050", "1100"):
        await api.ask("POST", f"/rest/projects/{project}/dockerhosts/{number}")
    shown = (await api.get(f"/rest/spaces/demo/dockerhosts/{number}")).json
    assert (shown["projectList"], shown["teamSpaceList"]) == ("1050,1100", "demo")


async def test_a_connection_is_tested_with_200_whatever_comes_of_it(api: Api) -> None:
    await api.control(
        "POST", "docker-connections", {"host": HOST, "status": "FAILURE", "reachable": False}
    )
    replies = [
        await api.ask("POST", "/rest/dockerhosts/testconnection", json=body)
        for body in ({"hostName": "docker-1"}, {"hostName": HOST})
    ]
    assert [reply.status for reply in replies] == [200, 200]
    assert [reply.json["status"] for reply in replies] == ["SUCCESS", "FAILURE"]
    assert replies[0].json["info"]["osArch"] == "linux/amd64"
    assert (set(replies[1].json), replies[1].json["info"]) == ({"status", "reason", "info"}, None)
    assert (await api.get("/rest/dockerhosts")).json == []


async def test_a_secured_docker_host_needs_all_three_keys_to_be_reached(api: Api) -> None:
    body = {"hostName": HOST, "secure": True, "caCert": "a", "clientCert": "b"}
    words = [
        (await api.ask("POST", "/rest/dockerhosts/testconnection", json=it)).json["status"]
        for it in (body, {**body, "clientKey": "c"})
    ]
    assert words == ["FAILURE", "SUCCESS"]


@LEVELS
async def test_the_status_of_a_docker_host_is_shown(api: Api, level: str) -> None:
    number = await made(api, level)
    shown = (await api.get(f"/rest{level}/dockerhosts/{number}/status")).json
    assert shown["status"] == "SUCCESS"


async def test_no_status_of_a_docker_host_at_a_projects_level(api: Api) -> None:
    number = await made(api)
    assert (await api.get(f"/rest/projects/1050/dockerhosts/{number}/status")).status == 404
