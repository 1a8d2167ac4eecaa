"""What a Test Hub's answers mean: tolerant in form, never another exception than a RemoteError."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from execution_operator.reconcile.status import MESSAGE_LIMIT
from execution_operator.remote.answers import Answer
from execution_operator.remote.errors import (
    Ambiguous,
    Forbidden,
    LicenseRefused,
    NotFound,
    ProtocolError,
    RateLimited,
    RemoteError,
    Unauthorized,
    Unreachable,
)
from execution_operator.remote.messages import Request, Response
from execution_operator.remote.redaction import Redactor
from execution_operator.remote.testhub import configurations, protocol, reading
from execution_operator.remote.testhub.queries import ExecutionFilter
from execution_operator.remote.testhub.wire import (
    ACTIVE_WORDS,
    MAX_REPORTS,
    TERMINAL_WORDS,
    ExecutionResource,
    is_active,
)

JSON_TYPE = "application/json"
READ = protocol.get_execution("1050", "e-1")
START = protocol.start_execution("1050", {}, offline_token="t")
LIST = protocol.list_executions("1050", ExecutionFilter())
TOKEN = protocol.exchange_token("offline-token")
RESULT = protocol.get_result("1050", "2451")


def answer(request: Request, found: object, status: int = 200, **more: Any) -> Answer:
    response = Response(status, JSON_TYPE, json.dumps(found).encode(), **more)
    return Answer(request, response, Redactor(["offline-token"]))


def execution(**members: object) -> ExecutionResource:
    return reading.read_execution(answer(READ, {"id": "e-1", **members}))


def test_run_is_read_as_the_seed_shows_it() -> None:
    run = reading.read_started(
        answer(
            START, {"id": "1cee", "result": {"ref": "https://h/results/2451", "id": "2451"}}, 201
        )
    )

    assert (run.id, run.status, run.result_id) == ("1cee", None, "2451")


@pytest.mark.parametrize("status", sorted(TERMINAL_WORDS))
def test_end_words_are_not_active(status: str) -> None:
    assert not is_active(status)


@pytest.mark.parametrize("status", [*ACTIVE_WORDS, "WAITING_FOR_AGENT", "complete", None])
def test_active_and_unknown_words_are_active(status: str | None) -> None:
    assert is_active(status)


def test_unknown_status_word_is_kept() -> None:
    assert execution(status="WAITING_FOR_AGENT").status == "WAITING_FOR_AGENT"


def test_null_is_the_same_as_absent() -> None:
    members = ("status", "message", "result", "startDate", "completionDate")

    assert execution(**dict.fromkeys(members)) == execution()


def test_members_of_the_wrong_kind_are_absent() -> None:
    odd = execution(status=[], message={}, result="2451", startDate={}, completionDate=True)

    assert odd == execution()


def test_numeric_ids_are_read_as_text() -> None:
    run = reading.read_execution(answer(READ, {"id": 7, "result": {"id": 2451}}))

    assert (run.id, run.result_id) == ("7", "2451")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("2026-12-01T15:00:25Z", datetime(2026, 12, 1, 15, 0, 25, tzinfo=UTC), id="Z"),
        pytest.param(
            "2026-12-01T16:00:25.500+01:00",
            datetime(2026, 12, 1, 15, 0, 25, 500_000, tzinfo=UTC),
            id="offset",
        ),
        pytest.param(
            "2026-12-01T15:00:25", datetime(2026, 12, 1, 15, 0, 25, tzinfo=UTC), id="no zone"
        ),
        pytest.param(1796137225000, datetime(2026, 12, 1, 15, 0, 25, tzinfo=UTC), id="epoch ms"),
        pytest.param("1796137225000", datetime(2026, 12, 1, 15, 0, 25, tzinfo=UTC), id="as text"),
        pytest.param(1796137225, datetime(2026, 12, 1, 15, 0, 25, tzinfo=UTC), id="epoch s"),
        pytest.param("tomorrow", None, id="no date"),
        pytest.param("0001-01-01T00:00:00+14:00", None, id="before all time"),
        pytest.param(10**30, None, id="after all time"),
        pytest.param(0, None, id="zero"),
    ],
)
def test_dates_are_read_in_every_form(written: object, read: datetime | None) -> None:
    assert execution(startDate=written).start_date == read


def test_text_is_cleaned_and_bounded() -> None:
    run = execution(message="lost\n\x1b[31m offline-token " + "x" * 5000)

    assert run.message is not None
    assert run.message.startswith("lost [31m *** xxx")
    assert len(run.message.encode()) <= 1024


@pytest.mark.parametrize("identifier", [None, "", True, 1.5, [], "x" * 129, "a\nb", " a", ".."])
def test_run_without_a_usable_id_is_no_sense(identifier: object) -> None:
    with pytest.raises(ProtocolError, match="ExecutionResource: id"):
        reading.read_execution(answer(READ, {"id": identifier}))


@pytest.mark.parametrize(
    "location",
    [
        "https://h/test/rest/projects/1050/executions/e-9",
        "/rest/projects/1050/executions/e-9/",
        "e-9?x=y",
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b'{"id":null}'])
def test_id_of_a_started_run_may_come_in_the_location(location: str, body: bytes) -> None:
    response = Response(201, JSON_TYPE, body, location=location)

    assert reading.read_started(Answer(START, response)).id == "e-9"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"<html>", b'{"id":'])
def test_start_without_an_id_is_in_doubt(body: bytes) -> None:
    with pytest.raises(Ambiguous):
        reading.read_started(Answer(START, Response(201, JSON_TYPE, body)))


@pytest.mark.parametrize(
    ("status", "meaning", "remedy"),
    [
        (400, Unauthorized, "create a new one on the server"),
        (401, Unauthorized, "create a new one on the server"),
        (402, Unauthorized, "create a new one on the server"),
        (403, LicenseRefused, "assign a licence to the token's user"),
        (404, NotFound, "check the URL: https://host/test"),
        (405, NotFound, "check the URL: https://host/test"),
        (302, ProtocolError, "set the URL it leads to"),
        (429, RateLimited, "HTTP 429"),
        (502, Unreachable, "HTTP 502"),
    ],
)
def test_refused_exchange_of_tokens_has_its_own_meanings(
    status: int, meaning: type[RemoteError], remedy: str
) -> None:
    words = {"error_description": "bad offline-token" + 5000 * " word"}
    with pytest.raises(meaning) as refusal:
        reading.read_token(answer(TOKEN, words, status))

    assert type(refusal.value) is meaning
    assert remedy in str(refusal.value)
    assert len(str(refusal.value)) < MESSAGE_LIMIT
    assert "offline-token" not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "meaning", "remedy"),
    [
        (200, ProtocolError, "check the URL: https://host/test"),
        (400, ProtocolError, "a page and not the API"),
        (401, ProtocolError, "a page and not the API"),
        (403, Forbidden, "let the operator through"),
        (404, ProtocolError, "check the URL: https://host/test"),
        (405, ProtocolError, "check the URL: https://host/test"),
        (502, Unreachable, "HTTP 502"),
    ],
)
def test_page_in_the_place_of_a_token_is_not_the_tokens_fault(
    status: int, meaning: type[RemoteError], remedy: str
) -> None:
    page = Response(status, "text/html", b"<html>Sign in</html>")
    with pytest.raises(meaning) as refusal:
        reading.read_token(Answer(TOKEN, page))

    assert type(refusal.value) is meaning
    assert remedy in str(refusal.value)
    assert "Sign in" not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "meaning", "remedy"),
    [
        (401, Unauthorized, "check that its user is a member there"),
        (403, Forbidden, "give the token's user the rights"),
    ],
)
def test_refusal_of_anything_else_says_what_the_user_lacks(
    status: int, meaning: type[RemoteError], remedy: str
) -> None:
    with pytest.raises(meaning, match=remedy):
        reading.read_execution(answer(READ, {"message": 5000 * "no "}, status))


@pytest.mark.parametrize("token", [None, "", 7, "a\r\nX-Evil: 1", "ü", "x" * 70_000])
def test_access_token_that_fits_no_header_is_no_sense(token: object) -> None:
    with pytest.raises(ProtocolError) as refusal:
        reading.read_token(answer(TOKEN, {"access_token": token}))

    assert "Evil" not in str(refusal.value)


def test_token_is_shown_nowhere() -> None:
    found = reading.read_token(answer(TOKEN, {"access_token": "abc.def", "expires_in": 300}))

    assert "abc.def" not in f"{found!r} {found}"
    assert found.access_token.get_secret_value() == "abc.def"


def test_result_is_read() -> None:
    found = reading.read_result(
        answer(
            RESULT,
            {
                "verdict": "PASS",
                "duration": 1200,
                "reports": [{"id": 3, "name": "log", "href": "/x", "content-type": "text/html"}, 7],
            },
        )
    )

    assert (found.verdict, found.duration) == ("PASS", 1200)
    assert [(one.id, one.content_type) for one in found.reports] == [("3", "text/html")]


def test_reports_are_bounded() -> None:
    found = reading.read_result(answer(RESULT, {"reports": [{"name": "r"}] * 1000}))

    assert len(found.reports) == MAX_REPORTS


@pytest.mark.parametrize("found", [{}, [], None, "PASS"])
def test_nothing_is_no_result(found: object) -> None:
    with pytest.raises(ProtocolError):
        reading.read_result(answer(RESULT, found))


@pytest.mark.parametrize("status", [404, 409, 410, 422])
def test_stop_of_an_ended_run_tells_how_it_was_refused(status: int) -> None:
    with pytest.raises(RemoteError) as refusal:
        reading.read_stopped(answer(READ, {"message": "ended"}, status))

    assert refusal.value.status == status


@pytest.mark.parametrize(
    ("found", "left"),
    [
        pytest.param([{"id": "a", "status": 202}, {"id": "b", "status": 404}], {"b"}, id="list"),
        pytest.param([{"executionId": "a", "status": 409}], {"a"}, id="the other name"),
        pytest.param({"a": 202, "b": 404}, {"b"}, id="map"),
        pytest.param({"a": {"status": 202}, "b": {"status": 422}}, {"b"}, id="map of objects"),
        pytest.param({"message": "accepted", "status": 202}, set(), id="a message"),
        pytest.param("accepted", set(), id="a sentence"),
        pytest.param([None, 1, {"id": 3, "status": "x"}], set(), id="nonsense"),
    ],
)
def test_an_answer_may_tell_run_by_run_what_was_not_stopped(found: object, left: set[str]) -> None:
    assert reading.read_all_stopped(answer(READ, found, 207)) == left


def test_plain_words_after_a_stop_of_many_mean_all_of_them() -> None:
    response = Response(202, "text/plain", b"[{}")
    assert reading.read_all_stopped(Answer(READ, response)) == set()


def test_a_refused_stop_of_many_tells_its_status() -> None:
    response = Response(422, "text/plain", b"One or more executions were not found")
    with pytest.raises(RemoteError) as refusal:
        reading.read_all_stopped(Answer(READ, response))

    assert refusal.value.status == 422


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"a": "1", "b": 2, "c": True, "d": None}, {"a": "1", "b": "2", "c": "true"}),
        ({"a": {"value": "1"}, "b": {"value": None}, "c": {}}, {"a": "1"}),
        ({}, {}),
    ],
    ids=["map", "values", "none"],
)
def test_configurations_are_read_in_either_form(found: object, expected: dict[str, str]) -> None:
    assert configurations.read_configurations(answer(READ, found)) == expected


def test_a_list_is_no_map_of_configurations() -> None:
    with pytest.raises(ProtocolError):
        configurations.read_configurations(answer(READ, ["a"]))
