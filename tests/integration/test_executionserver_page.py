"""What the page on ExecutionServers shows can be applied, and looks as it says."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "executionserver.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TABLES = re.findall(r"^\$ kubectl (get exs.*)\n(.+)\n(.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def kubectl(cluster, namespace):
    async def run(*args: str, stdin: str | None = None) -> str:
        call = cluster.plane.run_kubectl
        return await asyncio.to_thread(call, *args, "-n", namespace.name, stdin=stdin)

    return run


@pytest.mark.parametrize("block", BLOCKS, ids=["least", "full", "perfecto"])
async def test_an_example_is_taken_as_it_stands(kubectl, block):
    told = await kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=block)
    assert told.count("serverside-applied") == block.count("apiVersion:")


@pytest.mark.usefixtures("operator")
async def test_the_tables_have_the_columns_that_the_page_shows(kubectl, namespace, hub_url):
    await namespace.secret("hub-token", token="demo-offline-token")
    reference = {"name": "hub-token", "key": "token"}
    space = {"name": "Demo space"}
    hub = {"url": hub_url, "offlineTokenSecretRef": reference, "space": space}
    await namespace.server(hub_url, testHub=hub)
    await namespace.condition("ExecutionServer", "hub", "Ready", "True")
    assert len(TABLES) == 2
    for command, heads, row in TABLES:
        found_heads, found = (await kubectl(*command.split())).splitlines()
        assert found_heads.split() == heads.split()
        url = row.split()[3]
        assert len(found.replace(hub_url, url).split()) == len(row.split())


@pytest.mark.usefixtures("operator")
async def test_describe_tells_what_is_wrong_and_what_to_do(kubectl, namespace, hub_url):
    await namespace.secret("hub-token", token="wrong")
    await namespace.server(hub_url)
    await namespace.condition("ExecutionServer", "hub", "Ready", "False", "Unauthorized")
    told = " ".join((await kubectl("describe", "exs", "hub")).split())
    for part in (
        "Reason: Unauthorized",
        "Type: Stalled",
        "create a new one on the server (User icon, Create Token)",
        'the token is key "token" of Secret "hub-token"',
        f"URL: {hub_url}",
    ):
        assert part in told
