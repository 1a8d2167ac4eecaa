"""A server with one agent that projects may use, an object for it, and the process that looks."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from execution_operator.remote.errors import NotFound, RemoteError
from execution_operator.remote.whole_list import WholeList
from support.agents import RECORDED, USER, found, held_agent
from support.agents_server import AgentsServer
from support.machine_stage import Stage


@dataclass
class Projects(AgentsServer):
    """A server with one agent that some projects may use.

    Attributes:
        uses: who may.
        fates: by project, what it answers to changes instead of doing them.
        blind: by project, what its list and reading the agent in it fail of.
        changes: what was asked for, in order.
        unreadable: what reading the agent in a project fails of, and lists do not.
    """

    uses: set[str] = field(default_factory=set)
    fates: dict[str, Exception] = field(default_factory=dict)
    blind: dict[str, Exception] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    unreadable: Exception | None = None

    async def list_of_project(self, project: str) -> WholeList[Any]:
        self._looked(project)
        there = self.there if project in self.uses else ()
        return WholeList(tuple(there), server_seconds=0.0)

    async def get_of_project(self, project: str, _machine_id: str) -> Any:
        self._looked(project)
        if self.unreadable is not None:
            raise self.unreadable
        if project not in self.uses:
            msg = "not associated"
            raise NotFound(msg)
        return self.there[0]

    async def associate(self, project: str, _machine_id: str, *, before_bytes: object) -> None:
        self._told(f"+{project}", project, before_bytes)
        self.uses.add(project)

    async def dissociate(self, project: str, _machine_id: str, *, before_bytes: object) -> None:
        self._told(f"-{project}", project, before_bytes)
        self.uses.discard(project)

    def _looked(self, project: str) -> None:
        if project in self.blind:
            raise self.blind[project]

    def _told(self, change: str, project: str, _before_bytes: object) -> None:
        self.changes.append(change)
        if project in self.fates:
            raise self.fates[project]


@dataclass
class Lab:
    """An agent of ours, its projects in the spec, and the process that looks after it."""

    listed: str = "7"
    members: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        adopted = {"origin": "Adopted"}
        self.wanted: Any = held_agent(
            spec={"projects": _projects(self.listed), "deletionPolicy": None} | self.members,
            status=RECORDED | adopted,
        )
        self.wanted.metadata.annotations.clear()
        self.hub = Projects(there=[found()])
        self.stage = Stage(self.wanted, hub=self.hub)

    def restart(self) -> None:
        """Another process leads from now on; it knows what the cluster and the server know."""
        seconds = self.stage.seconds + 1.0
        current = self.stage.now_wanted
        self.stage = Stage(current, seconds=seconds, term_began=seconds, hub=self.hub)

    def lists(self, projects: str) -> None:
        """Somebody changes the spec's projects."""
        now = self.stage.now_wanted
        meta = now.metadata.model_copy(update={"generation": now.metadata.generation + 1})
        spec = type(now.spec).model_validate(
            now.spec.model_dump() | {"projects": _projects(projects)}
        )
        self.stage.cluster.wanted = now.model_copy(update={"metadata": meta, "spec": spec})

    async def looks(self, after: float = 1.0) -> Any:
        """One look after so many seconds, with lists as new as that."""
        self.stage.seconds += after
        await self.stage.lists.of_level(self.hub, USER).newer_than(self.stage.seconds)
        for one in "345678":
            shared = self.stage.lists.of_project(self.hub, one)
            with contextlib.suppress(RemoteError):
                await shared.newer_than(self.stage.seconds)
        return await self.stage.look()

    @property
    def claimed(self) -> str:
        """The projects that the status has as ours."""
        return "".join(one.id for one in self.stage.now_wanted.status.projects)

    @property
    def ready(self) -> tuple[str, str]:
        """That condition: status and reason."""
        return self.stage.says("Ready")[:2]


def _projects(ids: str) -> list[dict[str, str]]:
    return [{"id": one} for one in ids]
