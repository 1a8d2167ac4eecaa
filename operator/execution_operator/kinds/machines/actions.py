"""What can be done about a machine; values alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from execution_operator.kinds.machines.identity import Intent
    from execution_operator.remote.testhub.levels import Level


@dataclass(frozen=True, slots=True)
class LookUp:
    """Look for machines of that name, in a list asked for at that monotonic time or later.

    Attributes:
        is_for_twins: of one that is known: it works on, whatever becomes of this.
    """

    level: Level
    not_before: float
    is_for_twins: bool = False


@dataclass(frozen=True, slots=True)
class WriteIntent:
    """Record that the machine is to become ours in this way."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take the intent and our finalizer back: nothing was created, nothing there is ours."""


@dataclass(frozen=True, slots=True)
class Create:
    """Define it on the server."""

    level: Level


@dataclass(frozen=True, slots=True)
class Confirm:
    """Read it on its own: lists lack it or show another name, or it is to be cleaned up."""

    level: Level
    machine_id: str


@dataclass(frozen=True, slots=True)
class Look:
    """Ask whether the server reaches it."""

    level: Level
    machine_id: str


@dataclass(frozen=True, slots=True)
class Update:
    """Repair what differs."""

    level: Level
    machine_id: str


@dataclass(frozen=True, slots=True)
class Associate:
    """Let a project use it."""

    project_id: str
    machine_id: str


@dataclass(frozen=True, slots=True)
class Dissociate:
    """Let a project use it no longer."""

    project_id: str
    machine_id: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Take it off the server."""

    level: Level
    machine_id: str


@dataclass(frozen=True, slots=True)
class Release:
    """Take our finalizer off.

    Attributes:
        left_behind: why something of ours may be left on the server; None when nothing is.
    """

    left_behind: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Let the server try it as it is to be: a part of writing that we create it, never decided."""


Change: TypeAlias = Associate | Dissociate
Exchange: TypeAlias = LookUp | Create | Confirm | Look | Update | Change | Remove
Action: TypeAlias = WriteIntent | Withdraw | Release | Exchange
