"""What lists prove that are read page by page while things come and go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.remote.listing import Listing, next_listing
from execution_operator.remote.whole_list import WholeList
from support.things import Thing


def whole(text: str, *, pages: int = 2, is_short: bool = False) -> WholeList[Thing]:
    return WholeList(tuple(map(Thing, text)), pages=pages, is_short=is_short)


def proof(*lists: WholeList[Thing]) -> Listing[Thing]:
    """The last of lists that were asked for at 1.0, 2.0, …"""
    listing: Listing[Thing] | None = None
    for began, found in enumerate(lists, start=1):
        listing = next_listing(listing, float(began), found)
    assert listing is not None
    return listing


PROOFS: Final = {
    "one page": ((whole("ab", pages=1),), 1.0),
    "the first of several pages": ((whole("ab"),), None),
    "the same again": ((whole("ab"), whole("ab")), 1.0),
    "and then again": ((whole("ab"), whole("ab"), whole("ab")), 2.0),
    "one more than before": ((whole("ab"), whole("abc")), 1.0),
    "one less than before": ((whole("abc"), whole("ab")), None),
    "one instead of another": ((whole("ab"), whole("ac")), None),
    "fewer before than were counted": ((whole("ab", is_short=True), whole("abc")), None),
    "fewer now than are counted": ((whole("ab"), whole("abc", is_short=True)), 1.0),
    "one page after several": ((whole("abc"), whole("ab", pages=1)), 2.0),
}


@pytest.mark.parametrize(("lists", "since"), PROOFS.values(), ids=PROOFS)
def test_what_a_list_lacks_was_not_there_since(lists, since):
    assert proof(*lists).lacks_since == since


HELD: Final = {
    "nothing before": ((whole("ab"),), ""),
    "what went unproven": ((whole("abc"), whole("ab")), "c"),
    "nothing that two lists lack": ((whole("abc"), whole("ab"), whole("a")), "b"),
    "nothing that a list proves": ((whole("abc"), whole("a", pages=1)), ""),
}


@pytest.mark.parametrize(("lists", "held"), HELD.values(), ids=HELD)
def test_what_a_list_lacks_without_proof_is_held_once(lists, held):
    listing = proof(*lists)
    assert "".join(listing.held) == held
    assert set(listing.shown) == {*listing.items, *held}


@dataclass
class Server:
    """Things in an order, and what was there after each event."""

    size: int
    newest_first: bool
    there: list[int] = field(default_factory=lambda: list(range(8)))
    past: list[frozenset[int]] = field(default_factory=list)
    born: int = 8

    def happens(self, event: int | None) -> None:
        """Nothing, one more thing (-1), or the one at that place goes."""
        if event == -1:
            self.there.insert(0 if self.newest_first else len(self.there), self.born)
            self.born += 1
        elif event is not None and self.there:
            self.there.pop(event % len(self.there))
        self.past.append(frozenset(self.there))

    def read(self, events: list[int | None]) -> WholeList[Thing]:
        found, page = dict[int, None](), 0
        while True:
            found |= dict.fromkeys(self.there[page * self.size : (page + 1) * self.size])
            page += 1
            if page * self.size >= len(self.there):
                items = tuple(Thing(str(one)) for one in found)
                return WholeList(items, pages=page, is_short=len(found) < len(self.there))
            self.happens(events.pop() if events else None)


@given(
    events=st.lists(st.none() | st.integers(-1, 7), max_size=40),
    size=st.integers(1, 4),
    newest_first=st.booleans(),
)
def test_what_is_there_all_the_time_is_never_proven_to_be_missing(events, size, newest_first):
    server, listing = Server(size, newest_first), None
    server.happens(None)
    for _ in range(6):
        began = len(server.past) - 1
        listing = next_listing(listing, float(began), server.read(events))
        if listing.lacks_since is not None:
            since = server.past[int(listing.lacks_since) :]
            assert frozenset.intersection(*since) <= {int(one) for one in listing.items}
        server.happens(events.pop() if events else None)
