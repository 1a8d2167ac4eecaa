"""One list of things on a server for all who look at some of them: asked for once an interval.

Knows neither Kubernetes nor kinds: followers are a wake-up call each.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic

import structlog

from execution_operator.remote.errors import PASSING, ProtocolError, RemoteError
from execution_operator.remote.listing import Listing, ListItem, next_listing
from execution_operator.remote.outage import Outage, Trouble
from execution_operator.remote.pace import QuietPace
from execution_operator.remote.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from random import Random

    from execution_operator.remote.listing import Listable
    from execution_operator.remote.whole_list import WholeList

_log = structlog.stdlib.get_logger(__name__)

_MOST_LISTS: Final = 5
_RESTLESS: Final = (
    "cannot tell what the server does not list: each time something went while the pages of the"
    " list were read"
)


@dataclass(frozen=True, slots=True)
class Sight:
    """How well one follower sees its thing.

    Attributes:
        trouble: why nothing new is known, once that has lasted for the time of an outage.
        misses: how many complete lists in a row lacked it.
        missed_since: monotonic time at which the first of these was asked for.
    """

    trouble: Trouble | None = None
    misses: int = 0
    missed_since: float | None = None


@dataclass(slots=True)
class _Follower:
    wake: Callable[[], None]
    thing: str
    told: Trouble | None
    misses: int = 0
    missed_since: float | None = None

    @property
    def sight(self) -> Sight:
        return Sight(self.told, self.misses, self.missed_since)

    def listed(self, began: float, *, there: bool) -> None:
        """Count the lists in a row that lack its thing."""
        self.misses = 0 if there else self.misses + 1
        if there:
            self.missed_since = None
        elif self.missed_since is None:
            self.missed_since = began


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How often lists are asked for, all in seconds.

    Attributes:
        poll: while things change.
        quiet: while nothing does; reached step by step.
        outage: how long lists must fail before followers are told.
    """

    poll: float
    quiet: float
    outage: float


@dataclass(slots=True, kw_only=True, eq=False)
class SharedList(Generic[ListItem]):
    """The newest list of one place, asked for while somebody follows it.

    Attributes:
        listing: the newest one; let go of with the last follower, whom nobody tells of changes
            any more. One that was only asked for stays, for others who ask.
    """

    ask: Callable[[], Awaitable[WholeList[ListItem]]]
    pacing: Pacing
    monotonic: Callable[[], float]
    random: Random
    wake_all: Callable[[Iterable[Callable[[], None]]], None]
    listing: Listing[ListItem] | None = None
    _touched: dict[str, float] = field(default_factory=dict)
    _stale_before: float = 0.0
    _followers: dict[str, _Follower] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)
    _asking: int = 0
    _lists: int = 0
    _pace: QuietPace = field(init=False)
    _outage: Outage = field(init=False)
    _poller: Poller = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is asked for yet."""
        self._pace = QuietPace(self.pacing.poll, self.random, quiet_seconds=self.pacing.quiet)
        self._outage = Outage(
            self._followers.values(), monotonic=self.monotonic, wake_all=self.wake_all
        )
        self._poller = Poller(self._poll, name="shared list")

    def follow(self, who: str, thing: str, wake: Callable[[], None]) -> Sight:
        """Be woken when the thing of that id changes, comes or goes, and when lists fail."""
        follower = self._followers.get(who)
        if follower is None or follower.thing != thing:
            follower = self._followers[who] = _Follower(wake, thing, self._outage.told)
        self._poller.start()
        return follower.sight

    def unfollow(self, who: str) -> None:
        """Nobody wants to know for them any more."""
        if self._followers.pop(who, None) is not None and not self._followers:
            self.listing = None
            self._hurry.set()
            self._outage.recovered()

    @property
    def is_idle(self) -> bool:
        """Whether nobody follows it, nobody asks for it, and no list is under way."""
        return not (self._poller.is_running or self._asking)

    @property
    def age(self) -> float | None:
        """Seconds since the newest complete list was asked for; None while nobody follows it."""
        if self.listing is None or not self._followers:
            return None
        return self.monotonic() - self.listing.began

    def hurry(self, thing: str) -> None:
        """We changed that thing: look soon, and often for a while.

        Who follows it is woken by the next list, even by one that is like the last one: somebody
        may have undone the change in between.
        """
        self._touched[thing] = self.monotonic()
        self._pace.hurry()
        self._hurry.set()

    def removed(self, thing: str) -> None:
        """We took that thing off the server: no list from before is believed any more."""
        self._stale_before = self.monotonic()
        self.hurry(thing)

    async def newer_than(self, moment: float) -> Listing[ListItem]:
        """A list that was asked for at that monotonic time or later.

        Raises:
            RemoteError: there is none.
        """
        return await self._first(moment, lambda listing, since: listing.began >= since)

    async def proven(self, moment: float) -> Listing[ListItem]:
        """A list that proves that what it lacks was not there at that monotonic time or later.

        Raises:
            ProtocolError: several lists in a row proved nothing.
            RemoteError: there is none.
        """
        return await self._first(moment, Listing.proves)

    async def _first(
        self, moment: float, is_enough: Callable[[Listing[ListItem], float], bool]
    ) -> Listing[ListItem]:
        """Ask until a list is enough; who waits meanwhile counts the lists of others as well."""
        self._asking += 1
        since, most = max(moment, self._stale_before), self._lists + _MOST_LISTS
        try:
            while True:
                async with self._lock:
                    if self.listing is not None and is_enough(self.listing, since):
                        return self.listing
                    if self._lists >= most:
                        raise ProtocolError(_RESTLESS)
                    self._keep(self.monotonic(), await self.ask())
        finally:
            self._asking -= 1

    def stop(self) -> None:
        """Ask no more, whoever follows; does not wait for a list that is under way."""
        self._followers.clear()
        self._outage.close()
        self._poller.stop()

    async def close(self) -> None:
        """Ask no more."""
        self.stop()
        await self._poller.ended()

    async def _poll(self) -> None:
        wait = 0.0 if self.listing is None else self._pace.usual()
        while self._followers:
            await self._rest(wait)
            if self._followers:
                wait = await self._listed()
        self.listing = None  # the last one left while this one was under way

    async def _rest(self, seconds: float) -> None:
        """Wait; a hurry shortens that to the shortest interval."""
        self._hurry.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return
        if self._followers:
            await asyncio.sleep(min(seconds, self._pace.usual()))

    async def _listed(self) -> float:
        """List once; the seconds to wait before the next one."""
        began = self.monotonic()
        try:
            async with self._lock:
                began = self.monotonic()
                listed = await self.ask()
                changed = self._keep(began, listed)
            return self._pace.after_list(listed.server_seconds, changed=changed)
        except RemoteError as error:
            patience = self.pacing.outage if isinstance(error, PASSING) else 0.0
            self._outage.failed(error, began=began, patience_seconds=patience)
            return self._pace.after_error(error.server_seconds, error.retry_after)
        except Exception:  # noqa: BLE001 - a bug ends one list, never the sight of all things
            _log.exception("bug: cannot list")
            return self._pace.after_error(self.monotonic() - began)

    def _keep(self, began: float, listed: WholeList[ListItem]) -> bool:
        """Keep a list that was asked for then, wake whom it concerns; whether to look soon again.

        That is so where something changed, and where it proves less than the list before.
        """
        before = self.listing
        listing = self.listing = next_listing(before, began, listed)
        self._lists += 1
        self._outage.recovered()
        old, new = before.shown if before is not None else {}, listing.shown
        changed = self._due(listing) | {
            one for one in old.keys() | new.keys() if _differs(old.get(one), new.get(one))
        }
        for one in self._followers.values():
            one.listed(began, there=one.thing in new)
        proved = before is not None and before.lacks_since is not None
        proves = listing.lacks_since is not None
        self.wake_all(
            [
                one.wake
                for one in self._followers.values()
                if before is None
                or one.thing in changed
                or one.misses == 1
                or (proves and not proved and one.thing not in new)
            ]
        )
        return before is None or bool(changed) or (proved and not proves)

    def _due(self, listing: Listing[ListItem]) -> set[str]:
        """What we changed before that list; until a list shows or disproves it, each is due."""
        due = {one for one, at in self._touched.items() if at <= listing.began}
        self._touched = {
            one: at
            for one, at in self._touched.items()
            if one not in due or not (one in listing.items or listing.proves(at))
        }
        return due


def _differs(before: Listable | None, after: Listable | None) -> bool:
    if before is None or after is None:
        return before is not after
    return before.lasting() != after.lasting()
