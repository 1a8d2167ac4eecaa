"""What the pages on StaticAgents and DockerHosts show can be applied, and looks as they say."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {name: (DOCS / f"{name}.md").read_text() for name in ("dockerhost", "staticagent")}
BLOCKS = {
    f"{name} {number}": block
    for name, text in PAGES.items()
    for number, block in enumerate(
        re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    )
}
TABLES = {
    name: re.search(r"^\$ kubectl (get \w+)\n(.+)\n(.+)$", text, re.MULTILINE).groups()
    for name, text in PAGES.items()
}
OBJECTS = {
    "dockerhost": ("DockerHost", "docker", {"hostName": "docker-1.example.com", "port": "2375"}),
    "staticagent": (
        "StaticAgent",
        "loadgen",
        {"hostName": "loadgen-1.example.com", "version": "11.0.7"},
    ),
}


@pytest.fixture
def kubectl(cluster, namespace):
    async def run(*args: str, stdin: str | None = None) -> str:
        call = cluster.plane.run_kubectl
        return await asyncio.to_thread(call, *args, "-n", namespace.name, stdin=stdin)

    return run


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
async def test_an_example_is_taken_as_it_stands(kubectl, block):
    told = await kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=block)
    assert told.count("serverside-applied") == block.count("apiVersion:")


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize("name", sorted(TABLES))
async def test_a_table_has_the_columns_and_values_that_the_page_shows(kubectl, namespace, name):
    kind, object_name, spec = OBJECTS[name]
    projects = [{"name": "Shop"}]
    await namespace.create(
        kind, object_name, {"serverRef": {"name": "hub"}, "projects": projects, **spec}
    )

    def is_shown(found):
        status = found["status"]
        return (status.get("connection") or status.get("state")) and status.get("projectCount")

    await namespace.condition(kind, object_name, "Ready", "True")
    await namespace.wait(kind, object_name, "all that the table shows", is_shown)
    command, heads, row = TABLES[name]
    found_heads, found = (await kubectl(*command.split())).splitlines()
    assert found_heads.split() == heads.split()
    assert found.split()[:-1] == row.split()[:-1]
