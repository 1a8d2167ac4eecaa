"""What the page on TestExecutions shows can be applied, and the commands that it gives work."""

from __future__ import annotations

import asyncio

import pytest

from support.pages import Page

PAGE = Page("testexecution.md")


@pytest.fixture
def kubectl(cluster, namespace):
    async def run(*args: str, stdin: str | None = None) -> str:
        call = cluster.plane.run_kubectl
        return await asyncio.to_thread(call, *args, "-n", namespace.name, stdin=stdin)

    return run


@pytest.mark.parametrize("block", PAGE.yaml, ids=["least", "full"])
async def test_an_example_is_taken_as_it_stands(kubectl, block):
    told = await kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=block)
    assert "serverside-applied" in told


@pytest.mark.usefixtures("operator", "hub")
async def test_the_least_example_runs_and_passes(kubectl, namespace):
    await kubectl("apply", "-f", "-", stdin=PAGE.yaml[0])
    await namespace.condition("TestExecution", "smoke", "Succeeded", "True", "TestsPassed")
    told = await kubectl("wait", "--for=condition=Completed", "tex/smoke")
    assert "condition met" in told


@pytest.mark.usefixtures("operator")
async def test_a_run_without_a_server_is_cancelled_by_the_command_that_the_page_gives(
    kubectl, namespace
):
    await kubectl("apply", "-f", "-", stdin=PAGE.yaml[0])
    await namespace.condition("TestExecution", "smoke", "Accepted", "False", "ServerNotFound")
    await kubectl("patch", "tex", "smoke", "--type=merge", "-p", '{"spec":{"cancel":true}}')
    await namespace.condition("TestExecution", "smoke", "Succeeded", "False", "StoppedByRequest")
