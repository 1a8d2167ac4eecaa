"""The fence before a request's first byte."""

import asyncio

import pytest

from contract.small_servers import OK, READ, START, outside, raw_server, read_request, until
from execution_operator.remote.errors import Unreachable


class LeaseLostError(Exception):
    """What a fence raises."""


def closed_fence() -> None:
    raise LeaseLostError


class Wire:
    """Answers requests, and keeps what arrived on each connection."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []
        self.connections = 0
        self.ended = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.arrived.append(await read_request(reader))
                writer.write(OK)
        finally:
            self.ended += 1


async def test_closed_fence_lets_no_byte_out_on_a_new_connection() -> None:
    wire = Wire()
    async with outside() as out, raw_server(wire) as url:
        with pytest.raises(LeaseLostError):
            await out.transport(url).send(START, before_bytes=closed_fence)
        await until(lambda: wire.ended == 1)

    assert wire.connections == 1
    assert wire.arrived == []


async def test_closed_fence_lets_no_byte_out_on_a_kept_connection_and_closes_it() -> None:
    wire = Wire()
    async with outside() as out, raw_server(wire) as url:
        transport = out.transport(url)
        await transport.send(READ)
        with pytest.raises(LeaseLostError):
            await transport.send(START, before_bytes=closed_fence)
        await until(lambda: wire.ended == 1)

    assert wire.connections == 1
    assert len(wire.arrived) == 1


async def test_fence_is_asked_when_the_connection_stands() -> None:
    wire = Wire()
    seen: list[tuple[int, int]] = []
    async with outside() as out, raw_server(wire) as url:
        transport = out.transport(url)
        for _ in range(2):
            await transport.send(
                START, before_bytes=lambda: seen.append((out.meter.codes.count("200"), 1))
            )

    assert seen == [(0, 1), (1, 1)]


async def test_fence_is_not_asked_when_no_connection_stands() -> None:
    asked: list[bool] = []
    async with outside() as out:
        with pytest.raises(Unreachable):
            await out.transport("http://no-such-host.invalid").send(
                START, before_bytes=lambda: asked.append(True)
            )

    assert asked == []


@pytest.mark.parametrize("refusal", [OSError("gone"), TimeoutError(), ConnectionResetError()])
async def test_what_a_fence_raises_is_passed_on_as_it_is(refusal: OSError) -> None:
    def fence() -> None:
        raise refusal

    async with outside() as out, raw_server(Wire()) as url:
        with pytest.raises(type(refusal)) as passed:
            await out.transport(url).send(START, before_bytes=fence)

    assert passed.value is refusal


async def test_fences_of_requests_at_the_same_time_are_their_own() -> None:
    wire = Wire()
    async with outside() as out, raw_server(wire) as url:
        transport = out.transport(url)
        results = await asyncio.gather(
            *(
                transport.send(START, before_bytes=closed_fence if n % 2 else None)
                for n in range(20)
            ),
            return_exceptions=True,
        )

    assert [isinstance(one, LeaseLostError) for one in results] == [n % 2 == 1 for n in range(20)]
    assert len(wire.arrived) == 10
