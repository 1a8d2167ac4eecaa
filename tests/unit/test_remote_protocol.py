"""What is sent to a Test Hub for each call."""

import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs

import pytest

from execution_operator.remote.errors import Rejected
from execution_operator.remote.messages import Priority, Request
from execution_operator.remote.testhub import configurations, protocol
from execution_operator.remote.testhub.queries import AssetFilter, ExecutionFilter, StopOptions

MOMENT = datetime(2026, 12, 1, 16, 0, 25, 900_000, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (protocol.exchange_token("t"), "POST /rest/tokens/"),
        (protocol.list_spaces("x"), "GET /rest/spaces"),
        (protocol.list_projects("x", None), "GET /rest/projects"),
        (protocol.list_assets("1050", AssetFilter()), "GET /rest/projects/1050/assets/"),
        (
            protocol.list_executions("1050", ExecutionFilter()),
            "GET /rest/projects/1050/executions/",
        ),
        (
            protocol.start_execution("1050", {}, offline_token="t"),
            "POST /rest/projects/1050/executions/",
        ),
        (protocol.get_execution("1050", "e-1"), "GET /rest/projects/1050/executions/e-1"),
        (
            protocol.stop_execution("1050", "e-1", StopOptions()),
            "DELETE /rest/projects/1050/executions/e-1",
        ),
        (
            protocol.stop_executions("1050", ("e-1",), StopOptions()),
            "PATCH /rest/projects/1050/executions/",
        ),
        (protocol.get_result("1050", "2451"), "GET /rest/projects/1050/results/2451"),
        (
            protocol.get_junit("1050", "2451"),
            "GET /rest/projects/1050/results/2451/data/views/surefire/",
        ),
    ],
)
def test_method_and_path_are_the_apis_with_its_slashes(request_: Request, line: str) -> None:
    assert f"{request_.method} {request_.path}" == line


def test_only_a_start_must_not_be_repeated() -> None:
    assert not protocol.start_execution("1", {}, offline_token="t").repeatable
    assert protocol.exchange_token("t").repeatable
    assert protocol.stop_execution("1", "2", StopOptions()).repeatable


@pytest.mark.parametrize(
    ("request_", "priority"),
    [
        (protocol.stop_execution("1", "2", StopOptions()), Priority.STOP),
        (protocol.stop_executions("1", ("2",), StopOptions()), Priority.STOP),
        (protocol.get_execution("1", "2"), Priority.END),
        (protocol.get_result("1", "2"), Priority.END),
        (protocol.get_junit("1", "2"), Priority.END),
        (protocol.start_execution("1", {}, offline_token="t"), Priority.START),
        (configurations.update_configurations("1", "2", {"a": "b"}), Priority.START),
        (protocol.list_executions("1", ExecutionFilter()), Priority.LIST),
    ],
)
def test_stops_go_before_ends_before_starts_before_lists(
    request_: Request, priority: Priority
) -> None:
    assert request_.priority is priority


def test_token_is_exchanged_as_a_form() -> None:
    request = protocol.exchange_token("a+b/c=&d")

    assert request.content_type == "application/x-www-form-urlencoded"
    assert parse_qs((request.body or b"").decode()) == {"refresh_token": ["a+b/c=&d"]}


def test_start_sends_the_specification_and_the_offline_token() -> None:
    specification = {"testAsset": {"name": "Prüfung.testsuite"}, "tags": ["a"]}
    request = protocol.start_execution("1050", specification, offline_token="t0ken")

    assert json.loads(request.body or b"") == {**specification, "offlineToken": "t0ken"}
    assert "offlineToken" not in specification


def test_no_repr_shows_a_token() -> None:
    assert "t0ken" not in repr(protocol.start_execution("1", {}, offline_token="t0ken"))
    assert "t0ken" not in repr(protocol.exchange_token("t0ken"))


def test_every_filter_of_the_api_is_sent() -> None:
    chosen = ExecutionFilter(
        status=("RUNNING", "STOPPING"),
        tags=("a", "b"),
        environments=("staging", "live"),
        asset_ids=("x1", "x2"),
        asset_paths=("P/Compound Tests/t.testsuite",),
        asset_external_types=("APISUITE", "APISTUB"),
        scheduled_before=MOMENT,
        scheduled_after=MOMENT,
        completed_before=MOMENT,
        completed_after=MOMENT,
        completed_not_set_or_after=MOMENT,
        include_data=True,
    )

    assert dict(protocol.list_executions("1", chosen).query) == {
        "execution.status": "RUNNING,STOPPING",
        "tag": "a,b",
        "environment": "staging,live",
        "asset.id": "x1,x2",
        "asset.path": "P/Compound Tests/t.testsuite",
        "asset.externalType": "APISUITE,APISTUB",
        "scheduledDateBefore": "2026-12-01T15:00:25Z",
        "scheduledDateAfter": "2026-12-01T15:00:25Z",
        "completionDateBefore": "2026-12-01T15:00:25Z",
        "completionDateAfter": "2026-12-01T15:00:25Z",
        "completionDateNotSetOrAfter": "2026-12-01T15:00:25Z",
        "include": "data",
    }


def test_status_is_always_sent_and_is_the_active_ones_by_default() -> None:
    filters = (ExecutionFilter(), ExecutionFilter(completed_after=datetime.now(UTC)))

    for chosen in filters:
        query = dict(protocol.list_executions("1", chosen).query)
        assert query["execution.status"] == "SCHEDULED,IN_TRANSITION,RUNNING,STOPPING"


def test_value_with_a_comma_cannot_be_filtered_by() -> None:
    with pytest.raises(ValueError, match="comma"):
        protocol.list_executions("1", ExecutionFilter(tags=("a,b",)))


def test_pages_after_the_first_are_asked_for_by_number() -> None:
    first, third = (protocol.list_executions("1", ExecutionFilter(), page) for page in (0, 2))

    assert "page" not in dict(first.query)
    assert dict(third.query)["page"] == "2"


def test_stop_options_are_sent() -> None:
    options = StopOptions(timeout_seconds=5, execute_finally_block=False, capture_results=False)

    assert dict(protocol.stop_execution("1", "2", options).query) == {
        "stopTimeoutSecs": "5",
        "executeFinallyBlock": "false",
        "captureResults": "false",
    }


def test_many_stops_are_one_patch_with_the_options_of_all() -> None:
    options = StopOptions(timeout_seconds=5)
    request = protocol.stop_executions("1050", ("e-1", "a/b~c"), options)

    assert request.query == options.query()
    assert request.content_type == "application/json"
    assert json.loads(request.body or b"") == {
        "operations": [{"op": "remove", "path": "/e-1"}, {"op": "remove", "path": "/a~1b~0c"}]
    }


def test_space_goes_as_a_header() -> None:
    assert protocol.list_projects("x", "s-1").headers == (("spaceId", "s-1"),)


def test_space_in_a_header_cannot_begin_another_header() -> None:
    ((_, value),) = protocol.list_projects("x", "s\r\nX-Evil: ü").headers

    assert value == "s%0D%0AX-Evil: %C3%BC"


def test_ids_are_encoded_as_one_segment() -> None:
    assert (
        protocol.get_execution("a/b", "ü?#%").path
        == "/rest/projects/a%2Fb/executions/%C3%BC%3F%23%25"
    )


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_id_that_leads_to_another_path_is_rejected(identifier: str) -> None:
    with pytest.raises(Rejected):
        protocol.get_execution("1", identifier)


@pytest.mark.parametrize(
    ("changes", "path", "body"),
    [
        ({"a b": "1"}, "/a%20b/", {"value": "1"}),
        ({"..": "1"}, "", {"..": "1"}),
        ({"a": "1", "b": "2"}, "", {"a": "1", "b": "2"}),
    ],
    ids=["one", "one that is no segment", "several"],
)
def test_configurations_are_changed_in_one_request(changes, path, body) -> None:
    request = configurations.update_configurations("1", "2", changes)

    place = "/rest/projects/1/executions/2/advancedSettings/configurations"
    assert (request.method, request.path) == ("PATCH", place + path)
    assert json.loads(request.body or b"") == body
