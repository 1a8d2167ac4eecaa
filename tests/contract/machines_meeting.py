"""A simulator and the client of it, for the tests of agents and docker hosts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from contract.simulator_client import START
from contract.small_servers import OFFLINE, outside
from execution_operator.remote.testhub.client import TestHub
from execution_operator.remote.testhub.levels import SpaceLevel, UserLevel
from execution_simulator import Simulator, serve
from execution_simulator.clock import Clock

USER, SPACE = UserLevel(), SpaceLevel("demo")
LEVELS = pytest.mark.parametrize("level", [USER, SPACE], ids=["user", "space"])
HOST = "LoadGen-1.example.com"
KEYS = {"caCert": "CA-PEM-1", "clientCert": "CERT-PEM-1", "clientKey": "KEY-PEM-1"}
VARIANTS = {
    "as by default": {},
    "merging": {"machine_put": "merge"},
    "ids as strings": {"machine_ids": "string"},
    "pages": {"machine_lists": "page", "page_size_cap": 1},
    "no nulls": {"nulls": "absent"},
    "host names in lower case": {"host_names": "lower"},
    "empty associations": {"association_answer": "empty"},
    "all at the user's level": {"user_level": "all"},
    "masked keys": {"docker_keys": "masked"},
    "no info": {"docker_info": "null"},
}
EACH_VARIANT = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())


@dataclass(frozen=True)
class Both:
    """The server and the client of it."""

    server: Simulator
    hub: TestHub

    def agent(self, *, space_id: str | None = None, **members: object) -> str:
        """Let an agent register itself; its id."""
        given = {"hostName": HOST, **members}
        return str(self.server.agents.add(given, now=START, space_id=space_id).id)

    def docker_host(self, **members: object) -> str:
        """Let somebody define a docker host; its id."""
        given = {"hostName": HOST, **members}
        return str(self.server.docker_hosts.add(given, now=START).id)


@asynccontextmanager
async def meeting() -> AsyncIterator[Both]:
    server = Simulator(clock=Clock(lambda: START))
    server.tokens.add(OFFLINE)
    async with outside() as out, serve(server) as url:
        yield Both(server, out.hub(url))
