"""What stands in a log line, and what never does."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from execution_operator import logs

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def as_before():
    """Undo what `configure` does to the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {
        name: one.level
        for name, one in logging.Logger.manager.loggerDict.items()
        if isinstance(one, logging.Logger)
    }
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, one in logging.Logger.manager.loggerDict.items():
        if isinstance(one, logging.Logger):
            one.setLevel(levels.get(name, logging.NOTSET))
    structlog.reset_defaults()


class Written:
    """All that was logged since it was configured."""

    def __init__(self, *, style="json", level="info"):
        self._stream = io.StringIO()
        logs.configure(style=style, level=level, stream=self._stream)
        self.log = structlog.stdlib.get_logger("ours")

    @property
    def text(self):
        return self._stream.getvalue()

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def line(self):
        (found,) = self.lines
        return found


def fail(text):
    raise ValueError(text)


def test_a_line_is_one_object_with_all_that_was_said():
    written = Written()
    written.log.info("started a run", execution="e1", attempt=2)
    line = written.line
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "started a run",
        "level": "info",
        "logger": "ours",
        "execution": "e1",
        "attempt": 2,
    }


def test_each_line_is_one_object_whatever_is_in_it():
    written = Written()
    written.log.info("a\nb", cause="c\r\nd\u2028e")
    logging.getLogger("theirs").warning("f\ng")
    assert [line["event"] for line in written.lines] == ["a\nb", "f\ng"]
    assert written.text.count("\n") == 2


def test_values_that_are_no_json_are_written_all_the_same():
    written = Written()
    written.log.info("x", value={1, 2}, other=object)
    assert "value" in written.line


def test_records_of_libraries_look_the_same():
    written = Written()
    logging.getLogger("theirs").warning("it is %s", "late")
    line = written.line
    assert (line["event"], line["level"], line["logger"]) == ("it is late", "warning", "theirs")
    assert "timestamp" in line


def test_what_is_bound_to_the_context_is_in_each_line():
    written = Written()
    with structlog.contextvars.bound_contextvars(object="TestExecution shop/smoke"):
        written.log.info("x")
        logging.getLogger("theirs").warning("y")
    assert [line["object"] for line in written.lines] == ["TestExecution shop/smoke"] * 2


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_level_says_what_is_logged(level, expected):
    written = Written(level=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(written.log, name)("x")
        getattr(logging.getLogger("theirs"), name)("y")
    assert [line["level"] for line in written.lines if line["event"] == "x"] == expected
    assert [line["level"] for line in written.lines if line["event"] == "y"] == expected


NOISY = ["kopf", "asyncio", "aiohttp.access", "httpx", "httpcore", "kubernetes"]


@pytest.mark.parametrize("name", NOISY)
def test_noisy_libraries_are_heard_from_warnings_on(name):
    written = Written(level="debug")
    logging.getLogger(name).info("chatter")
    logging.getLogger(f"{name}.part").warning("trouble")
    assert [line["event"] for line in written.lines] == ["trouble"]


@pytest.mark.parametrize("name", NOISY)
def test_noisy_libraries_are_not_louder_than_ourselves(name):
    written = Written(level="error")
    logging.getLogger(name).warning("chatter")
    assert written.text == ""


def test_a_second_configuration_takes_the_place_of_the_first():
    first, second = Written(), Written()
    second.log.info("x")
    logging.getLogger("theirs").warning("y")
    assert (first.text, len(second.lines)) == ("", 2)


@pytest.mark.parametrize(
    "name",
    ["token", "offlineToken", "access_token", "password", "Authorization", "SECRET", "credentials"],
)
def test_a_value_under_a_telling_name_is_hidden(name):
    written = Written()
    written.log.info("x", **{name: "hunter2"})
    assert written.line[name] == logs.HIDDEN
    assert "hunter2" not in written.text


@pytest.mark.parametrize("value", [7, None, ["hunter2"], {"a": "hunter2"}, b"hunter2"], ids=str)
def test_a_value_under_a_telling_name_is_hidden_whatever_it_is(value):
    written = Written()
    written.log.info("x", token=value)
    assert written.line["token"] == logs.HIDDEN


SHAPES = [
    pytest.param(f"got {TOKEN} there", "got *** there", id="JWT"),
    pytest.param("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0 x", "*** x", id="JWT without signature"),
    pytest.param("Authorization: Bearer abc.def-1 x", "Authorization: *** x", id="bearer"),
    pytest.param("bearer abc x", "*** x", id="bearer in lower case"),
    pytest.param("grant&refresh_token=abc%2F1&x=1", "grant&***&x=1", id="form"),
    pytest.param(f"{TOKEN},{TOKEN}", "***,***", id="several"),
]


@pytest.mark.parametrize(("text", "expected"), SHAPES)
def test_what_looks_like_a_token_is_hidden_in_the_event(text, expected):
    written = Written()
    written.log.info(text)
    assert written.line["event"] == expected


@pytest.mark.parametrize(("text", "expected"), SHAPES)
def test_what_looks_like_a_token_is_hidden_in_a_value(text, expected):
    written = Written()
    written.log.info("x", cause=text)
    assert written.line["cause"] == expected


@pytest.mark.parametrize(("text", "expected"), SHAPES)
def test_what_looks_like_a_token_is_hidden_in_a_library_s_record(text, expected):
    written = Written()
    logging.getLogger("theirs").warning("%s", text)
    assert written.line["event"] == expected


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([f"Bearer {TOKEN}"], id="list"),
        pytest.param({"headers": {"x": TOKEN}}, id="map"),
        pytest.param(ValueError(TOKEN), id="exception"),
        pytest.param((TOKEN,), id="tuple"),
        pytest.param({TOKEN}, id="set"),
        pytest.param([{"x": (ValueError(TOKEN),)}], id="deep"),
    ],
)
def test_what_looks_like_a_token_is_hidden_inside_a_value(value):
    written = Written()
    written.log.info("x", value=value)
    assert TOKEN not in written.text


def test_a_value_under_a_telling_name_is_hidden_inside_a_value():
    written = Written()
    written.log.info("x", request={"headers": {"Authorization": "hunter2", "Accept": "*/*"}})
    assert written.line["request"] == {"headers": {"Authorization": "***", "Accept": "*/*"}}


def test_values_keep_their_types():
    written = Written()
    written.log.info("x", value={"a": [1, 2.5, True, None, "b"]}, error=ValueError("late"))
    assert written.line["value"] == {"a": [1, 2.5, True, None, "b"]}
    assert written.line["error"] == "late"


@pytest.mark.parametrize(
    "text",
    ["a run of TestExecution shop/smoke", "eyJ", "https://hub.example.com/test", "refresh"],
)
def test_ordinary_text_stays(text):
    written = Written()
    written.log.info(text, cause=text)
    assert (written.line["event"], written.line["cause"]) == (text, text)


def test_an_exception_is_written_with_its_traceback():
    written = Written()
    try:
        fail("oops")
    except ValueError:
        written.log.exception("bug")
    line = written.line
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: oops")
    assert "exc_info" not in line


def test_an_exception_of_a_library_is_written_with_its_traceback():
    written = Written()
    try:
        fail("oops")
    except ValueError:
        logging.getLogger("theirs").exception("bug")
    assert written.line["exception"].endswith("ValueError: oops")
    assert len(written.lines) == 1


@pytest.mark.parametrize("name", ["ours", "theirs"])
def test_an_exception_shows_no_token(name):
    written = Written()
    log = written.log if name == "ours" else logging.getLogger(name)
    try:
        fail(f"refused: Bearer {TOKEN}")
    except ValueError:
        log.exception("bug")
    assert TOKEN not in written.text
    assert "refused: ***" in written.line["exception"]


def test_text_for_people_is_redacted_too():
    written = Written(style="text")
    written.log.warning("cannot read", token="hunter2", cause=f"Bearer {TOKEN}")
    assert "cannot read" in written.text
    assert "\x1b" not in written.text
    assert not {"hunter2", TOKEN} & set(written.text.replace("=", " ").split())
    assert TOKEN not in written.text


def test_text_for_people_has_the_traceback():
    written = Written(style="text")
    try:
        fail(f"oops {TOKEN}")
    except ValueError:
        written.log.exception("bug")
    assert "Traceback" in written.text
    assert TOKEN not in written.text
