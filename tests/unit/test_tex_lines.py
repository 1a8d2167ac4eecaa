"""How `kubectl-tex logs` writes: whole lines, no tokens, nothing that moves a terminal."""

from __future__ import annotations

import io

import pytest

from execution_operator.cli.tex.lines import Lines
from execution_operator.cli.tex.mistakes import PipeClosed
from execution_operator.remote.redaction import Redactor

TOKEN = "offline-t0ken" * 4


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(*pieces: bytes, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    lines = Lines(stream, Redactor([TOKEN]).hide)
    for piece in pieces:
        lines.take(piece)
    lines.finish()
    return stream.getvalue()


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_token_is_hidden_wherever_the_answer_is_cut(size: int) -> None:
    text = f"ä {TOKEN} b\nlast {TOKEN}".encode()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]

    assert written(*pieces) == "ä *** b\nlast ***\n"


@pytest.mark.parametrize("before", [65_500, 65_536, 60_000], ids=str)
def test_token_is_hidden_in_a_line_without_end(before: int) -> None:
    text = ("x" * before + TOKEN + "y" * 9000).encode()
    pieces = [text[at : at + 4096] for at in range(0, len(text), 4096)]

    assert written(*pieces) == "x" * before + "***" + "y" * 9000 + "\n"


def test_line_that_has_not_ended_waits() -> None:
    stream = io.StringIO()
    lines = Lines(stream, str)

    lines.take(b"one\ntw")
    before = stream.getvalue()
    lines.take(b"o\n")

    assert (before, stream.getvalue()) == ("one\n", "one\ntwo\n")


def test_terminal_gets_colours_and_nothing_that_moves_it() -> None:
    log = b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\ttab\rback\x9b\r\n"

    shown = written(log, stream=Terminal())

    assert shown == "\x1b[31mred\x1b[0m ]0;title [2J\ttabback\ufffd\n"
    assert written(b"\x1b[2J\n") == "\x1b[2J\n"


def test_pipe_that_is_closed_is_no_failure_of_the_server() -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    with pytest.raises(PipeClosed):
        written(b"one\n", stream=Closed())
