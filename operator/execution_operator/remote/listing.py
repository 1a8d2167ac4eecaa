"""What a list proves: that something is there, and, with care, that something is not.

Knows neither pages' form nor whoever looks; pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.remote.whole_list import WholeList


class Listable(Protocol):
    """What can be in such a list."""

    @property
    def id(self) -> str:
        """The server's id of it."""

    def lasting(self) -> object:
        """What of it counts as a change."""


ListItem = TypeVar("ListItem", bound=Listable)


@dataclass(frozen=True, slots=True)
class Listing(Generic[ListItem]):
    """A list, all pages of it.

    Attributes:
        began: monotonic time at which it was asked for.
        items: what it has; they were there at some time after that.
        lacks_since: what it has not was surely not there at some time after this monotonic one;
            None while nothing says so.
        held: what the list before had and this one lacks, while that proves nothing.
        is_short: the server counted more than it listed.
    """

    began: float
    items: Mapping[str, ListItem]
    lacks_since: float | None
    held: Mapping[str, ListItem] = field(default_factory=dict)
    is_short: bool = False

    @property
    def shown(self) -> Mapping[str, ListItem]:
        """What is there as far as anybody knows."""
        return {**self.held, **self.items} if self.held else self.items

    def proves(self, moment: float) -> bool:
        """Whether what it lacks was not there at that moment or later."""
        return self.lacks_since is not None and self.lacks_since >= moment


def next_listing(
    before: Listing[ListItem] | None, began: float, found: WholeList[ListItem]
) -> Listing[ListItem]:
    """The list that was asked for then, and what it proves together with the one before.

    One page is the truth. Of several, one may lack what was there all the time: when something
    before it goes between two pages, it moves to a page that was read already. Such a list has
    something that went, and the next one lacks that, since ids never come again. So a list whose
    items are all in the next one, and as many as the server had counted at its end, was the
    truth at its end; and what the next one lacks, it lacks as well.
    """
    items = {one.id: one for one in found.items}
    if found.pages <= 1:
        return Listing(began, items, lacks_since=began)
    if before is not None and not before.is_short and before.items.keys() <= items.keys():
        return Listing(began, items, lacks_since=before.began, is_short=found.is_short)
    old = before.items if before is not None else {}
    held = {one: thing for one, thing in old.items() if one not in items}
    return Listing(began, items, lacks_since=None, held=held, is_short=found.is_short)
