"""A server's agents as its client gives them, for tests in memory; answers what it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from execution_operator.remote.errors import NotFound
from execution_operator.remote.testhub.levels import SpaceLevel
from execution_operator.remote.whole_list import WholeList
from support.agents import HOST, USER, found

if TYPE_CHECKING:
    from collections.abc import Callable


def _at_once() -> None:
    """No time goes by."""


@dataclass
class AgentsServer:
    """Agents of one server, none at first; duck-typed like the client's.

    Attributes:
        refusal: what it says to every change of an agent.
        there: what the user has.
        in_space: what each team space has.
        denies: whether it has none of its agents when asked for one.
        silent: what reading one of them fails of.
        called: the host name by which it keeps what is created.
        answers: what it answers to a create instead of an agent made for it.
        keeps: what it says when an agent is to be removed.
        made: how many were created.
        shifted: lists of several pages that come before, as when something went between two.
        shifts: the level that they are of.
        before_list: lets time go by before a list.
        asked: the lists and changes, in order.
    """

    refusal: Exception | None = None
    there: list[Any] = field(default_factory=list)
    in_space: list[Any] = field(default_factory=list)
    shifted: list[tuple[Any, ...]] = field(default_factory=list)
    shifts: object = USER
    denies: bool = False
    silent: Exception | None = None
    called: str = HOST
    answers: Any = None
    keeps: Exception | None = None
    made: int = 0
    before_list: Callable[[], None] = _at_once
    asked: list[str] = field(default_factory=list)
    word: str = "agent"

    async def list(self, level: object) -> WholeList[Any]:
        """What is there; what a space has is shown at the user's level as well."""
        self.asked.append("list")
        self.before_list()
        if self.shifted and level == self.shifts:
            return WholeList(self.shifted.pop(0), pages=2)
        others = [] if isinstance(level, SpaceLevel) else self.there
        return WholeList((*others, *self.in_space), server_seconds=0.0)

    async def list_of_project(self, project_id: str) -> WholeList[Any]:
        """The same for each project."""
        return await self.list(project_id)

    async def get(self, _level: object, machine_id: str) -> Any:
        """The one of that id."""
        if self.silent is not None:
            raise self.silent
        for one in () if self.denies else self.there:
            if one.id == machine_id:
                return one
        msg = "no such agent"
        raise NotFound(msg)

    async def create(self, *_what: object, before_bytes: object) -> Any:
        """Put one there, or refuse to."""
        self._change("create", before_bytes)
        if self.answers is not None:
            return self.answers
        self.made += 1
        self.there.append(found(str(100 + self.made), hostName=self.called))
        return found(self.there[-1].id)

    async def delete(self, _level: object, machine_id: str, *, before_bytes: object) -> None:
        """Take it off, or refuse to."""
        self._change("delete", before_bytes)
        if self.keeps is not None:
            raise self.keeps
        self.there = [one for one in self.there if one.id != machine_id]

    async def update(self, *_what: object, before_bytes: object) -> None:
        """Take a change and keep nothing of it, or refuse it."""
        self._change("update", before_bytes)

    def _change(self, what: str, _before_bytes: object) -> None:
        self.asked.append(what)
        if self.refusal is not None:
            raise self.refusal
