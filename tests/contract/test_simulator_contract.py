"""Seed 000's paths of executions, results and configurations with every status code they name."""

import uuid
from collections.abc import AsyncIterator
from xml.etree import ElementTree as ET

import pytest

from contract.simulator_client import Api, opened
from execution_simulator.scripts import Script

EXECUTIONS = "/rest/projects/1050/executions/"
UNKNOWN = f"{EXECUTIONS}1cee02cb-9a89-4175-acef-6af120497476"
LONG = Script(name="long", transition_seconds=0, run_seconds=1_000, stop_seconds=2)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


@pytest.mark.parametrize(
    ("method", "path", "json", "status"),
    [
        ("GET", "{run}", None, 200),
        ("GET", UNKNOWN, None, 404),
        ("DELETE", "{run}", None, 202),
        ("DELETE", UNKNOWN, None, 404),
        ("GET", "{run}/log", None, 200),
        ("GET", f"{UNKNOWN}/log", None, 404),
        ("PATCH", "{run}/status", {"status": "COMPLETE"}, 204),
        ("PATCH", f"{UNKNOWN}/status", {"status": "COMPLETE"}, 404),
        ("GET", "{run}/advancedSettings/configurations", None, 200),
        ("GET", f"{UNKNOWN}/advancedSettings/configurations", None, 404),
        ("PATCH", "{run}/advancedSettings/configurations", {"a": "b"}, 204),
        ("PATCH", f"{UNKNOWN}/advancedSettings/configurations", {"a": "b"}, 404),
        ("PATCH", "{run}/advancedSettings/configurations/a/", {"value": "b"}, 204),
        ("PATCH", f"{UNKNOWN}/advancedSettings/configurations/a/", {"value": "b"}, 404),
        ("GET", EXECUTIONS, None, 200),
        ("GET", "/rest/projects/9999/executions/", None, 404),
        ("GET", "{result}", None, 200),
        ("GET", "/rest/projects/1050/results/1", None, 404),
        ("GET", "{result}/logs", None, 200),
    ],
)
async def test_every_path_gives_the_codes_of_the_contract(
    api: Api, method: str, path: str, json: object, status: int
) -> None:
    started = await api.start(LONG)
    path = path.format(run=started.path, result=started.result_path)
    assert (await api.ask(method, path, json=json)).status == status


async def test_a_start_is_answered_with_the_execution_and_its_location(api: Api) -> None:
    reply = await api.post_run()
    run_id, result_id = reply.json["id"], reply.json["result"]["id"]
    assert reply.status == 201
    assert str(uuid.UUID(run_id)) == run_id
    assert reply.headers["Location"] == f"{api.url}{EXECUTIONS}{run_id}"
    assert reply.json["result"]["ref"] == f"{api.url}/rest/projects/1050/results/{result_id}"
    assert reply.json["status"] == "IN_TRANSITION"
    assert result_id.isdecimal()


async def test_a_start_without_a_valid_token_is_401(api: Api) -> None:
    reply = await api.ask("POST", EXECUTIONS, json={}, headers={"Authorization": "Bearer no"})
    assert reply.status == 401


async def test_a_start_by_no_member_is_401(api: Api) -> None:
    project = api.simulator.world.projects["1050"]
    api.simulator.world.put_project(project.model_copy(update={"member": False}))
    assert (await api.post_run()).status == 401


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "bare"])
async def test_many_runs_are_stopped_by_one_patch(api: Api, *, wrapped: bool) -> None:
    runs = [await api.start(LONG) for _ in range(3)]
    operations = [{"op": "remove", "path": f"/{run.id}"} for run in runs[:2]]
    content = {"operations": operations} if wrapped else operations
    reply = await api.ask("PATCH", EXECUTIONS, json=content)
    assert (reply.status, reply.headers["Content-Type"].partition(";")[0]) == (202, "text/plain")
    assert [await run.status() for run in runs] == ["STOPPING", "STOPPING", "RUNNING"]


async def test_a_patch_that_names_an_unknown_run_is_422_and_stops_none(api: Api) -> None:
    started = await api.start(LONG)
    operations = [{"op": "remove", "path": path} for path in (f"/{started.id}", "/unknown")]
    reply = await api.ask("PATCH", EXECUTIONS, json={"operations": operations})
    assert (reply.status, reply.headers["Content-Type"].partition(";")[0]) == (422, "text/plain")
    assert await started.status() == "RUNNING"


async def test_a_patch_may_replace_a_run_by_the_word_stopped(api: Api) -> None:
    started = await api.start(LONG)
    operation = {"op": "replace", "path": f"/{started.id}", "value": "STOPPED"}
    await api.ask("PATCH", EXECUTIONS, json=[operation])
    assert await started.status() == "STOPPING"


async def test_a_run_passes_through_its_states_and_keeps_its_dates(api: Api) -> None:
    started = await api.start()
    seen = []
    for seconds in (0, 1, 2):
        api.simulator.clock.advance(seconds)
        shown = (await api.get(started.path)).json
        seen.append((shown["status"], shown["startDate"], shown["completionDate"]))
    assert seen == [
        ("IN_TRANSITION", None, None),
        ("RUNNING", "2027-01-15T08:00:01.000Z", None),
        ("COMPLETE", "2027-01-15T08:00:01.000Z", "2027-01-15T08:00:03.000Z"),
    ]


async def test_a_scheduled_run_begins_at_its_time(api: Api) -> None:
    started = await api.start(LONG, scheduled={"at": "2027-01-15T08:01:00Z"})
    before = await started.status()
    api.simulator.clock.advance(60)
    assert (before, await started.status()) == ("SCHEDULED", "RUNNING")


async def test_a_run_scheduled_after_a_duration_begins_then(api: Api) -> None:
    started = await api.start(LONG, scheduled={"in": "PT1M"})
    api.simulator.clock.advance(59)
    before = await started.status()
    api.simulator.clock.advance(1)
    assert (before, await started.status()) == ("SCHEDULED", "RUNNING")


async def test_deleting_a_scheduled_run_cancels_it_and_its_log_is_gone(api: Api) -> None:
    started = await api.start(scheduled={"in": "P1D"})
    await started.stop()
    assert await started.status() == "CANCELED"
    assert (await api.get(f"{started.path}/log")).status == 410


async def test_a_stop_lasts_no_longer_than_the_caller_allows(api: Api) -> None:
    started = await api.start(LONG)
    await started.stop("?stopTimeoutSecs=1&executeFinallyBlock=false&captureResults=false")
    before = await started.status()
    api.simulator.clock.advance(1)
    assert (before, await started.status()) == ("STOPPING", "STOPPED_BY_USER")


async def test_the_log_is_empty_until_the_run_begins_and_gone_a_day_after_its_end(
    api: Api,
) -> None:
    started = await api.start(Script(name="logged", log="hello\n", init_log="pulled\n"))
    replies = [await api.get(f"{started.path}/log")]
    for seconds in (1, 3, 86_400):
        api.simulator.clock.advance(seconds)
        replies.append(await api.get(f"{started.path}/log"))
    assert [reply.status for reply in replies] == [200, 200, 200, 410]
    assert [reply.text for reply in replies[:3]] == ["", "hello\n", "hello\n"]


async def test_the_log_of_the_init_container_is_its_own(api: Api) -> None:
    started = await api.start(Script(name="logged", log="hello\n", init_log="pulled\n"))
    reply = await api.get(f"{started.path}/log?initContainer=true")
    assert (reply.text, reply.headers["Content-Type"].partition(";")[0]) == (
        "pulled\n",
        "text/plain",
    )


async def test_configurations_begin_with_those_of_the_start_and_can_be_changed(api: Api) -> None:
    started = await api.start(advancedSettings={"configuration": {"browser": "edge"}})
    path = f"{started.path}/advancedSettings/configurations"
    await api.ask("PATCH", path, json={"size": "big", "shape": {"value": "round"}})
    await api.ask("PATCH", f"{path}/browser/", json={"value": "firefox"})
    assert (await api.get(path)).json == {"browser": "firefox", "size": "big", "shape": "round"}


async def test_the_result_has_the_verdict_once_the_run_has_ended(api: Api) -> None:
    started = await api.start(environment="staging")
    before = (await api.get(started.result_path)).json
    api.simulator.clock.advance(10)
    after = (await api.get(started.result_path)).json
    assert (before["verdict"], "reports" in before) == (None, False)
    expected = {"verdict": "PASS", "status": "COMPLETE", "duration": 2000, "branch": "main"}
    assert {name: after[name] for name in expected} == expected
    assert after["reports"][0]["href"] == (
        f"/test/funrep.html#/projects/1050/results/{started.result_id}"
    )


@pytest.mark.parametrize(
    ("asset", "status", "verdict"),
    [
        ("Shop/Tests/Smoke.testsuite", "COMPLETE", "PASS"),
        ("Shop/Tests/Checkout.testsuite", "COMPLETE", "FAIL"),
        ("Shop/Tests/Broken.testsuite", "COMPLETE_WITH_ERROR", "ERROR"),
        ("Shop/Tests/Unlaunchable.testsuite", "LAUNCH_FAILED", None),
        ("Shop/Tests/Undecided.testsuite", "COMPLETE", "INCONCLUSIVE"),
        ("Shop/Load/Soak.schedule", "RUNNING", None),
    ],
)
async def test_the_demo_assets_end_as_they_are_meant_to(
    api: Api, asset: str, status: str, verdict: str | None
) -> None:
    started = await api.start(testAsset={"name": asset, "revision": "main"})
    api.simulator.clock.advance(100)
    assert (await started.status(), await started.verdict()) == (status, verdict)


async def test_a_stub_runs_for_ever_and_has_no_result(api: Api) -> None:
    started = await api.start(testAsset={"name": "Shop/Stubs/Payment.stub", "revision": "main"})
    api.simulator.clock.advance(1_000_000 - 1)
    assert await started.status() == "RUNNING"
    assert (await api.get(started.result_path)).status == 404


async def test_the_junit_view_counts_what_the_script_says(api: Api) -> None:
    started = await api.start(
        testAsset={"name": "Shop/Tests/Checkout.testsuite", "revision": "main"}
    )
    before = await api.get(f"{started.result_path}/data/views/surefire/")
    api.simulator.clock.advance(100)
    after = await api.get(f"{started.result_path}/data/views/surefire/")
    suite = ET.fromstring(after.text)  # noqa: S314 -- our own simulator wrote it
    assert before.status == 404
    assert (suite.get("tests"), suite.get("failures")) == ("14", "2")
    assert (len(suite.findall("testcase")), len(suite.findall("testcase/failure"))) == (14, 2)


async def test_the_functional_summary_counts_the_same(api: Api) -> None:
    started = await api.start()
    api.simulator.clock.advance(100)
    reply = await api.get(f"{started.result_path}/data/views/functional/summary/")
    assert reply.json["steps"]["passed"] == reply.json["steps"]["total"] == 12


async def test_a_list_shows_active_runs_unless_it_is_asked_for_others(api: Api) -> None:
    ended = await api.start(tags=["nightly"])
    api.simulator.clock.advance(100)
    active = await api.start(tags=["nightly", "blue"])
    assert await api.list() == [active.id]
    assert await api.list("?execution.status=ALL") == [ended.id, active.id]
    assert await api.list("?execution.status=ALL&tag=nightly&tag=blue") == [active.id]
    assert await api.list("?execution.status=COMPLETE&tag=nightly") == [ended.id]


async def test_the_text_of_a_listed_run_changes_with_the_run(api: Api) -> None:
    await api.start()
    shown = []
    for _ in range(2):
        shown.append((await api.get(EXECUTIONS)).json[0]["status"])
        api.simulator.clock.advance(1)
    assert shown == ["IN_TRANSITION", "RUNNING"]


async def test_include_data_adds_what_the_run_is_of_but_no_tags(api: Api) -> None:
    started = await api.start(tags=["secret-tag"], environment="staging")
    reply = await api.get(f"{started.path}?include=data")
    assert reply.json["internal"]["testAsset"]["name"] == "Shop/Tests/Smoke.testsuite"
    assert "secret-tag" not in reply.text


async def test_the_internal_status_ends_a_run(api: Api) -> None:
    started = await api.start(LONG)
    change = {"status": "INCOMPLETE", "message": "the agent was lost"}
    await api.ask("PATCH", f"{started.path}/status", json=change)
    shown = (await api.get(started.path)).json
    assert {name: shown[name] for name in change} == change


async def test_without_a_context_path_the_api_is_at_the_root() -> None:
    async with opened(context="") as api:
        started = await api.start()
        assert api.url.count("/") == 2
        assert await started.status() == "IN_TRANSITION"
