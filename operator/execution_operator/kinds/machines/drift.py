"""What differs between what is wanted and what the server has; pure."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.remote.messages import JSON


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
