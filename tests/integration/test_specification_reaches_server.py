"""What a run asks for is what the server is sent, names looked up and variables read."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from kubernetes.aio import client

from execution_simulator.faults import AnswerStatus
from execution_simulator.runs import forced
from execution_simulator.scripts import Match, Script
from execution_simulator.world import Asset
from support.kube import condition, until

if TYPE_CHECKING:
    from execution_simulator import Simulator
    from support.kube import Json, Namespace

pytestmark = pytest.mark.usefixtures("hub")

SMOKE = "Shop/Tests/Smoke.testsuite"
QUICK = {"transition_seconds": 0.1, "run_seconds": 0.3, "stop_seconds": 0.1}
SOURCE = "Shop/Data/Customers.dataset"
FULL: Json = {
    "environment": "staging",
    "secretsCollection": "Staging secrets",
    "tags": ["nightly", "full"],
    "scheduled": {"in": "PT0.2S"},
    "variables": {"user": "demo"},
    "dataSources": [
        {"source": {"assetName": SOURCE}, "replacement": {"datasetId": "501"}},
        {"source": {"assetId": "d1"}, "replacement": {"datasetId": "501"}},
    ],
    "resourceMonitoringTags": ["cpu"],
    "remoteLocations": [
        {"agentOverride": {"source": "here", "replacement": {"id": "5"}}},
        {"agentOverride": {"source": "there", "replacement": {"hostName": "agent.example.com"}}},
        {"dockerExecution": {"id": "*"}},
        {"dockerExecution": {"hostName": "docker.example.com"}},
        {"dockerExecution": {"resourceName": "Big one"}},
    ],
    "advancedSettings": {
        "jvmArguments": ["-Xmx1g", "-Dname=a b"],
        "programArguments": ["--fast"],
        "environmentVariables": {"TZ": "UTC", "EMPTY": ""},
        "configuration": {"browser.name": "edge"},
    },
}


@pytest.fixture(autouse=True)
def _quick(simulator: Simulator) -> None:
    simulator.scripts.replace([Script(**QUICK)])


def sent(simulator: Simulator) -> Json:
    """The body of the one start, without the operator's own tags."""
    (request,) = simulator.requests.read("start_execution")
    assert isinstance(request.body, dict)
    tags = [tag for tag in request.body["tags"] if not tag.startswith("execution-operator.")]
    return request.body | {"tags": tags}


async def passed(namespace: Namespace, name: str = "smoke") -> Json:
    done = await namespace.finished(name)
    assert done["status"]["phase"] == "Succeeded", done["status"]
    return done


async def waiting(namespace: Namespace, reason: str, name: str = "smoke") -> str:
    """The message of the run that waits for that reason."""
    found = await namespace.condition("TestExecution", name, "Accepted", "False", reason)
    assert found["status"]["phase"] == "Pending"
    return condition(found, "Accepted")["message"]


def asset_id(simulator: Simulator, name: str = SMOKE) -> str:
    return next(one.id for one in simulator.world.assets("1050") if one.name == name)


def another(simulator: Simulator, repository: str, name: str = SMOKE) -> Asset:
    kind = "APISUITE"
    return simulator.world.put_asset(
        Asset(project_id="1050", name=name, external_type=kind, repository_id=repository)
    )


@pytest.mark.usefixtures("operator")
async def test_every_field_reaches_the_server_under_its_own_name(namespace, simulator):
    commit = "22bd240f01daf249babfbd0a2b6f17bdfbd4d58b"
    asset = {"assetId": asset_id(simulator), "revision": "main", "requestedVersion": commit}
    await namespace.secret("passwords", password="hunter22")
    sources = [{"secretRef": {"name": "passwords"}}]
    await namespace.run("smoke", **FULL | {"testAsset": asset, "variablesFrom": sources})
    await passed(namespace)
    variables = {"user": "demo", "password": "hunter22"}
    expected = FULL | {"testAsset": asset, "variables": variables, "offlineToken": "***"}
    assert sent(simulator) == expected
    assert "list_assets" not in simulator.requests.counts()


@pytest.mark.usefixtures("operator")
async def test_a_name_is_looked_up_once_for_all_runs_and_sent_as_its_id(namespace, simulator):
    for number in range(5):
        await namespace.run(f"smoke-{number}")
    for number in range(5):
        done = await passed(namespace, f"smoke-{number}")
        assert done["status"]["asset"] == SMOKE
    bodies = [request.body for request in simulator.requests.read("start_execution")]
    wanted = {"assetId": asset_id(simulator), "revision": "main"}
    assert [body["testAsset"] for body in bodies] == [wanted] * 5
    assert simulator.requests.counts()["list_assets"] == 1


@pytest.mark.usefixtures("operator")
async def test_a_name_on_a_later_page_is_found(namespace, simulator):
    for number in range(25):
        another(simulator, "1", f"Shop/A/{number:02}/{SMOKE}")
    simulator.change(page_size=7, page_size_cap=7)
    expected = another(simulator, "1", "Z/" + SMOKE)
    await namespace.run("smoke", "Z/" + SMOKE)
    await passed(namespace)
    assert sent(simulator)["testAsset"]["assetId"] == expected.id


@pytest.mark.parametrize("name", [SMOKE, "Smoke.testsuite"], ids=["path", "short"])
@pytest.mark.usefixtures("operator")
async def test_a_path_is_found_where_the_server_calls_assets_by_their_short_names(
    namespace, simulator, name
):
    simulator.change(asset_names="short")
    await namespace.run("smoke", name)
    await passed(namespace)
    assert sent(simulator)["testAsset"]["assetId"] == asset_id(simulator)


@pytest.mark.usefixtures("operator")
async def test_an_ambiguous_name_is_told_with_paths_and_ids_and_heals(namespace, simulator):
    other = another(simulator, "2")
    await namespace.run("smoke")
    told = await waiting(namespace, "ReferenceNotFound")
    both = sorted([asset_id(simulator), other.id])
    assert f"{SMOKE} (id {both[0]}), {SMOKE} (id {both[1]})" in told
    assert "testAsset.assetId" in told
    assert "start_execution" not in simulator.requests.counts()
    found = await namespace.get("TestExecution", "smoke")
    assert not found["metadata"].get("finalizers")
    simulator.world.remove_asset("1050", other.id)
    await passed(namespace)


@pytest.mark.usefixtures("operator")
async def test_an_unknown_name_is_told_and_heals(namespace, simulator):
    await namespace.run("smoke", "Shop/Tests/Later.testsuite")
    told = await waiting(namespace, "ReferenceNotFound")
    place = 'revision "main" of project "1050"'
    assert f'there is no test asset "Shop/Tests/Later.testsuite" in {place}' in told
    another(simulator, "1", "Shop/Tests/Later.testsuite")
    await passed(namespace)


@pytest.mark.usefixtures("operator")
async def test_a_look_up_that_fails_is_repeated(namespace, simulator):
    simulator.faults.replace([AnswerStatus(operation="list_assets", status=500, times=4)])
    await namespace.run("smoke")
    await passed(namespace)
    assert simulator.requests.counts()["start_execution"] == 1


@pytest.mark.usefixtures("operator")
async def test_an_asset_that_was_made_anew_is_looked_up_again(namespace, simulator):
    await namespace.run("first")
    await passed(namespace, "first")
    simulator.world.remove_asset("1050", asset_id(simulator))
    renewed = another(simulator, "2")
    await namespace.run("second")
    await passed(namespace, "second")
    last = simulator.requests.read("start_execution")[-1]
    assert last.body["testAsset"]["assetId"] == renewed.id


@pytest.mark.usefixtures("operator")
async def test_a_date_is_sent_in_utc_and_its_run_waits_for_it(namespace, simulator):
    due = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0, tzinfo=None)
    there = (due + timedelta(hours=2)).isoformat() + "+02:00"
    await namespace.run("smoke", scheduled={"at": there})
    await namespace.phase("smoke", "Scheduled")
    assert sent(simulator)["scheduled"] == {"at": f"{due.isoformat()}Z"}


@pytest.mark.usefixtures("operator")
async def test_a_date_that_there_is_not_is_told(namespace, simulator):
    await namespace.run("smoke", scheduled={"at": "2027-02-29T00:00:00Z"})
    assert "there is no moment 2027-02-29" in await waiting(namespace, "InvalidSpec")
    assert "start_execution" not in simulator.requests.counts()


@pytest.mark.usefixtures("operator")
async def test_later_sources_win_and_variables_win_over_all(namespace, simulator):
    await namespace.secret("first", a="first", b="first", c="first", d="first")
    await namespace.config_map("second", b="second", c="second", d="second")
    await namespace.secret("third", c="third", d="third")
    sources = [
        {"secretRef": {"name": "first"}},
        {"configMapRef": {"name": "second"}},
        {"secretRef": {"name": "third", "key": "c"}},
        {"secretRef": {"name": "third", "prefix": "p."}},
        {"configMapRef": {"name": "nowhere", "optional": True}},
        {"secretRef": {"name": "third", "key": "nowhere", "optional": True}},
    ]
    await namespace.run("smoke", variablesFrom=sources, variables={"d": "own"})
    await passed(namespace)
    assert sent(simulator)["variables"] == {
        "a": "first",
        "b": "second",
        "c": "third",
        "d": "own",
        "p.c": "third",
        "p.d": "third",
    }


@pytest.mark.usefixtures("operator")
async def test_values_are_sent_as_they_are_stored(namespace, simulator):
    values = {"blank": "", "spaces": "  x  ", "lines": "one\ntwo\n", "sign": 'ü"\\'}
    await namespace.secret("values", **values)
    await namespace.run("smoke", variablesFrom=[{"secretRef": {"name": "values"}}])
    await passed(namespace)
    assert sent(simulator)["variables"] == values


@pytest.mark.usefixtures("operator")
async def test_what_is_missing_is_told_by_its_reason_and_heals(namespace, simulator):
    sources = [
        {"secretRef": {"name": "passwords", "key": "password"}},
        {"configMapRef": {"name": "settings"}},
    ]
    await namespace.run("smoke", variablesFrom=sources)
    told = await waiting(namespace, "SecretNotFound")
    assert told == 'spec.variablesFrom: cannot find Secret "passwords": create it'
    await namespace.secret("passwords", user="demo")
    told = await waiting(namespace, "SecretKeyMissing")
    assert told.endswith('has no key "password": add it; its keys are user')
    await namespace.change_secret("passwords", password="hunter22")
    told = await waiting(namespace, "ReferenceNotFound")
    assert told == 'spec.variablesFrom: cannot find ConfigMap "settings": create it'
    assert "start_execution" not in simulator.requests.counts()
    await namespace.config_map("settings", size="3")
    await passed(namespace)
    assert sent(simulator)["variables"] == {"password": "hunter22", "size": "3"}


@pytest.mark.usefixtures("operator")
async def test_a_run_that_waits_for_a_secret_can_be_deleted(namespace, simulator):
    await namespace.run("smoke", variablesFrom=[{"secretRef": {"name": "nowhere"}}])
    await waiting(namespace, "SecretNotFound")
    await namespace.delete("TestExecution", "smoke")
    await namespace.gone("TestExecution", "smoke")
    assert "start_execution" not in simulator.requests.counts()


async def _binary(namespace: Namespace, name: str) -> None:
    data = {"key": base64.b64encode(b"\xff\xfe").decode()}
    body = client.V1Secret(metadata=client.V1ObjectMeta(name=name), data=data)
    await namespace.core.create_namespaced_secret(namespace.name, body)


@pytest.mark.usefixtures("operator")
async def test_values_that_no_variable_can_have_are_told_without_them_and_heal(namespace):
    await _binary(namespace, "binary")
    await namespace.secret("long", key="s3cr3t" * 700)
    await namespace.config_map("many", **{f"k{number}": "v" for number in range(200)})
    wrong = {
        "binary": {"secretRef": {"name": "binary"}},
        "long": {"secretRef": {"name": "long"}},
        "many": {"configMapRef": {"name": "many"}},
    }
    for name, source in wrong.items():
        await namespace.run(name, variablesFrom=[source], variables={"own": "1"})
    told = {name: await waiting(namespace, "InvalidSpec", name) for name in wrong}
    assert told["binary"].endswith('Secret "binary" key "key" is not text: store it as UTF-8')
    assert 'Secret "long" key "key" has 4200 characters, 4096 is the most' in told["long"]
    assert "give 201 variables, 200 is the most" in told["many"]
    assert "s3cr3t" not in str(told)
    for name in wrong:
        await namespace.condition("TestExecution", name, "Stalled", "True", "InvalidSpec")
    for name in ("binary", "long"):
        await namespace.change_secret(name, key="short")
        await passed(namespace, name)


@pytest.mark.parametrize("fate", ["kept", "changed", "deleted"])
async def test_after_a_restart_the_server_s_words_still_show_no_value(
    namespace, simulator, start, fate
):
    simulator.scripts.replace(
        [Script(name="slow", match=Match(tag="slow"), transition_seconds=0.1, never_ends=True)]
    )
    before = await start()
    await before.leading()
    await namespace.secret("passwords", password="hunter22")
    sources = [{"secretRef": {"name": "passwords"}}]
    await namespace.run("smoke", variablesFrom=sources, tags=["slow"])
    await namespace.phase("smoke", "Running")
    await before.kill()
    await _happens(namespace, fate)
    after = await start()
    await after.leading()
    _end(simulator, "the agent got hunter22 and told so")
    done = await namespace.finished("smoke")
    assert "hunter22" not in str(done["status"])
    shown = done["status"]["execution"]["message"]
    if fate == "kept":
        assert shown == "the agent got *** and told so"
    else:
        assert shown.startswith("*** (may repeat a value")
    assert "hunter22" not in str(after.lines)


async def _happens(namespace: Namespace, fate: str) -> None:
    # The API server tells when a Secret was written to the second.
    found = await namespace.get("TestExecution", "smoke")
    submitted = datetime.fromisoformat(found["status"]["execution"]["submittedAt"])
    await until(lambda: datetime.now(UTC) > submitted + timedelta(seconds=1.1), "a second later")
    if fate == "changed":
        await namespace.change_secret("passwords", password="another")
    if fate == "deleted":
        await namespace.core.delete_namespaced_secret("passwords", namespace.name)


def _end(simulator: Simulator, message: str) -> None:
    (run,) = simulator.ledger.all("1050")
    now = simulator.clock.now()
    timeline = forced(run.timeline, now=now, status="COMPLETE_WITH_ERROR", message=message)
    simulator.ledger.change(run, timeline)
