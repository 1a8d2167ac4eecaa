"""How the simulator listens, and how it ends."""

import asyncio
import gc
import socket

import pytest
from yarl import URL

from execution_simulator import Simulator, serve


@pytest.mark.parametrize("turns", range(5))
async def test_a_connection_that_comes_at_the_very_end_is_closed_too(turns):
    async with serve(Simulator()) as url:
        with socket.create_connection(("127.0.0.1", URL(url).port)):
            for _ in range(turns):
                await asyncio.sleep(0)
    gc.collect()  # what is still open warns, and a warning is an error
