"""The control API of agents and docker hosts: what may happen to them."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from contract.simulator_client import Api, opened

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


async def shown(api: Api, number: int) -> dict[str, object]:
    found: dict[str, object] = (await api.get(f"/rest/agents/{number}")).json
    return found


async def test_a_machine_is_registered_by_a_stranger_and_retired(api: Api) -> None:
    wanted = {"owner": "somebody", "spaceId": "demo", "members": {"hostName": HOST}}
    made = (await api.control("POST", "agents", {**wanted, "projects": ["1050"]})).json
    project = (await api.get("/rest/projects/1050/agents")).json
    gone = await api.control("DELETE", f"agents/{made['id']}")
    assert ([it["owner"] for it in project], gone.status) == (["somebody"], 204)
    assert (await api.control("GET", f"agents/{made['id']}")).status == 404


async def test_an_agent_is_lost_occupied_and_registered_anew(api: Api) -> None:
    number, seen = defined(api, version="1", ram="17 GB"), []
    for change in (
        {"busy": True},
        {"contact": "lost"},
        {"contact": "keeps", "busy": False},
        {"members": {"version": "2", "ram": None}},
        {"members": {"state": "DRAINING"}},
    ):
        await api.control("PATCH", f"agents/{number}", change)
        agent = await shown(api, number)
        seen.append((agent["state"], agent["version"], agent["ram"]))
    assert seen == [
        ("BUSY", "1", "17 GB"),
        ("LOST", "1", "17 GB"),
        ("AVAILABLE", "1", "17 GB"),
        ("AVAILABLE", "2", None),
        ("DRAINING", "2", None),
    ]


async def test_a_lost_agent_that_registers_anew_is_back(api: Api) -> None:
    number = defined(api, version="1")
    await api.control("PATCH", f"agents/{number}", {"contact": "lost"})
    anew = {"contact": "keeps", "members": {"version": "2"}}
    await api.control("PATCH", f"agents/{number}", anew)
    agent = await shown(api, number)
    assert (agent["state"], agent["version"]) == ("AVAILABLE", "2")


@pytest.mark.parametrize("form", ["replace", "merge"])
async def test_a_forced_state_is_taken_back_as_it_was_shown_and_stays(api: Api, form: str) -> None:
    api.simulator.change(machine_put=form)
    number = defined(api)
    await api.control("PATCH", f"agents/{number}", {"members": {"state": "ODD"}})
    seen = await shown(api, number)
    back = await api.ask("PUT", "/rest/agents", json={**seen, "version": "2"})
    other = await api.ask("PUT", "/rest/agents", json={**seen, "state": "EVEN"})
    agent = await shown(api, number)
    assert (back.status, other.status) == (200, 400)
    assert (agent["state"], agent["version"]) == ("ODD", "2")


async def test_an_agent_that_stops_is_lost_later(api: Api) -> None:
    number = defined(api)
    await api.control("PATCH", f"agents/{number}", {"contact": "stops"})
    before = await shown(api, number)
    api.simulator.clock.advance(61)
    assert (before["state"], (await shown(api, number))["state"]) == ("AVAILABLE", "LOST")


async def test_others_associate_and_dissociate(api: Api) -> None:
    number = defined(api)
    await api.control("PATCH", f"agents/{number}", {"associate": ["1050", "1100"]})
    reply = await api.control("PATCH", f"agents/{number}", {"dissociate": ["1050"]})
    assert reply.json["projects"] == ["1100"]


async def test_the_control_api_tells_a_key_by_its_digest(api: Api) -> None:
    await api.ask("POST", "/rest/dockerhosts", json={"hostName": HOST, **KEYS})
    (found,) = (await api.control("GET", "docker-hosts")).json
    assert found["members"]["caCert"] == "CA"
    assert found["members"]["clientKey"] == hashlib.sha256(b"KEY").hexdigest()


async def test_scripted_connections_are_shown_and_forgotten(api: Api) -> None:
    await api.control("POST", "docker-connections", {"host": HOST, "status": "ODD"})
    before = (await api.control("GET", "docker-connections")).json
    await api.control("DELETE", "docker-connections")
    after = (await api.control("GET", "docker-connections")).json
    assert ([it["status"] for it in before], after) == (["ODD"], [])


@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("PATCH", "agents/999", {}),
        ("GET", "docker-hosts/x", None),
        ("DELETE", "agents/999", None),
    ],
)
async def test_an_unknown_machine_is_404_in_the_control_api(
    api: Api, method: str, path: str, json: object
) -> None:
    assert (await api.control(method, path, json)).status == 404


async def test_a_change_with_an_unknown_member_is_refused(api: Api) -> None:
    reply = await api.control("PATCH", f"agents/{defined(api)}", {"state": "LOST"})
    assert (reply.status, "state" in reply.json["message"]) == (400, True)


async def test_ids_are_never_given_twice_not_even_after_a_reset(api: Api) -> None:
    first = defined(api)
    api.simulator.reset()
    assert ([*api.simulator.agents], defined(api) > first) == ([], True)
