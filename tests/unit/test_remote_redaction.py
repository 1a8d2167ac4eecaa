"""Text from outside, made fit to be shown."""

import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.remote.redaction import MAX_BYTES, Redactor, cut, one_line

SECRET = 'p/a ss"w\\ö+rd&'
VISIBLE = st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=("L", "N", "P", "S"))


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(SECRET, id="plain"),
        pytest.param(quote(SECRET), id="in a path"),
        pytest.param(quote(SECRET, safe=""), id="in a URL"),
        pytest.param(quote_plus(SECRET), id="in a form"),
        pytest.param(json.dumps(SECRET)[1:-1], id="in JSON"),
        pytest.param(json.dumps(SECRET)[1:-1].replace("/", "\\/"), id="in JSON with slashes"),
        pytest.param(json.dumps(SECRET, ensure_ascii=False)[1:-1], id="in UTF-8 JSON"),
    ],
)
def test_value_is_hidden_in_every_form(form: str) -> None:
    assert Redactor([SECRET])(f"bad value: {form}!") == "bad value: ***!"


def test_lines_of_a_value_are_hidden_one_by_one() -> None:
    assert Redactor(["first line\nsecond line\n"])("got second line") == "got ***"


def test_longer_value_is_hidden_before_one_inside_it() -> None:
    assert Redactor(["token", "token-and-more"])("token-and-more") == "***"


def test_value_torn_by_control_characters_is_hidden() -> None:
    assert Redactor(["secret"])("sec\x00ret") == "***"


def test_very_short_values_hide_nothing() -> None:
    assert Redactor(["1", ""])("1 of 1 failed") == "1 of 1 failed"


def test_repr_shows_no_secret() -> None:
    assert "hunter22" not in repr(Redactor(["hunter22"]))


@given(st.text(VISIBLE, min_size=4, max_size=20), st.text(max_size=50), st.text(max_size=50))
def test_no_secret_survives_whatever_surrounds_it(secret: str, left: str, right: str) -> None:
    if secret in "***":
        return
    shown = Redactor([secret])(f"{left}{secret}{right}")

    assert secret not in shown


@given(st.text(max_size=3000) | st.text(st.characters(categories=("Cs", "Cc", "Zs")), max_size=9))
def test_any_text_becomes_one_printable_bounded_line(text: str) -> None:
    line = one_line(text)

    assert line.splitlines() in ([], [line])
    assert len(line.encode()) <= MAX_BYTES
    assert "  " not in line
    assert one_line(line) == line


def test_text_is_cut_between_characters() -> None:
    assert cut("äöü" * 10, 10) == "äöü…"
