"""Bodies, counted after decompression."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.remote.bodies import Body, UnreadableBodyError


def read(encoding: str, *chunks: bytes, limit: int = 10_000_000) -> bytes:
    body = Body(encoding, limit=limit)
    for chunk in chunks:
        body.feed(chunk)
    return body.whole()


@given(st.binary(max_size=2000), st.integers(1, 50), st.sampled_from(["", "gzip", "deflate"]))
def test_what_was_sent_is_read_however_it_is_cut(plain: bytes, step: int, encoding: str) -> None:
    packed = {"": plain, "gzip": gzip.compress(plain), "deflate": zlib.compress(plain)}[encoding]
    chunks = [packed[at : at + step] for at in range(0, len(packed), step)]

    assert read(encoding, *chunks) == plain


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_large_expansions_are_read_to_the_last_byte(size: int) -> None:
    assert read("gzip", gzip.compress(b"x" * size)) == b"x" * size


def test_body_of_exactly_the_limit_is_read() -> None:
    assert len(read("gzip", gzip.compress(b"x" * 1000), limit=1000)) == 1000


@pytest.mark.parametrize(
    ("encoding", "chunks"),
    [
        pytest.param("", (b"x" * 600, b"x" * 401), id="plain and too large"),
        pytest.param("gzip", (gzip.compress(b"x" * 1001),), id="too large once expanded"),
        pytest.param("gzip", (gzip.compress(b"x" * 500)[:-3],), id="cut off"),
        pytest.param("gzip", (gzip.compress(b"")[:5],), id="cut off in its header"),
        pytest.param("gzip", (b"not gzip at all",), id="not what it says"),
        pytest.param("gzip", (gzip.compress(b"a") + b"more",), id="goes on in the same chunk"),
        pytest.param("gzip", (gzip.compress(b"a"), b"more"), id="goes on in another chunk"),
        pytest.param("br", (), id="not asked for"),
        pytest.param("gzip, gzip", (), id="chained"),
    ],
)
def test_unreadable_body_is_refused(encoding: str, chunks: tuple[bytes, ...]) -> None:
    with pytest.raises(UnreadableBodyError):
        read(encoding, *chunks, limit=1000)


def test_bomb_is_refused_before_it_is_expanded() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    body = Body("gzip", limit=1000)

    with pytest.raises(UnreadableBodyError):
        body.feed(bomb[:100])


def test_empty_body_needs_no_encoding() -> None:
    assert read("gzip") == b""
