"""Collects an answer's body up to a limit, counted after decompression; it reads no socket."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
ACCEPT_ENCODING: Final = "gzip, deflate"
_STEP: Final = 1024 * 1024


class UnreadableBodyError(ValueError):
    """The body is too large, broken, or encoded in a way that was not asked for."""


def _refuse(cause: str) -> NoReturn:
    message = f"the answer's body {cause}"
    raise UnreadableBodyError(message) from None


class Body:
    """Takes chunks as they come; refuses at once what would pass the limit.

    Never more than the limit and one mebibyte is held, however much a chunk expands to.
    """

    __slots__ = ("_begun", "_decoder", "_limit", "_onward", "_size", "_taken")

    def __init__(
        self,
        encoding: str,
        *,
        limit: int = MAX_BODY_BYTES,
        onward: Callable[[bytes], None] | None = None,
    ) -> None:
        """Begin a body of the Content-Encoding `encoding`.

        With `onward` each piece goes there, nothing is kept, and there is no limit.
        """
        self._onward = onward
        self._decoder = _decoder(encoding.strip().lower())
        self._limit = limit
        self._size = 0
        self._begun = False
        self._taken: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk from the wire."""
        if self._decoder is None:
            self._take(chunk)
            return
        self._begun = self._begun or bool(chunk)
        try:
            self._inflate(self._decoder, chunk)
        except zlib.error:
            _refuse("is not in the encoding it names")

    def whole(self) -> bytes:
        """Return the body, once the wire has ended."""
        if self._decoder is not None and not self._decoder.eof and self._begun:
            _refuse("is cut off")
        return b"".join(self._taken)

    def _inflate(self, decoder: zlib._Decompress, chunk: bytes) -> None:
        if decoder.eof and chunk:
            _refuse("goes on after its end")
        more = bool(chunk)
        while more:
            plain = decoder.decompress(chunk, _STEP)
            self._take(plain)
            chunk = decoder.unconsumed_tail
            # All input may be taken while output is still to come.
            more = not decoder.eof and (bool(chunk) or len(plain) == _STEP)
        if decoder.unused_data:
            _refuse("goes on after its end")

    def _take(self, plain: bytes) -> None:
        if self._onward is not None:
            self._onward(plain)
            return
        self._size += len(plain)
        if self._size > self._limit:
            _refuse(f"is larger than {self._limit} bytes")
        if plain:
            self._taken.append(plain)


def _decoder(encoding: str) -> zlib._Decompress | None:
    match encoding:
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
        case _:
            # Also a chain of encodings: each link would multiply what one chunk expands to.
            _refuse("has an encoding that was not asked for")
