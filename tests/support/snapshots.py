"""A snapshot whose lists wait until the test answers them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from execution_operator.remote.errors import RemoteError, Unreachable
from execution_operator.remote.snapshot import ExecutionSnapshot, Sighting
from execution_operator.remote.whole_list import WholeList
from support.chance import Chance
from support.runs import execution
from support.virtual_time import seconds, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from execution_operator.remote.outage import Trouble
    from execution_operator.remote.testhub.queries import ExecutionFilter
    from execution_operator.remote.testhub.wire import ExecutionResource

POLL = 5.0
OUTAGE = 60.0
TAG = "execution-operator.cluster.x"
AWAY = Unreachable("cannot list executions: no answer")


def running(execution_id: str = "e1", word: str = "RUNNING") -> ExecutionResource:
    """What the server says of an active run."""
    return execution(word, id=execution_id)


class Ask:
    """A list that was asked for and waits for the test to answer it."""

    def __init__(self, project_id: str, chosen: ExecutionFilter) -> None:
        self.at = seconds()
        self.waited_seconds = 0.0
        self.project_id = project_id
        self.chosen = chosen
        self.answered: asyncio.Future[WholeList[ExecutionResource]] = (
            asyncio.get_running_loop().create_future()
        )

    async def answer(self, *executions: ExecutionResource) -> None:
        """These are active."""
        self.answered.set_result(WholeList(executions, self._server_seconds()))
        await settle()

    async def fail(self, error: Exception = AWAY) -> None:
        """It went wrong."""
        if isinstance(error, RemoteError):
            error.server_seconds = self._server_seconds()
        self.answered.set_exception(error)
        await settle()

    def _server_seconds(self) -> float:
        return seconds() - self.at - self.waited_seconds


class Lister:
    """Whoever lists waits until the test answers."""

    def __init__(self) -> None:
        self._asks: asyncio.Queue[Ask] = asyncio.Queue()

    async def list_executions(
        self, project_id: str, chosen: ExecutionFilter
    ) -> WholeList[ExecutionResource]:
        """What the test answers."""
        ask = Ask(project_id, chosen)
        self._asks.put_nowait(ask)
        return await ask.answered

    async def asked(self) -> Ask:
        """The next list that is asked for, as soon as it is."""
        return await self._asks.get()

    @property
    def is_idle(self) -> bool:
        """Whether no list was asked for that the test did not see."""
        return self._asks.empty()


class Scene:
    """A snapshot with its lister and all that it told."""

    def __init__(
        self,
        *,
        chance: float = 0.5,
        on_strangers: Callable[[frozenset[str]], None] | None = None,
        wake_all: Callable[[Iterable[Callable[[], None]]], None] | None = None,
    ) -> None:
        self.lister = Lister()
        self.told: list[Trouble | None] = []
        self.woken: list[str] = []
        self.snapshot = ExecutionSnapshot(
            self.lister,
            project_id="7",
            tag=TAG,
            poll_seconds=POLL,
            outage_seconds=OUTAGE,
            monotonic=seconds,
            random=Chance(chance),
            on_trouble=self.told.append,
            on_strangers=on_strangers,
            wake_all=wake_all,
        )

    def follow(self, execution_id: str) -> Sighting:
        """What is known of it; whoever is woken is remembered."""
        return self.snapshot.follow(execution_id, lambda: self.woken.append(execution_id))

    def follow_all(self, *ids: str) -> list[Sighting]:
        """What is known of them."""
        return [self.follow(one) for one in ids]

    def was_woken(self) -> list[str]:
        """Who was woken since this was asked last, in the order of ids."""
        found = sorted(self.woken)
        self.woken.clear()
        return found

    async def answer(self, *executions: ExecutionResource) -> Ask:
        """Answer the next list, as soon as it is asked for."""
        ask = await self.lister.asked()
        await ask.answer(*executions)
        return ask

    async def fail(self, error: Exception = AWAY) -> Ask:
        """Let the next list fail, as soon as it is asked for."""
        ask = await self.lister.asked()
        await ask.fail(error)
        return ask
