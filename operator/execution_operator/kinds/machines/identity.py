"""What is recorded before the first change on a server: who asks, where, and to which end; pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from execution_operator.api.machine import Origin  # noqa: TC001 - pydantic reads it
from execution_operator.remote.testhub.levels import SpaceLevel, UserLevel

if TYPE_CHECKING:
    from execution_operator.remote.testhub.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is about to be made ours.

    Attributes:
        uid: the object's; another one's means that the object is a copy or was restored.
        cluster: the cluster's id.
        server: the server's normalised URL.
        space: the team space's id; None at the user's level.
        origin: Created before a create, Adopted for what was there; None when the object that
            it is written for is none that this operator understands.
        writer: the process and its term of leadership.
    """

    uid: str
    cluster: str
    server: str
    space: str | None
    origin: Origin | None
    writer: str

    def dump(self) -> str:
        """As an annotation's value."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Intent | None:
        """From an annotation's value; None for one that somebody broke."""
        try:
            return _INTENT.validate_json(text)
        except ValidationError:
            return None


def level_of(space_id: str | None) -> Level:
    """The level that a team space's id, or its absence, means."""
    return UserLevel() if space_id is None else SpaceLevel(space_id)


def space_of(level: Level) -> str | None:
    """The team space's id; None at the user's level."""
    match level:
        case UserLevel():
            return None
        case SpaceLevel(space_id):
            return space_id


_INTENT: Final = TypeAdapter(Intent)
