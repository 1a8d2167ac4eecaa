"""What differs between what is wanted and what the server has, and when to repair it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.remote.messages import JSON

_FIRST_SECONDS: Final = 5.0
_PATIENCE: Final = 3
"""After so many repairs of the same thing somebody else surely overwrites it."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """How often in a row something was repaired, and when last in monotonic seconds."""

    count: int = 0
    last: float = 0.0

    def again(self, now: float, longest: float) -> Repairs:
        """One more; the row begins anew after a time of peace."""
        return Repairs(1 if self.is_over(now, longest) else self.count + 1, now)

    def wait(self, now: float, longest: float, *, first: float = _FIRST_SECONDS) -> float:
        """Seconds until the next repair; 0 when it may be done now."""
        if self.count == 0:
            return 0.0
        pause = min(first * 2.0 ** min(self.count - 1, 30), longest)
        return max(0.0, self.last + pause - now)

    def is_fight(self, now: float, longest: float) -> bool:
        """Whether somebody overwrites what is repaired, again and again."""
        return self.count >= _PATIENCE and not self.is_over(now, longest)

    def is_over(self, now: float, longest: float) -> bool:
        """Whether the last repair has held for longer than repairs are ever apart."""
        return self.over_in(now, longest) <= 0

    def over_in(self, now: float, longest: float) -> float:
        """Seconds until then, if nothing has to be repaired again."""
        return self.last + 2 * longest - now


def drift(wanted: Mapping[str, JSON], found: Mapping[str, JSON]) -> tuple[str, ...]:
    """The members that are not as wanted, by their names in the API; only wanted ones count."""
    return tuple(
        sorted(name for name, value in wanted.items() if not _is_as(name, value, found.get(name)))
    )


def _is_as(name: str, wanted: JSON, found: JSON) -> bool:
    """The same, for a member of that name.

    The host name is what it was found by, so it is right in whatever case it is shown: lists
    show it in lower case. An address may be written in more than one way.
    """
    match name:
        case "hostName":
            return True
        case "ipAddress":
            return _address(wanted) == _address(found)
        case _:
            return covers(wanted, found)


def _address(text: JSON) -> object:
    try:
        return ip_address(str(text).strip())
    except ValueError:
        return text


def covers(wanted: JSON, found: JSON) -> bool:
    """Whether what is found has all that is wanted.

    Servers write numbers and flags as strings or not, add members of their own to objects, and may
    show what is empty as null: none of it is a difference. A list has to have the same items, in
    whatever order.
    """
    if found is None:
        return wanted in (None, "", [], {})
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            covers(value, found.get(name)) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and _same_items(wanted, found)
    if isinstance(found, dict | list):
        return False
    if isinstance(wanted, bool):
        return str(wanted).lower() == str(found).strip().lower()
    return str(wanted) == str(found).strip()


def _same_items(wanted: list[JSON], found: list[JSON]) -> bool:
    """Whether each wanted item has one of its own; the fussiest choose first."""
    left = list(found)
    for one in sorted(wanted, key=lambda item: -len(str(item))):
        match = next((other for other in left if covers(one, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left
