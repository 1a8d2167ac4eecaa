"""The live connections to execution servers, one an ExecutionServer; built from its spec."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from execution_operator.api.reasons import Reason
from execution_operator.kinds.assets import chosen_asset, meant, searches
from execution_operator.kinds.lookups import Lookups
from execution_operator.kinds.problems import Problem
from execution_operator.remote.redaction import one_line
from execution_operator.remote.testhub.queries import AssetFilter
from execution_operator.remote.testhub.stops import Stops

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.api.model import ByIdOrName
    from execution_operator.api.run_specification import TestAsset
    from execution_operator.reconcile.ports import Key
    from execution_operator.remote.outage import Trouble
    from execution_operator.remote.snapshot import ExecutionSnapshot
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.machine_lists import MachineLists
    from execution_operator.remote.testhub.wire import Asset


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """All that a connection depends on; another blueprint is another connection."""

    uid: str
    url: str
    ca_bundle: str | None
    insecure_skip_verify: bool
    proxy_url: str | None
    connect_seconds: float
    request_seconds: float
    requests_per_second: int
    burst: int
    poll_seconds: float
    token_place: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Probe:
    """What the server said when it was last asked whether it lets us in."""

    at: float
    problem: Problem | None
    space_id: str | None = None
    space_name: str | None = None


@dataclass(slots=True)
class Connection:
    """A server that can be talked to: its client, its snapshots, what is known of it.

    Attributes:
        troubles: by project, that its lists fail.
    """

    blueprint: Blueprint
    hub: TestHub
    snapshots: Callable[[str], ExecutionSnapshot]
    monotonic: Callable[[], float]
    lists: MachineLists
    probe: Probe | None = None
    probed_for: tuple[int, str] | None = None
    troubles: dict[str, Trouble] = field(default_factory=dict)
    open_snapshots: dict[str, ExecutionSnapshot] = field(default_factory=dict)
    stops: Stops = field(init=False)
    _is_closed: bool = False
    _lookups: Lookups = field(init=False)

    def __post_init__(self) -> None:
        """Stops are gathered, and names kept, per connection."""
        self.stops = Stops(self.hub, self.monotonic)
        self._lookups = Lookups(self.monotonic, missing_seconds=self.blueprint.poll_seconds)

    @property
    def url(self) -> str:
        """The normalised URL."""
        return self.blueprint.url

    @property
    def trouble(self) -> Trouble | None:
        """The oldest of its projects' troubles; None while all lists work."""
        return min(self.troubles.values(), key=lambda one: one.since, default=None)

    @property
    def space_id(self) -> str | None:
        """The team space in use, once it is known."""
        return self.probe.space_id if self.probe else None

    def snapshot(self, project_id: str) -> ExecutionSnapshot:
        """The shared snapshot of a project's active executions."""
        if project_id not in self.open_snapshots:
            self.open_snapshots[project_id] = self.snapshots(project_id)
            if self._is_closed:
                self.open_snapshots[project_id].stop()
        return self.open_snapshots[project_id]

    async def find_space(self, wanted: ByIdOrName) -> str | Problem:
        """The team space's id; a name is looked up and kept for five minutes."""
        if wanted.id is not None:
            return wanted.id
        name = wanted.name or ""

        async def ask() -> str | Problem:
            found = await self.hub.list_spaces(search=name)
            return chosen_space(name, [(one.id, one.display_name) for one in found])

        return await self._lookups.find(("space", name), ask)

    async def project_id(self, wanted: ByIdOrName, *, space_id: str | None = None) -> str | Problem:
        """The project's id; a name is looked up and kept for five minutes.

        Args:
            wanted: which project.
            space_id: the team space that it is in; the server's own by default.
        """
        if wanted.id is not None:
            return wanted.id
        name, space = wanted.name or "", space_id or self.space_id

        async def ask() -> str | Problem:
            found = await self.hub.list_projects(name=name, space_id=space)
            return chosen_project(name, [(one.id, one.name) for one in found])

        return await self._lookups.find(("project", space, name), ask)

    async def asset_id(self, project_id: str, wanted: TestAsset) -> str | Problem:
        """The test asset's id; a name is looked up and kept for five minutes."""
        if wanted.asset_id is not None:
            return wanted.asset_id
        name, revision = wanted.name or "", wanted.revision

        async def ask() -> str | Problem:
            hits = await self._assets(project_id, name, revision)
            return chosen_asset(name, hits, revision=revision, project=project_id)

        return await self._lookups.find(("asset", project_id, name, revision), ask)

    async def asset_moved(self, project_id: str, wanted: TestAsset, known: str) -> bool:
        """Whether the name means another asset now than when it was looked up; asks anew."""
        if wanted.name is None:
            return False
        self._lookups.forget(("asset", project_id, wanted.name, wanted.revision))
        found = await self.asset_id(project_id, wanted)
        return isinstance(found, str) and found != known

    async def close(self) -> None:
        """Let go of the server, also for those who still hold the connection."""
        self._is_closed = True
        for snapshot in tuple(self.open_snapshots.values()):
            await snapshot.close()
        await self.lists.close()
        await self.stops.close()
        await self.hub.close()

    async def _assets(self, project_id: str, name: str, revision: str) -> tuple[Asset, ...]:
        for text in searches(name):
            which = AssetFilter(name=text, revision=revision)
            hits = meant(name, await self.hub.list_assets(project_id, which))
            if hits:
                return hits
        return ()


def chosen_space(name: str, found: list[tuple[str, str | None]]) -> str | Problem:
    """The id of the one team space of exactly that name, or why there is none."""
    hits = _called(name, found)
    if len(hits) == 1:
        return hits[0]
    text = f'{len(hits) or "no"} team spaces are called "{name}": check it or give its id'
    return Problem(reason=Reason.REFERENCE_NOT_FOUND, message=text)


def chosen_project(name: str, found: list[tuple[str, str | None]]) -> str | Problem:
    """The id of the one project of exactly that name, or why there is none."""
    hits = _called(name, found)
    if len(hits) == 1:
        return hits[0]
    if hits:
        text = f'several projects are called "{name}": give one of the ids {", ".join(hits[:5])}'
    else:
        text = f'there is no project "{name}" that this token may see: check name and space'
    return Problem(reason=Reason.REFERENCE_NOT_FOUND, message=text)


def _called(name: str, found: list[tuple[str, str | None]]) -> list[str]:
    wanted = one_line(name)  # as the texts of answers are made
    return [one_id for one_id, found_name in found if found_name == wanted]


class Connector(Protocol):
    """Who opens connections."""

    def __call__(self, key: Key, blueprint: Blueprint) -> Connection:
        """A new connection; nothing is sent yet."""


class Connections:
    """The open connections by ExecutionServer."""

    def __init__(self, connect: Connector, *, on_open: Callable[[Key], None]) -> None:
        self._connect = connect
        self._on_open = on_open
        self._open: dict[Key, Connection] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def get(self, key: Key) -> Connection | None:
        """The connection, if it is open."""
        return self._open.get(key)

    def all(self) -> dict[Key, Connection]:
        """All open connections."""
        return dict(self._open)

    def ensure(self, key: Key, blueprint: Blueprint) -> Connection:
        """The connection of that blueprint; one of another blueprint is closed."""
        current = self._open.get(key)
        if current is not None and current.blueprint == blueprint:
            return current
        self.drop(key)
        self._open[key] = self._connect(key, blueprint)
        self._on_open(key)
        return self._open[key]

    def drop(self, key: Key) -> None:
        """Close the connection, if there is one."""
        connection = self._open.pop(key, None)
        if connection is not None:
            task = asyncio.create_task(connection.close(), name=f"close {key}")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all."""
        for key in tuple(self._open):
            self.drop(key)
        await asyncio.gather(*self._closing, return_exceptions=True)


def trouble_report(
    connection: Callable[[], Connection | None], project_id: str, wake: Callable[[], None]
) -> Callable[[Trouble | None], None]:
    """What a project's snapshot calls when lists begin or cease to fail: look at the server."""

    def report(trouble: Trouble | None) -> None:
        current = connection()
        if current is not None:
            current.troubles.pop(project_id, None)
            if trouble is not None:
                current.troubles[project_id] = trouble
            current.probed_for = None
        wake()

    return report
