"""Looks for machines by name, and says that there are none only when lists prove it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from execution_operator.kinds.machines.seen import Found
from execution_operator.remote.errors import Forbidden, NotFound
from execution_operator.remote.testhub.levels import SpaceLevel, UserLevel

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.actions import LookUp
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.reconcile.ports import Clock
    from execution_operator.remote.listing import Listing
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_wire import Machine


@dataclass(frozen=True, slots=True)
class Search:
    """Finds the machines of an object's name."""

    clock: Clock
    traits: AnyTraits

    async def found(
        self, action: LookUp, wanted: MachineObject, connection: Connection, *, known: str | None
    ) -> Found:
        """What a level has of that name; where it is nothing, one may be created.

        Whose the machine is that the object has already, by the `known` id, is not asked again.

        Raises:
            RemoteError: that is not known now.
        """
        shared = self.traits.list_of(connection, action.level)
        listing = await shared.newer_than(action.not_before)
        hits = await self._hits(listing, action.level, wanted, connection, known=known)
        if not hits and not listing.proves(action.not_before):
            listing = await shared.proven(action.not_before)
            hits = await self._hits(listing, action.level, wanted, connection, known=known)
        proof = listing.lacks_since
        began = listing.began if hits or proof is None else proof
        others = None if hits else listing.shown.keys()
        return Found(began, hits, ended=self._now(), url=connection.url, others=others)

    async def _hits(
        self,
        listing: Listing[Machine],
        level: Level,
        wanted: MachineObject,
        connection: Connection,
        *,
        known: str | None,
    ) -> tuple[Machine, ...]:
        hits = tuple(one for one in listing.items.values() if self.traits.is_it(wanted, one))
        if not isinstance(level, UserLevel) or all(one.id == known for one in hits):
            return hits
        theirs = await self._in_spaces(connection)
        return tuple(one for one in hits if one.id not in theirs)

    async def _in_spaces(self, connection: Connection) -> frozenset[str]:
        """What belongs to team spaces: some servers show it at the user's level as well.

        Lists older than the user's would lack what came to a space between the two.
        """
        theirs, not_before = set[str](), self._now()
        with suppress(NotFound):  # there are no spaces: the level's own list worked
            for space in await connection.hub.list_spaces():
                shared = self.traits.list_of(connection, SpaceLevel(space.id))
                with suppress(Forbidden, NotFound):  # then the user's level shows none either
                    theirs |= (await shared.proven(not_before)).items.keys()
        return frozenset(theirs)

    def _now(self) -> float:
        return self.clock.now().monotonic


def there_before(found: Found | None, listing: Listing[Machine] | None) -> frozenset[str] | None:
    """The ids of all that a level had before now, by a look-up and the newest list of it.

    None when nothing is known.
    """
    known = [found.others] if found is not None and found.others is not None else []
    known += [listing.shown.keys()] if listing is not None else []
    return frozenset().union(*known) if known else None
