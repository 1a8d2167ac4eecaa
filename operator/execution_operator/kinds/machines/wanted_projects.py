"""Which projects a spec means: asks for the ids of names; knows neither machines nor lists."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from execution_operator.kinds.machines.seen import WantedProject
from execution_operator.kinds.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.model import ByIdOrName
    from execution_operator.kinds.connections import Connection


async def wanted_projects(
    listed: Iterable[ByIdOrName], connection: Connection, space_id: str | None
) -> tuple[WantedProject, ...]:
    """The projects in their order, those without an id with the reason.

    All are asked for at once: a server that hangs holds a look up once, not once a project.
    """
    asked = (_project(one, connection, space_id) for one in listed)
    return tuple(await asyncio.gather(*asked))


async def _project(
    wanted: ByIdOrName, connection: Connection, space_id: str | None
) -> WantedProject:
    found = await connection.project_id(wanted, space_id=space_id)
    if isinstance(found, Problem):
        return WantedProject(id=None, name=wanted.name, problem=found)
    return WantedProject(id=found, name=wanted.name)
