"""The control API: scripting the simulator and looking into it, over HTTP."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from contract.simulator_client import SMOKE, START, TOKEN, Api, opened
from execution_simulator import Simulator, serve

EXECUTIONS = "/rest/projects/1050/executions/"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


async def test_it_asks_for_no_token_and_is_not_below_the_context_path(api: Api) -> None:
    async with aiohttp.ClientSession() as anybody:
        root = api.url.removesuffix("/test")
        async with anybody.get(f"{root}/_simulator/clock") as response:
            assert response.status == 200
    assert (await api.get("/_simulator/clock")).status == 404


async def test_a_script_is_played_by_the_runs_it_matches(api: Api) -> None:
    script = {"name": "mine", "match": {"tag": "odd"}, "transitionSeconds": 0, "runSeconds": 0}
    await api.control("POST", "scripts", {**script, "endStatus": "INCOMPLETE", "message": "lost"})
    matched, other = await api.start(tags=["odd"]), await api.start()
    shown = (await api.get(matched.path)).json
    assert (shown["status"], shown["message"]) == ("INCOMPLETE", "lost")
    assert await other.status() == "IN_TRANSITION"


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"asset": SMOKE}, True),
        ({"asset": "Shop/Tests/Checkout.testsuite"}, False),
        ({"externalType": "APISUITE"}, True),
        ({"externalType": "PERF"}, False),
        ({"project": "1050"}, True),
        ({"project": "1100"}, False),
        ({"tag": "a", "asset": SMOKE}, True),
        ({"tag": "b", "asset": SMOKE}, False),
    ],
    ids=str,
)
async def test_a_match_must_hold_in_all_that_it_names(
    api: Api, match: dict[str, str], *, fits: bool
) -> None:
    await api.control("PUT", "scripts", [{"name": "mine", "match": match}])
    started = await api.start(tags=["a"])
    shown = (await api.control("GET", f"executions/{started.id}")).json
    assert (shown["script"] == "mine") is fits


async def test_scripts_are_replaced_as_a_whole_and_read_back(api: Api) -> None:
    await api.control("PUT", "scripts", [{"name": "one"}, {"name": "two"}])
    await api.control("POST", "scripts", {"name": "two", "runSeconds": 7})
    shown = (await api.control("GET", "scripts")).json
    assert [(it["name"], it["runSeconds"]) for it in shown] == [("two", 7), ("one", 3)]


async def test_a_fault_is_added_counted_and_cleared(api: Api) -> None:
    await api.control("PUT", "faults", [])
    fault = {"kind": "status", "operation": "list_executions", "status": 503, "times": 5}
    await api.control("POST", "faults", fault)
    await api.get(EXECUTIONS)
    shown = (await api.control("GET", "faults")).json
    await api.control("DELETE", "faults")
    assert (shown[0]["struck"], shown[0]["times"]) == (1, 5)
    assert (await api.get(EXECUTIONS)).status == 200


async def test_settings_are_changed_one_by_one_or_replaced(api: Api) -> None:
    await api.control("PATCH", "settings", {"dates": "epochMillis"})
    await api.control("PATCH", "settings", {"location": "missing"})
    both = api.simulator.settings
    reply = await api.control("PUT", "settings", {"location": "relative"})
    assert (both.dates, both.location) == ("epochMillis", "missing")
    assert (reply.json["dates"], reply.json["location"]) == ("z", "relative")


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("PATCH", "settings", {"surprise": 1}),
        ("PATCH", "settings", [1]),
        ("PUT", "settings", {"dates": "roman"}),
        ("POST", "scripts", {"endStatus": "RUNNING"}),
        ("POST", "faults", {"kind": "earthquake", "operation": "*"}),
        ("POST", "clock", {"advanceSeconds": -1}),
        ("POST", "clock", {}),
        ("POST", "projects", {"id": "1", "name": "x", "spaceId": "nowhere"}),
        ("POST", "assets", {"projectId": "nowhere", "name": "x"}),
        ("POST", "tokens", {}),
    ],
    ids=str,
)
async def test_a_wrong_document_is_refused_and_says_why(
    api: Api, method: str, path: str, content: object
) -> None:
    reply = await api.control(method, path, content)
    assert (reply.status, reply.json["status"], bool(reply.json["message"])) == (400, 400, True)


async def test_an_offline_token_is_added_and_removed_with_its_access_tokens(api: Api) -> None:
    await api.control("POST", "tokens", {"token": "second"})
    reply = await api.ask("POST", "/rest/tokens/", data={"refresh_token": "second"})
    headers = {"Authorization": f"Bearer {reply.json['access_token']}"}
    before = await api.get(EXECUTIONS, headers=headers)
    await api.control("DELETE", "tokens", {"token": "second"})
    after = await api.get(EXECUTIONS, headers=headers)
    assert (reply.status, before.status, after.status) == (200, 200, 401)


async def test_an_offline_token_can_lack_a_licence(api: Api) -> None:
    await api.control("POST", "tokens", {"token": "second", "licenceRefused": True})
    reply = await api.ask("POST", "/rest/tokens/", data={"refresh_token": "second"})
    counts = (await api.control("GET", "tokens")).json
    assert (reply.status, counts["licenceRefused"], counts["offline"]) == (403, 1, 2)


async def test_access_tokens_are_revoked_all_at_once(api: Api) -> None:
    reply = await api.control("POST", "tokens/revoke-access")
    assert (reply.json, (await api.get(EXECUTIONS)).status) == ({"revoked": 1}, 401)


async def test_a_space_with_a_project_and_an_asset_is_put_and_removed(api: Api) -> None:
    await api.control("POST", "spaces", {"id": "s", "displayName": "New"})
    await api.control("POST", "projects", {"id": "1150", "name": "Mine", "spaceId": "s"})
    asset = (await api.control("POST", "assets", {"projectId": "1150", "name": "a.suite"})).json
    path = "/rest/projects/1150/assets/"
    before = (await api.get(path)).json["totalElements"]
    removed = [
        (await api.control("DELETE", name)).status
        for name in (f"projects/1150/assets/{asset['id']}", "projects/1150", "spaces/s", "spaces/s")
    ]
    assert (len(asset["id"]), before, removed) == (64, 1, [204, 204, 204, 404])
    assert (await api.get(path)).status == 404


async def test_the_world_can_be_read(api: Api) -> None:
    world = (await api.control("GET", "world")).json
    assert [len(world[name]) for name in ("spaces", "projects", "assets")] == [1, 2, 12]


async def test_requests_are_read_with_the_token_masked_and_judged(api: Api) -> None:
    await api.post_run(tags=["a"])
    await api.post_run(offlineToken="wrong")
    reply = await api.control("GET", "requests?operation=start_execution")
    first, second = reply.json
    assert TOKEN not in reply.text
    assert "wrong" not in reply.text
    assert (first["body"]["offlineToken"], first["body"]["tags"]) == ("***", ["a"])
    assert (first["offlineTokenRight"], first["status"], first["at"]) == (True, 201, START)
    assert (second["offlineTokenRight"], second["status"]) == (False, 401)


async def test_an_exchange_is_read_with_the_token_masked(api: Api) -> None:
    await api.ask("POST", "/rest/tokens/", data={"refresh_token": TOKEN})
    reply = await api.control("GET", "requests?operation=exchange_token")
    assert (reply.json[0]["body"], reply.json[0]["offlineTokenRight"]) == (
        {"refresh_token": "***"},
        True,
    )


async def test_requests_are_counted_by_operation_and_forgotten(api: Api) -> None:
    for _ in range(2):
        await api.get(f"{EXECUTIONS}?tag=a&tag=b")
    shown = (await api.control("GET", "requests?last=1")).json
    counts = (await api.control("GET", "requests/counts")).json
    await api.control("DELETE", "requests")
    assert ([it["query"] for it in shown], counts) == (
        [{"tag": ["a", "b"]}],
        {"list_executions": 2},
    )
    assert (await api.control("GET", "requests")).json == []


async def test_a_status_is_forced_also_with_a_word_outside_the_enum(api: Api) -> None:
    started = await api.start()
    await api.control("PATCH", f"executions/{started.id}", {"status": "WAITING_FOR_AGENT"})
    api.simulator.clock.advance(1_000)
    assert await started.status() == "WAITING_FOR_AGENT"


async def test_a_removed_execution_is_404_with_its_result(api: Api) -> None:
    started = await api.start()
    await api.control("DELETE", f"executions/{started.id}")
    paths = (started.path, started.result_path)
    assert [(await api.get(path)).status for path in paths] == [404, 404]
    assert await api.list("?execution.status=ALL") == []


async def test_executions_show_how_they_were_stopped(api: Api) -> None:
    started = await api.start(tags=["a"])
    await started.stop("?stopTimeoutSecs=7&captureResults=false")
    shown = (await api.control("GET", "executions?project=1050")).json[0]
    assert (shown["id"], shown["tags"]) == (started.id, ["a"])
    assert shown["stop"] == {
        "stopTimeoutSecs": 7,
        "executeFinallyBlock": True,
        "captureResults": False,
    }


async def test_the_clock_is_moved_forward(api: Api) -> None:
    started = await api.start()
    reply = await api.control("POST", "clock", {"advanceSeconds": 100})
    assert (reply.json["now"], await started.status()) == (START + 100, "COMPLETE")


async def test_the_clock_can_be_stopped_and_let_go() -> None:
    simulator = Simulator()
    simulator.clock.freeze()
    stood = simulator.clock.now()
    assert simulator.clock.now() == stood
    simulator.clock.thaw()
    assert not simulator.clock.frozen
    assert simulator.clock.now() >= stood


async def test_a_reset_brings_the_demo_world_back(api: Api) -> None:
    await api.start()
    api.simulator.change(dates="epochMillis")
    await api.control("DELETE", "projects/1050")
    await api.control("POST", "reset")
    assert (api.simulator.ledger.all(), api.simulator.settings.dates) == ((), "z")
    assert "1050" in api.simulator.world.projects


async def test_a_reset_can_leave_nothing(api: Api) -> None:
    await api.control("POST", "reset", {"demo": False})
    assert api.simulator.world.spaces == {}
    assert api.simulator.tokens.counts()["offline"] == 0


async def test_two_simulators_share_nothing() -> None:
    first, second = Simulator(), Simulator()
    first.change(dates="epochMillis")
    async with serve(first) as one, serve(second) as two:
        assert (one != two, second.settings.dates) == (True, "z")
