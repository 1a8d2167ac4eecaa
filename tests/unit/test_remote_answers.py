"""What an answer's status and body mean, for requests that may be repeated and that may not."""

import json
import threading
import time
from datetime import UTC, datetime

import pytest

from execution_operator.remote.answers import Answer, parse_json, read_retry_after
from execution_operator.remote.errors import (
    Ambiguous,
    Forbidden,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    RemoteError,
    Unauthorized,
    Unreachable,
)
from execution_operator.remote.messages import Request, Response
from execution_operator.remote.redaction import Redactor

READ = Request(operation="read", purpose='read run "7"', method="GET", path="/x")
START = Request(operation="start", purpose="start", method="POST", path="/x", repeatable=False)
SAID = b'{"message": "no such asset"}'
PAGE = b"<html><body>Not here</body></html>"


def refusal(request: Request, response: Response) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        Answer(request, response).require_success()
    return raised.value


@pytest.mark.parametrize(
    ("status", "content_type", "reading", "starting"),
    [
        (400, "application/json", Rejected, Rejected),
        (401, "application/json", Unauthorized, Unauthorized),
        (402, "application/json", Rejected, Rejected),
        (403, "text/html", Forbidden, Forbidden),
        (404, "application/json", NotFound, NotFound),
        (404, "application/problem+json", NotFound, NotFound),
        (404, "text/html", ProtocolError, ProtocolError),
        (405, "text/html", Rejected, Rejected),
        (407, "text/html", Unreachable, Unreachable),
        (408, "text/html", Unreachable, Ambiguous),
        (409, "application/json", Rejected, Rejected),
        (410, "application/json", Rejected, Rejected),
        (422, "text/plain", Rejected, Rejected),
        (429, "application/json", RateLimited, RateLimited),
        (500, "application/json", Unreachable, Ambiguous),
        (502, "text/html", Unreachable, Ambiguous),
        (503, "text/html", Unreachable, Unreachable),
        (504, "text/html", Unreachable, Ambiguous),
        (301, "", ProtocolError, ProtocolError),
        (302, "", ProtocolError, Ambiguous),
        (303, "", ProtocolError, Ambiguous),
        (307, "", ProtocolError, ProtocolError),
        (308, "", ProtocolError, ProtocolError),
        (304, "", ProtocolError, Ambiguous),
        (600, "", ProtocolError, Ambiguous),
    ],
)
def test_every_status_has_its_meaning(
    status: int, content_type: str, reading: type[RemoteError], starting: type[RemoteError]
) -> None:
    body = PAGE if content_type == "text/html" else SAID
    response = Response(status=status, content_type=content_type, body=body)

    assert type(refusal(READ, response)) is reading
    assert type(refusal(START, response)) is starting
    assert refusal(READ, response).status == status


def test_404_that_calls_itself_json_and_is_none_is_not_the_api() -> None:
    response = Response(status=404, content_type="application/json", body=PAGE)

    assert isinstance(refusal(READ, response), ProtocolError)


def test_503_with_a_pause_is_a_rate_limit() -> None:
    error = refusal(START, Response(status=503, retry_after_seconds=7))

    assert isinstance(error, RateLimited)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        pytest.param("application/json", SAID, "no such asset", id="Spring"),
        pytest.param(
            "application/json",
            b'{"error":"invalid_grant","error_description":"Offline session not active"}',
            "Offline session not active",
            id="OAuth",
        ),
        pytest.param("application/json", b'[{"userMessage":"bad"}]', "bad", id="Perfecto"),
        pytest.param(
            "text/plain", b"one or more\nwere not found", "one or more were not found", id="text"
        ),
        pytest.param("text/html", PAGE, "the server rejected the request", id="a page"),
        pytest.param("application/json", b"[]", "the server rejected the request", id="nothing"),
    ],
)
def test_servers_words_are_told_in_one_line(content_type: str, body: bytes, words: str) -> None:
    error = refusal(READ, Response(status=400, content_type=content_type, body=body))

    assert str(error) == f'cannot read run "7": {words} (HTTP 400)'


def test_servers_words_are_told_without_secrets() -> None:
    body = json.dumps({"message": 'bad token "s3cr\\et"'}).encode()
    answer = Answer(READ, Response(400, "application/json", body), Redactor(["s3cr\\et"]))

    with pytest.raises(Rejected, match=r'bad token "\*\*\*"'):
        answer.require_success()


def test_success_that_is_no_json_is_no_sense_for_a_read_and_doubt_for_a_start() -> None:
    response = Response(status=200, content_type="text/html", body=PAGE)

    with pytest.raises(ProtocolError):
        Answer(READ, response).json()
    with pytest.raises(Ambiguous):
        Answer(START, response).json()


def test_deeply_nested_json_is_no_sense() -> None:
    with pytest.raises(ProtocolError):
        Answer(READ, Response(status=200, body=b"[" * 100_000)).json()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7, id="seconds"),
        pytest.param(" 7 ", 7, id="blanks"),
        pytest.param("0", 1, id="at least one"),
        pytest.param("99999", 300, id="at most five minutes"),
        pytest.param("9" * 5000, 300, id="absurd"),
        pytest.param("Tue, 01 Dec 2026 15:00:30 GMT", 30, id="date"),
        pytest.param("Tue, 01 Dec 2020 15:00:30 GMT", 1, id="date gone by"),
        pytest.param("Tue, 01 Dec 2026 15:00:30", None, id="date without a zone"),
        pytest.param("soon", None, id="no sense"),
        pytest.param("-5", None, id="negative"),
        pytest.param("٣", None, id="other digits"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_retry_after_is_read_and_bounded(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, datetime(2026, 12, 1, 15, 0, 0, tzinfo=UTC)) == seconds


def test_large_json_is_parsed_without_holding_the_interpreter() -> None:
    body = json.dumps([{"id": str(n), "status": "RUNNING"} for n in range(400_000)]).encode()
    done = threading.Event()
    thread = threading.Thread(target=lambda: (parse_json(body), done.set()))
    thread.start()
    turns = 0
    while not done.is_set():
        turns += 1
        time.sleep(0)
    thread.join()

    assert turns > 5
