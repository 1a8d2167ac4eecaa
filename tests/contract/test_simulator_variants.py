"""Every way in which servers differ can be switched on."""

from collections.abc import AsyncIterator

import pytest

from contract.simulator_client import SMOKE, TOKEN, Api, opened
from execution_simulator.scripts import Script

EXECUTIONS = "/rest/projects/1050/executions/"
LONG = Script(name="long", transition_seconds=0, run_seconds=1_000, stop_seconds=2)
SHORT = Script(name="short", transition_seconds=0, run_seconds=0)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


async def test_a_start_can_be_answered_without_a_status(api: Api) -> None:
    api.simulator.change(post_answer_status=False)
    assert set((await api.post_run()).json) == {"id", "result"}


@pytest.mark.parametrize(
    ("form", "expected"),
    [("relative", "/test/rest/projects/1050/executions/{}"), ("missing", None)],
)
async def test_the_location_can_have_another_form(
    api: Api, form: str, expected: str | None
) -> None:
    api.simulator.change(location=form)
    reply = await api.post_run()
    wanted = expected.format(reply.json["id"]) if expected else None
    assert reply.headers.get("Location") == wanted


async def test_the_tag_filter_can_be_ignored(api: Api) -> None:
    api.simulator.change(tag_filter="ignored")
    started = await api.start(tags=["a"])
    assert await api.list("?tag=other") == [started.id]


async def test_a_new_run_can_be_late_in_lists_but_not_by_its_id(api: Api) -> None:
    api.simulator.change(list_lag_seconds=5)
    started = await api.start(LONG)
    before = await api.list()
    status = await started.status()
    api.simulator.clock.advance(5)
    assert (before, status, await api.list()) == ([], "RUNNING", [started.id])


async def test_lists_can_be_paged_with_a_cap(api: Api) -> None:
    api.simulator.change(executions_list="page", page_size_cap=2)
    runs = [await api.start(LONG) for _ in range(5)]
    pages = [(await api.get(f"{EXECUTIONS}?size=100&page={number}")).json for number in range(3)]
    assert [run["id"] for page in pages for run in page["content"]] == [run.id for run in runs]
    assert [page["last"] for page in pages] == [False, False, True]
    assert (pages[0]["totalPages"], pages[0]["totalElements"], pages[0]["size"]) == (3, 5, 2)


async def test_lists_can_begin_with_the_newest(api: Api) -> None:
    api.simulator.change(list_order="newestFirst")
    runs = [await api.start(LONG) for _ in range(3)]
    assert await api.list() == [run.id for run in reversed(runs)]


@pytest.mark.parametrize("status", [202, 404, 409, 410])
async def test_a_finished_run_is_deleted_with_the_answer_of_the_settings(
    api: Api, status: int
) -> None:
    api.simulator.change(finished_delete=status)
    started = await api.start(SHORT)
    assert (await started.stop()).status == status
    assert await started.status() == "COMPLETE"


async def test_after_a_stop_the_old_status_can_stay_for_a_moment(api: Api) -> None:
    api.simulator.change(stop_lag_seconds=1)
    started = await api.start(LONG)
    await started.stop()
    before = await started.status()
    api.simulator.clock.advance(1)
    assert (before, await started.status()) == ("RUNNING", "STOPPING")


async def test_a_patch_with_an_unknown_run_can_stop_the_others(api: Api) -> None:
    api.simulator.change(patch_not_found="partial")
    started = await api.start(LONG)
    operations = [{"op": "remove", "path": path} for path in (f"/{started.id}", "/unknown")]
    reply = await api.ask("PATCH", EXECUTIONS, json=operations)
    assert (reply.status, await started.status()) == (422, "STOPPING")


@pytest.mark.parametrize(("variant", "status"), [("notFound", 404), ("refused", 422)])
async def test_a_server_can_refuse_to_stop_many(api: Api, variant: str, status: int) -> None:
    api.simulator.change(bulk_stop=variant)
    started = await api.start(LONG)
    operations = [{"op": "remove", "path": f"/{started.id}"}]
    reply = await api.ask("PATCH", EXECUTIONS, json=operations)
    assert (reply.status, await started.status()) == (status, "RUNNING")
    assert (await started.stop()).status == 202


async def test_a_server_can_tell_run_by_run_which_it_stops(api: Api) -> None:
    api.simulator.change(bulk_stop="outcomes")
    started = await api.start(LONG)
    operations = [{"op": "remove", "path": path} for path in (f"/{started.id}", "/unknown")]
    reply = await api.ask("PATCH", EXECUTIONS, json={"operations": operations})
    told = [{"id": started.id, "status": 202}, {"id": "unknown", "status": 404}]
    assert (reply.status, reply.json) == (207, told)
    assert await started.status() == "STOPPING"


async def test_null_members_can_be_left_out(api: Api) -> None:
    api.simulator.change(nulls="absent")
    assert set((await api.post_run()).json) == {"id", "result", "status"}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("z", "2027-01-15T08:00:00.000Z"),
        ("offset", "2027-01-15T08:00:00.000+00:00"),
        ("epochMillis", 1_800_000_000_000),
    ],
)
async def test_dates_can_have_another_form(api: Api, form: str, expected: str | int) -> None:
    api.simulator.change(dates=form)
    started = await api.start(SHORT)
    assert (await api.get(started.path)).json["completionDate"] == expected


async def test_a_change_of_settings_shows_in_a_list_at_once(api: Api) -> None:
    await api.start(LONG)
    await api.list()
    api.simulator.change(dates="epochMillis")
    assert (await api.get(EXECUTIONS)).json[0]["startDate"] == 1_800_000_000_000


async def test_configurations_can_be_objects(api: Api) -> None:
    api.simulator.change(configurations="values")
    started = await api.start(advancedSettings={"configuration": {"a": "b"}})
    reply = await api.get(f"{started.path}/advancedSettings/configurations")
    assert reply.json == {"a": {"value": "b"}}


@pytest.mark.parametrize("status", [204, 404])
async def test_a_finished_run_takes_no_configuration(api: Api, status: int) -> None:
    api.simulator.change(finished_configuration=status)
    started = await api.start(SHORT)
    path = f"{started.path}/advancedSettings/configurations"
    assert (await api.ask("PATCH", path, json={"a": "b"})).status == status
    assert (await api.get(path)).json == {}


async def test_a_configuration_can_restart_the_run(api: Api) -> None:
    script = Script(name="r", transition_seconds=1, restarts_on_configuration=True)
    started = await api.start(script)
    api.simulator.clock.advance(1)
    path = f"{started.path}/advancedSettings/configurations"
    await api.ask("PATCH", path, json={"a": "b"})
    assert await started.status() == "IN_TRANSITION"


async def test_the_verdict_can_be_late(api: Api) -> None:
    api.simulator.change(verdict_null_seconds=5)
    started = await api.start(SHORT.model_copy(update={"verdict_delay_seconds": 1}))
    api.simulator.clock.advance(5.9)
    before = await started.verdict()
    api.simulator.clock.advance(0.1)
    assert (before, await started.verdict()) == (None, "PASS")


@pytest.mark.parametrize("verdict", ["INCONCLUSIVE", None])
async def test_a_stopped_run_has_the_verdict_of_the_settings(api: Api, verdict: str | None) -> None:
    api.simulator.change(stopped_verdict=verdict)
    started = await api.start(LONG)
    await started.stop()
    api.simulator.clock.advance(2)
    assert await started.verdict() == verdict


async def test_a_run_stopped_without_capture_has_no_reports(api: Api) -> None:
    started = await api.start(LONG)
    await started.stop("?captureResults=false")
    api.simulator.clock.advance(2)
    assert "reports" not in (await api.get(started.result_path)).json


async def test_access_tokens_can_live_shorter(api: Api) -> None:
    api.simulator.change(access_token_seconds=2)
    reply = await api.ask("POST", "/rest/tokens/", data={"refresh_token": TOKEN})
    api.simulator.clock.advance(2)
    headers = {"Authorization": f"Bearer {reply.json['access_token']}"}
    assert (reply.json["expires_in"], (await api.get(EXECUTIONS, headers=headers)).status) == (
        2,
        401,
    )


async def test_a_reference_that_does_not_exist_can_fail_the_launch_instead(api: Api) -> None:
    api.simulator.change(unknown_reference="launchFailed")
    started = await api.start(environment="moon")
    api.simulator.clock.advance(1)
    shown = (await api.get(started.path)).json
    assert (shown["status"], "moon" in shown["message"]) == ("LAUNCH_FAILED", True)


@pytest.mark.parametrize(("manner", "status"), [("accept", 201), ("refuse", 400)])
async def test_an_api_test_without_an_environment_is_treated_as_the_settings_say(
    api: Api, manner: str, status: int
) -> None:
    api.simulator.change(missing_environment=manner)
    assert (await api.post_run()).status == status


async def test_an_unknown_asset_can_be_400(api: Api) -> None:
    api.simulator.change(unknown_asset=400)
    assert (await api.post_run(testAsset={"name": "No", "revision": "main"})).status == 400


async def test_assets_can_go_by_their_short_names(api: Api) -> None:
    api.simulator.change(asset_names="short")
    full = await api.post_run(testAsset={"name": SMOKE, "revision": "main"})
    short = await api.post_run(testAsset={"name": "Smoke.testsuite", "revision": "main"})
    assert (full.status, short.status) == (404, 201)


@pytest.mark.parametrize(("searched", "count"), [(SMOKE, 0), ("Smoke.testsuite", 1), ("smoke", 1)])
async def test_assets_are_searched_by_the_names_they_go_by(
    api: Api, searched: str, count: int
) -> None:
    api.simulator.change(asset_names="short")
    reply = await api.get(f"/rest/projects/1050/assets/?name={searched}")
    assert reply.json["totalElements"] == count
    assert all(it["path"] == SMOKE for it in reply.json["content"])


@pytest.mark.parametrize(("manner", "status"), [("start", 201), ("refuse", 400)])
async def test_a_start_in_the_past_is_treated_as_the_settings_say(
    api: Api, manner: str, status: int
) -> None:
    api.simulator.change(past_schedule=manner)
    assert (await api.post_run(scheduled={"at": "2020-01-01T00:00:00Z"})).status == status


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_start_in_an_unknown_project_has_the_answer_of_the_settings(
    api: Api, status: int
) -> None:
    api.simulator.change(unknown_project_on_post=status)
    reply = await api.ask("POST", "/rest/projects/9999/executions/", json={})
    assert reply.status == status


async def test_an_unslashed_collection_can_be_redirected(api: Api) -> None:
    api.simulator.change(unslashed="redirect")
    reply = await api.get("/rest/projects/1050/executions?tag=a")
    expected = f"{api.url}{EXECUTIONS}?tag=a"
    assert (reply.status, reply.headers["Location"]) == (302, expected)


async def test_text_paths_can_insist_on_text(api: Api) -> None:
    api.simulator.change(strict_accept=True)
    started = await api.start()
    statuses = [
        (await api.get(f"{started.path}/log", headers={"Accept": kind})).status
        for kind in ("application/json", "text/plain", "*/*")
    ]
    assert statuses == [406, 200, 200]


async def test_the_log_can_be_gone_earlier(api: Api) -> None:
    api.simulator.change(log_retention_seconds=0)
    started = await api.start(SHORT)
    assert (await api.get(f"{started.path}/log")).status == 410


async def test_the_result_of_a_stub_can_be_empty(api: Api) -> None:
    api.simulator.change(stub_result="empty")
    started = await api.start(testAsset={"name": "Shop/Stubs/Payment.stub", "revision": "main"})
    assert await started.verdict() is None


async def test_errors_can_repeat_the_request(api: Api) -> None:
    api.simulator.change(echo_request=True)
    assert TOKEN in (await api.post_run(surprise=1)).text


async def test_a_setting_that_does_not_exist_is_an_error(api: Api) -> None:
    with pytest.raises(ValueError, match="surprise"):
        api.simulator.change(surprise=1)
