"""Which lists of machines are open, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

from execution_operator.kinds.machines.lists import MachineLists
from execution_operator.remote.shared_list import Pacing
from execution_operator.remote.testhub.levels import UserLevel
from execution_operator.remote.whole_list import WholeList
from support.chance import Chance
from support.virtual_time import in_virtual_time, seconds

POLL, QUIET = 5.0, 60.0
USER = UserLevel()


class Machines:
    """A server without machines, that counts how often it is asked."""

    word = "agent"

    def __init__(self) -> None:
        self.asked = 0

    async def list(self, _level: object) -> WholeList[Any]:
        self.asked += 1
        return WholeList((), server_seconds=0.0)

    async def list_of_project(self, _project: str) -> WholeList[Any]:
        return await self.list(_project)


def opened() -> tuple[MachineLists, Machines]:
    pacing = Pacing(poll=POLL, quiet=QUIET, outage=60.0)
    return MachineLists(pacing, seconds, Chance(0.5), lambda _wakes: None), Machines()


@in_virtual_time
async def test_what_is_opened_after_the_end_asks_for_nothing():
    lists, machines = opened()
    await lists.close()
    lists.of_level("agent", machines, USER).follow("a", "1", lambda: None)
    await asyncio.sleep(QUIET)
    assert machines.asked == 0
