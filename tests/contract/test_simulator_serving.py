"""How the simulator listens, and how it ends."""

import asyncio
import gc
import socket

import pytest
from yarl import URL

from execution_simulator import Simulator, serve
from execution_simulator.faults import HugeBody


@pytest.mark.parametrize("turns", range(5))
async def test_a_connection_that_comes_at_the_very_end_is_closed_too(turns):
    async with serve(Simulator()) as url:
        with socket.create_connection(("127.0.0.1", URL(url).port)):
            for _ in range(turns):
                await asyncio.sleep(0)
    gc.collect()  # what is still open warns, and a warning is an error


def test_a_connection_whose_other_side_does_not_read_is_closed_too():
    with socket.socket() as client:
        asyncio.run(served_without_being_read(client))
        gc.collect()


async def served_without_being_read(client: socket.socket) -> None:
    simulator = Simulator()
    simulator.faults.add(HugeBody(operation="*", size=30_000_000))
    async with serve(simulator) as url:
        client.connect(("127.0.0.1", URL(url).port))
        client.sendall(b"GET /test/rest/spaces HTTP/1.1\r\nHost: hub\r\n\r\n")
        await asyncio.to_thread(client.recv, 1)
