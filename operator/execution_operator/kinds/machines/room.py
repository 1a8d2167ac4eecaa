"""Cuts the names of projects, so that an object's status stays small; pure, it knows no spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.remote.redaction import cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.machine import AssociatedProject

_MOST_BYTES: Final = 5 * 1024
"""Of the 16 KiB that a status may have; the conditions alone may take as much."""
_MEMBERS: Final = len('{"id":"","name":""},')
_SHORTEST: Final = 8
"""A name that is cut to less tells nobody anything."""


def in_room(projects: Iterable[AssociatedProject]) -> tuple[AssociatedProject, ...]:
    """The same, with names that fit together; what is cut ends with an ellipsis.

    Ids are never cut, since they find the projects again. Each name may have the same number of
    bytes, which depends on the ids and on how many names there are: to cut again changes nothing.
    """
    all_of_them = tuple(projects)
    named = sum(one.name is not None for one in all_of_them)
    if not named:
        return all_of_them
    ids = sum(_MEMBERS + len(one.id.encode()) for one in all_of_them)
    share = (_MOST_BYTES - ids) // named
    return tuple(one.model_copy(update={"name": _cut(one.name, share)}) for one in all_of_them)


def _cut(name: str | None, share: int) -> str | None:
    return cut(name, share) if name is not None and share >= _SHORTEST else None
