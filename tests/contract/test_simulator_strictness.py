"""What the simulator refuses, and that no refusal repeats a secret."""

from collections.abc import AsyncIterator

import pytest

from contract.simulator_client import SMOKE, TOKEN, Api, opened
from execution_simulator.specification import duration, instant
from execution_simulator.tokens import Standing

EXECUTIONS = "/rest/projects/1050/executions/"
ASSET = {"name": SMOKE, "revision": "main"}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


@pytest.mark.parametrize(
    ("members", "status", "told"),
    [
        pytest.param({"surprise": 1}, 400, "surprise", id="an unknown member"),
        pytest.param({"offlineToken": None}, 400, "offlineToken", id="no offline token"),
        pytest.param({"offlineToken": "wrong"}, 401, "offlineToken", id="a wrong offline token"),
        pytest.param({"testAsset": None}, 400, "testAsset", id="no asset"),
        pytest.param({"testAsset": {"revision": "main"}}, 400, "name or assetId", id="no name"),
        pytest.param({"testAsset": {"name": SMOKE}}, 400, "revision", id="no revision"),
        pytest.param({"testAsset": {**ASSET, "x": 1}}, 400, "testAsset.x", id="a nested member"),
        pytest.param({"testAsset": {**ASSET, "name": "No"}}, 404, "asset", id="an unknown asset"),
        pytest.param({"testAsset": {**ASSET, "revision": "no"}}, 404, "asset", id="another branch"),
        pytest.param(
            {"testAsset": {**ASSET, "assetId": "0"}}, 404, "asset", id="a name and another's id"
        ),
        pytest.param(
            {"scheduled": {"at": "2030-01-01T00:00:00Z", "in": "PT1M"}},
            400,
            "both",
            id="both times",
        ),
        pytest.param({"scheduled": {"at": "7:00PM"}}, 400, "scheduled.at", id="half a date"),
        pytest.param({"scheduled": {"in": "15m"}}, 400, "scheduled.in", id="no ISO duration"),
        pytest.param({"variables": {"a": 1}}, 400, "variables", id="a variable that is no string"),
        pytest.param({"tags": "nightly"}, 400, "tags", id="tags that are no list"),
        pytest.param(
            {"advancedSettings": {"jvmArguments": ["-X"] * 101}}, 400, "jvmArguments", id="too many"
        ),
        pytest.param({"environment": "moon"}, 400, "environment", id="an unknown environment"),
        pytest.param({"secretsCollection": "x"}, 400, "secretsCollection", id="unknown secrets"),
        pytest.param(
            {"dataSources": [{"replacement": {"datasetId": "0"}}]}, 400, "data set", id="a data set"
        ),
        pytest.param({"remoteLocations": [{}]}, 400, "remoteLocations", id="an empty location"),
        pytest.param(
            {"remoteLocations": [{"agentOverride": {"source": "a", "replacement": {}}}]},
            400,
            "id or hostName",
            id="an agent without a name",
        ),
    ],
)
async def test_a_wrong_start_is_refused_and_starts_nothing(
    api: Api, members: dict[str, object], status: int, told: str
) -> None:
    reply = await api.post_run(**members)
    assert reply.status == status, reply.text
    assert set(reply.json) == {"status", "code", "message"}
    assert told in reply.json["message"]
    assert TOKEN not in reply.text
    assert api.simulator.ledger.all() == ()


async def test_everything_that_the_contract_allows_is_accepted(api: Api) -> None:
    reply = await api.post_run(
        testAsset={**ASSET, "requestedVersion": None},
        tags=["nightly"],
        environment="staging",
        secretsCollection="Staging secrets",
        scheduled={"in": "P2DT3H4M"},
        variables={"user": "demo"},
        dataSources=[{"source": {"assetName": "x"}, "replacement": {"datasetId": "501"}}],
        resourceMonitoringTags=["cpu"],
        remoteLocations=[
            {"agentOverride": {"source": "a", "replacement": {"hostName": "b"}}},
            {"dockerExecution": {"id": "*"}},
        ],
        advancedSettings={
            "jvmArguments": ["-Xmx1g"],
            "programArguments": [],
            "environmentVariables": {"A": "b"},
            "configuration": {"browser.name": "edge"},
        },
    )
    assert (reply.status, reply.json["status"]) == (201, "SCHEDULED")


async def test_an_asset_is_found_by_its_id(api: Api) -> None:
    asset = next(it for it in api.simulator.world.assets("1050") if it.name == SMOKE)
    reply = await api.post_run(testAsset={"assetId": asset.id, "revision": "main"})
    assert reply.status == 201


async def test_a_name_in_two_repositories_is_ambiguous(api: Api) -> None:
    asset = next(it for it in api.simulator.world.assets("1050") if it.name == SMOKE)
    api.simulator.world.put_asset(asset.model_copy(update={"id": "", "repository_id": "7"}))
    reply = await api.post_run()
    assert (reply.status, reply.json["code"]) == (400, "ASSET_AMBIGUOUS")


@pytest.mark.parametrize(
    "sent",
    [b"{", b"[]", b"null", b"", b"\xff", b"[" * 100_000],
    ids=["broken", "an array", "null", "empty", "no text", "too deep"],
)
async def test_a_body_that_is_no_object_is_400(api: Api, sent: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert (await api.ask("POST", EXECUTIONS, data=sent, headers=headers)).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", EXECUTIONS),
        ("PATCH", EXECUTIONS),
        ("PATCH", "{run}/status"),
        ("PATCH", "{run}/advancedSettings/configurations"),
    ],
)
async def test_a_body_of_another_type_is_415(api: Api, method: str, path: str) -> None:
    started = await api.start()
    headers = {"Content-Type": "text/plain"}
    path = path.format(run=started.path)
    assert (await api.ask(method, path, data=b"{}", headers=headers)).status == 415


@pytest.mark.parametrize(
    "path",
    [
        "/rest/tokens",
        "/rest/projects/1050/executions",
        "/rest/projects/1050/assets",
        "/rest/projects/1050/branches",
        "/rest/projects/1050/secrets",
    ],
)
async def test_a_collection_without_its_slash_is_404(api: Api, path: str) -> None:
    method = "POST" if path.endswith("tokens") else "GET"
    reply = await api.ask(method, path)
    assert (reply.status, reply.json["status"]) == (404, 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/rest/nowhere", 404), ("PUT", EXECUTIONS, 405), ("GET", "/rest/tokens/", 405)],
)
async def test_what_does_not_exist_is_refused_in_json(
    api: Api, method: str, path: str, status: int
) -> None:
    reply = await api.ask(method, path)
    assert (reply.status, reply.json["status"]) == (status, status)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic {}", "{}"])
async def test_a_call_without_a_valid_bearer_is_401(api: Api, header: str) -> None:
    reply = await api.get(EXECUTIONS, headers={"Authorization": header.format(api.access)})
    assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_an_access_token_expires_after_its_seconds(api: Api) -> None:
    reply = await api.ask("POST", "/rest/tokens/", data={"refresh_token": TOKEN})
    headers = {"Authorization": f"Bearer {reply.json['access_token']}"}
    assert reply.json["expires_in"] == 300
    statuses = []
    for seconds in (299.9, 0.1):
        api.simulator.clock.advance(seconds)
        statuses.append((await api.get(EXECUTIONS, headers=headers)).status)
    assert statuses == [200, 401]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"refresh_token": "unknown-offline-token"}, 401),
        ({"refresh_token": "unlicensed-offline-token"}, 403),
        ({"refresh_token": ""}, 400),
        ({"token": TOKEN}, 400),
    ],
    ids=["unknown", "without a licence", "empty", "missing"],
)
async def test_a_wrong_offline_token_is_not_exchanged(
    api: Api, form: dict[str, str], status: int
) -> None:
    api.simulator.tokens.add("unlicensed-offline-token", Standing.LICENCE_REFUSED)
    reply = await api.ask("POST", "/rest/tokens/", data=form)
    assert reply.status == status
    assert "offline-token" not in reply.text


async def test_the_exchange_takes_a_form_only(api: Api) -> None:
    reply = await api.ask("POST", "/rest/tokens/", json={"refresh_token": TOKEN})
    assert reply.status == 415


async def test_a_known_token_as_the_name_of_something_is_not_repeated(api: Api) -> None:
    api.simulator.tokens.add("second-token")
    reply = await api.post_run(environment="second-token")
    assert (reply.status, "second-token" in reply.text) == (400, False)


async def test_an_unknown_token_as_a_members_name_is_not_repeated(api: Api) -> None:
    reply = await api.post_run(offlineToken="unknown-token", **{"unknown-token": 1})
    assert (reply.status, "unknown-token" in reply.text) == (400, False)


async def test_another_project_than_ones_own_is_403_to_read(api: Api) -> None:
    project = api.simulator.world.projects["1050"]
    api.simulator.world.put_project(project.model_copy(update={"member": False}))
    assert (await api.get(EXECUTIONS)).status == 403


@pytest.mark.parametrize("query", ["include=all", "execution.status=DONE", "scheduledDateAfter=x"])
async def test_a_query_that_cannot_be_understood_is_400(api: Api, query: str) -> None:
    assert (await api.get(f"{EXECUTIONS}?{query}")).status == 400


@pytest.mark.parametrize("query", ["stopTimeoutSecs=-1", "stopTimeoutSecs=1.5", "captureResults=1"])
async def test_a_stop_with_a_wrong_query_is_400_and_stops_nothing(api: Api, query: str) -> None:
    started = await api.start()
    assert (await started.stop(f"?{query}")).status == 400
    assert await started.status() == "IN_TRANSITION"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"operations": []},
        [],
        [{"op": "add", "path": "/x"}],
        [{"op": "remove", "path": "x"}],
        [{"op": "remove", "path": "/"}],
        [{"op": "replace", "path": "/x", "value": "RUNNING"}],
        [{"op": "remove", "path": "/x", "more": "1"}],
    ],
    ids=str,
)
async def test_a_patch_that_is_no_stop_is_400(api: Api, content: object) -> None:
    assert (await api.ask("PATCH", EXECUTIONS, json=content)).status == 400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT20.345S", 20.345),
        ("PT15M", 900),
        ("P2DT3H4M", 183_840),
        ("P1D", 86_400),
        ("pt1h", 3_600),
    ],
)
def test_a_duration_is_read_as_java_reads_it(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1W", "P1M", "1M", "PT1.5M", "P1DT", "PT-1S"])
def test_what_is_no_java_duration_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2020-08-22T15:00:25Z", 1_598_108_425), ("2020-08-22T15:00:25.250Z", 1_598_108_425.25)],
)
def test_a_date_is_read_as_java_reads_it(text: str, seconds: float) -> None:
    assert instant(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "7:00PM", "2020-08-22", "2020-08-22T15:00:25", "2020-08-22T15:00:25+02:00"]
)
def test_what_is_no_java_instant_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        instant(text)
