"""Which projects a spec means, and how long it takes to know on a server that hangs."""

from __future__ import annotations

import asyncio
from typing import Any

from execution_operator.api.model import ByIdOrName
from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.wanted_projects import wanted_projects
from execution_operator.kinds.problems import Problem
from support.virtual_time import in_virtual_time, seconds

AWAY = Problem(reason=Reason.SERVER_UNREACHABLE, message="no answer in time")


class Hanging:
    """Gives no name's id, and takes half a minute for that."""

    async def project_id(self, wanted: ByIdOrName, *, space_id: str | None) -> str | Problem:
        assert space_id == "demo"
        if wanted.id is not None:
            return wanted.id
        await asyncio.sleep(30.0)
        return AWAY


async def asked_for(*listed: ByIdOrName) -> Any:
    connection: Any = Hanging()
    return await wanted_projects(listed, connection, "demo")


@in_virtual_time
async def test_fifty_names_hold_a_look_up_no_longer_than_one():
    began = seconds()
    await asked_for(*(ByIdOrName(name=f"P{number}") for number in range(50)))
    assert seconds() - began == 30.0


@in_virtual_time
async def test_projects_stay_in_the_order_of_the_spec():
    found = await asked_for(ByIdOrName(name="Shop"), ByIdOrName(id="7"))
    assert [(one.id, one.name, one.problem) for one in found] == [
        (None, "Shop", AWAY),
        ("7", None, None),
    ]
