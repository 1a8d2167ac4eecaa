"""Writes a log as it comes: whole lines, without the tokens in use; it keeps one line at most."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from execution_operator.cli.tex.mistakes import PipeClosed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

_LONGEST_LINE: Final = 65_536
# A token that is torn apart by the end of what is written would not be known: so much waits.
_HELD_BACK: Final = 8192
# What may move the cursor, rename the window or answer in the user's name; colours may stay.
_UNSAFE: Final = re.compile(r"(\x1b\[[0-9;]*m)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Lines:
    """Takes bytes and writes text.

    On a terminal control characters are left out, but for line ends, tabs and colours: a log is
    written by whoever runs a test, not by whoever reads it.
    """

    def __init__(self, stream: TextIO, hide: Callable[[str], str]) -> None:
        self._stream = stream
        self._hide = hide
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._open = ""
        self._is_terminal = stream.isatty()
        self.is_empty = True

    def take(self, piece: bytes) -> None:
        """Write what is whole of it."""
        self._open += self._decoder.decode(piece)
        whole, end, rest = self._open.rpartition("\n")
        if end:
            self._write(self._hide(whole) + end)
            self._open = rest
        if len(self._open) > _LONGEST_LINE:
            hidden = self._hide(self._open)
            self._write(hidden[:-_HELD_BACK])
            self._open = hidden[-_HELD_BACK:]

    def finish(self) -> None:
        """Write what is left, and end its line."""
        self._open += self._decoder.decode(b"", final=True)
        if self._open:
            self._write(self._hide(self._open) + "\n")
        self._open = ""
        self._decoder.reset()

    def _write(self, text: str) -> None:
        self.is_empty = self.is_empty and not text
        try:
            self._stream.write(_safe(text) if self._is_terminal else text)
            self._stream.flush()
        except BrokenPipeError as exc:
            raise PipeClosed from exc


def _safe(text: str) -> str:
    return _UNSAFE.sub(lambda found: found[1] or "", text.replace("\r\n", "\n"))
