"""A cluster with one StaticAgent and a server, slow as told, for whole looks in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.model import FINALIZER, REQUESTED_AT_ANNOTATION
from execution_operator.kinds.machines.kind import MachineKind
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.reconcile.ports import Key
from execution_operator.reconcile.worker import Worker
from support.agents import USER
from support.agents_server import AgentsServer
from support.conditions import said
from support.machine_ports import machine_lists, machine_ports
from support.runs import PERIODS, URL, at
from support.servers import server

if TYPE_CHECKING:
    from collections.abc import Callable

KEY: Final = Key("StaticAgent", "shop", "loadgen")


def _nothing() -> None:
    """Nothing happens."""


@dataclass
class Cluster:
    """What the API server has; it may take a write and fail to say so.

    Attributes:
        silent: what it fails with after the next write.
        after_write: what happens after each write of metadata.
        held: what became of our finalizer, write by write.
    """

    stage: Stage
    wanted: Any
    write_takes: float = 0.0
    silent: Exception | None = None
    held: list[bool] = field(default_factory=list)
    after_write: Callable[[], None] = _nothing

    def __post_init__(self) -> None:
        ready = {"conditions": [said("Ready", "True", "Ready")]}
        self.server = ExecutionServer.model_validate(server().model_dump() | {"status": ready})

    def get(self, key: Key) -> Any:
        return self.wanted if key == KEY else self.server

    def grouped(self, *_what: object) -> tuple[()]:
        return ()

    async def write_metadata(self, wanted: Any, *, held: bool, annotations: Any = None) -> Any:
        if wanted is self.server:
            return wanted
        self.held.append(held)
        self.stage.seconds += self.write_takes
        notes = {**wanted.metadata.annotations, **(annotations or {})}
        changes = {
            "finalizers": (FINALIZER,) if held else (),
            "annotations": {name: value for name, value in notes.items() if value is not None},
        }
        meta = wanted.metadata.model_copy(update=changes)
        self.wanted = wanted.model_copy(update={"metadata": meta})
        self.after_write()
        silent, self.silent = self.silent, None
        if silent is not None:
            raise silent
        return self.wanted

    async def write_status(self, wanted: Any, status: Any) -> Any:
        self.wanted = wanted.model_copy(update={"status": status})
        return self.wanted


class TriedTraits(AgentTraits):
    """Agents that the server tries before it is recorded that they are created."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def check(self, *_what: object) -> None:
        self.stage.seconds += self.stage.check_takes
        self.stage.url = self.stage.url_after_check


@dataclass
class Stage:
    """Everything together; `look` does what one look of the operator does.

    Attributes:
        hub: another server than an empty one of its own.
        term_began: when the process began to lead.
        spaces_fail: what a list of team spaces fails of.
        spaces_asked: how often they were asked for.
    """

    wanted: Any
    seconds: float = 1000.0
    term_began: float = 0.0
    hub: Any = None
    list_takes: float = 0.0
    check_takes: float = 0.0
    url: str = URL
    url_after_check: str = URL
    spaces_fail: Exception | None = None
    spaces_asked: int = 0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hub = self.hub or AgentsServer(before_list=self._list)
        self.cluster = Cluster(self, self.wanted)
        self.reconnect()
        ports = machine_ports(
            lambda: self.seconds, self.told, objects=self.cluster, term_began=self.term_began
        )
        connections: Any = SimpleNamespace(get=lambda _key: self._connection())
        kind = MachineKind(
            ports=ports, connections=connections, periods=PERIODS, traits=TriedTraits(self)
        )
        meter: Any = SimpleNamespace(reconciled=lambda *_what: None)
        self.worker = Worker(
            {"StaticAgent": kind}, objects=self.cluster, clock=ports.clock, meter=meter
        )

    def reconnect(self) -> None:
        """Lists begin anew, as when the ExecutionServer was edited."""
        self.lists = machine_lists(lambda: self.seconds)

    def _list(self) -> None:
        self.seconds += self.list_takes

    async def _list_spaces(self) -> tuple[()]:
        self.spaces_asked += 1
        if self.spaces_fail is not None:
            raise self.spaces_fail
        return ()

    def _connection(self) -> Any:
        return SimpleNamespace(
            url=self.url,
            hub=SimpleNamespace(agents=self.hub, list_spaces=self._list_spaces),
            lists=self.lists,
            project_id=_its_id,
            blueprint=SimpleNamespace(request_seconds=30.0, poll_seconds=5.0),
        )

    async def look(self) -> Any:
        """One look; how it ended."""
        try:
            return await self.worker.look(KEY)
        finally:
            await self.lists.close()

    async def goes_by(self, seconds: float) -> None:
        """So much time, with a look whenever one asked for it, or else each minute."""
        end = self.seconds + seconds
        while self.seconds < end:
            await self.listed(*self.hub.there)
            again = (await self.look()).look_again
            self.seconds += max(1.0, min(60.0 if again is None else again, 60.0))

    def request(self, what: str) -> None:
        """Somebody asks for a look."""
        notes = self.now_wanted.metadata.annotations
        self._changed(annotations={**notes, REQUESTED_AT_ANNOTATION: what})

    def delete(self) -> None:
        """Somebody deletes the object."""
        self._changed(deletion_timestamp=at(self.seconds).utc)

    def _changed(self, **metadata: Any) -> None:
        meta = self.now_wanted.metadata.model_copy(update=metadata)
        self.cluster.wanted = self.now_wanted.model_copy(update={"metadata": meta})

    def says(self, type_: str) -> tuple[str, str, str]:
        """A condition of the object: its status, reason and message."""
        known = {one.type: one for one in self.now_wanted.status.conditions}
        one = known.get(type_)
        return (one.status, one.reason, one.message) if one is not None else ("", "", "")

    def forget_lists(self) -> None:
        """Time goes by without a list, until nobody holds the old ones."""
        self.seconds += 61.0
        self.lists.unfollow("nobody")

    async def listed(self, *there: Any) -> None:
        """The server has these, and the shared list says so."""
        self.hub.there = [*there]
        await self.lists.of_level(self.hub, USER).newer_than(self.seconds)

    @property
    def now_wanted(self) -> Any:
        """The object as it is now."""
        return self.cluster.wanted


async def _its_id(wanted: Any, *, space_id: str | None) -> str:
    """Projects are named by id here."""
    del space_id
    return str(wanted.id)
