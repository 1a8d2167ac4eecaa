"""Where an agent or a docker host belongs: to the token's user or to a team space; values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class UserLevel:
    """The token's user, outside of all team spaces."""


@dataclass(frozen=True, slots=True)
class SpaceLevel:
    """A team space, by the server's id of it."""

    id: str


Level: TypeAlias = UserLevel | SpaceLevel
