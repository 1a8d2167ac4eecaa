"""A plain HTTP client of the simulator for its own tests; knows the paths, checks nothing."""

import json as jsonlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from execution_simulator import Simulator, serve
from execution_simulator.clock import Clock
from execution_simulator.scripts import Script

START = 1_800_000_000.0
"""Where the tests' clock stands: 2027-01-15T08:00:00Z."""
TOKEN = "demo-offline-token"
SMOKE = "Shop/Tests/Smoke.testsuite"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that has been read."""

    status: int
    headers: Mapping[str, str]
    text: str
    json: Any


@dataclass(frozen=True, slots=True)
class Api:
    """The simulator in this process, and a session that has a token."""

    simulator: Simulator
    session: aiohttp.ClientSession
    url: str
    access: str

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        data: object = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send a request: `path` below the context, or a whole URL."""
        sent = {"Authorization": f"Bearer {self.access}", **(headers or {})}
        url = path if "://" in path else self.url + path
        async with self.session.request(
            method, url, headers=sent, json=json, data=data, allow_redirects=False
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json" and bool(text)
            parsed = jsonlib.loads(text) if is_json else None
            return Reply(response.status, response.headers, text, parsed)

    async def get(self, path: str, *, headers: dict[str, str] | None = None) -> Reply:
        """GET."""
        return await self.ask("GET", path, headers=headers)

    async def control(self, method: str, path: str, json: object = None) -> Reply:
        """A call of the control API."""
        root = self.url.removesuffix("/test")
        return await self.ask(method, f"{root}/_simulator/{path}", json=json)

    async def post_run(self, **members: object) -> Reply:
        """Ask for a run of the smoke test, with members put into the body or replaced."""
        return await self.ask("POST", "/rest/projects/1050/executions/", json=body(**members))

    async def start(self, script: Script | None = None, **members: object) -> "Started":
        """Start a run; with a script, one that plays it."""
        if script:
            self.simulator.scripts.put(script)
        reply = await self.post_run(**members)
        assert reply.status == 201, reply.text
        return Started(self, reply.json["id"], reply.json["result"]["id"])

    async def list(self, query: str = "") -> list[str]:
        """The ids of a list of executions."""
        reply = await self.get(f"/rest/projects/1050/executions/{query}")
        assert reply.status == 200, reply.text
        return [run["id"] for run in reply.json]


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was started."""

    api: Api
    id: str
    result_id: str

    @property
    def path(self) -> str:
        """The path of the execution."""
        return f"/rest/projects/1050/executions/{self.id}"

    @property
    def result_path(self) -> str:
        """The path of the result."""
        return f"/rest/projects/1050/results/{self.result_id}"

    async def status(self) -> str:
        """The status that the API shows."""
        word: str = (await self.api.get(self.path)).json["status"]
        return word

    async def verdict(self) -> str | None:
        """The verdict that the API shows."""
        word: str | None = (await self.api.get(self.result_path)).json["verdict"]
        return word

    async def stop(self, query: str = "") -> Reply:
        """DELETE it."""
        return await self.api.ask("DELETE", self.path + query)


def body(**members: object) -> dict[str, Any]:
    """A body that starts the smoke test; a member that is None is left out."""
    asset = {"name": SMOKE, "revision": "main"}
    content = {"testAsset": asset, "offlineToken": TOKEN, **members}
    return {name: value for name, value in content.items() if value is not None}


@asynccontextmanager
async def opened(context: str = "/test") -> AsyncIterator[Api]:
    """A simulator with the demo world whose clock stands still, and a client with a token."""
    simulator = Simulator(clock=Clock(lambda: START))
    access = simulator.tokens.grant(TOKEN, now=START, seconds=1_000_000)
    async with (
        serve(simulator, context=context) as url,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
    ):
        yield Api(simulator, session, url, access)
