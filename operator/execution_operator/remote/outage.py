"""Tells the followers of a list that it fails, once that lasts, and when it works again.

Knows neither lists nor what is followed: values go in, wake-up calls come out.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from execution_operator.remote.errors import RemoteError


@dataclass(frozen=True, slots=True)
class Trouble:
    """Lists fail since that monotonic moment."""

    error: RemoteError
    since: float


class Follower(Protocol):
    """Who is told, and what it was told last: the same words to all, each in its turn."""

    told: Trouble | None

    @property
    def wake(self) -> Callable[[], None]:
        """What wakes it."""


class Outage:
    """The trouble of one list, and whether its followers know."""

    def __init__(
        self,
        followers: Collection[Follower],
        *,
        monotonic: Callable[[], float],
        wake_all: Callable[[Iterable[Callable[[], None]]], None],
        on_trouble: Callable[[Trouble | None], None] | None = None,
    ) -> None:
        """Nothing is wrong yet.

        Args:
            followers: whoever follows at any time, such as a view of a dict's values.
            monotonic: seconds.
            wake_all: calls them, so many a second: each is going to write its status.
            on_trouble: is told at once when lists begin to fail, fail for another reason, and
                cease to.
        """
        self._followers = followers
        self._monotonic = monotonic
        self._wake_all = wake_all
        self._on_trouble = on_trouble
        self._trouble: Trouble | None = None
        self._told: Trouble | None = None
        self._in_line: set[int] = set()  # ids: the calls in line hold the followers
        self._timer: asyncio.TimerHandle | None = None

    @property
    def trouble(self) -> Trouble | None:
        """Since when lists fail, and why the newest did; None while they work."""
        return self._trouble

    @property
    def told(self) -> Trouble | None:
        """What followers are told: a new one begins with that."""
        return self._told

    def failed(self, error: RemoteError, *, began: float, patience_seconds: float) -> None:
        """A list that began then failed; the first one is told after so many seconds from then.

        What nobody follows is not in trouble.
        """
        if not self._followers:
            return
        before = self._trouble
        self._trouble = Trouble(error, before.since if before else began)
        # Words may differ in each answer, and each telling is a status of every follower.
        if before is not None and type(before.error) is type(error):
            return
        if self._on_trouble is not None:
            self._on_trouble(self._trouble)
        if before is None:
            self._tell_in_time(began + patience_seconds - self._monotonic())
        elif self._told is not None:
            self._tell(self._trouble)

    def recovered(self) -> None:
        """A list came, or nobody follows any more."""
        self.close()
        if self._trouble is None:
            return
        self._trouble = None
        if self._on_trouble is not None:
            self._on_trouble(None)
        if self._told is not None:
            self._tell(None)

    def close(self) -> None:
        """Tell nobody any more that lists fail."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell_in_time(self, left: float) -> None:
        """Tell it when it has lasted long enough, however far the next list is."""
        if left > 0:
            self._timer = asyncio.get_running_loop().call_later(left, self._tell_now)
        else:
            self._tell_now()

    def _tell_now(self) -> None:
        self._timer = None
        self._tell(self._trouble)

    def _tell(self, trouble: Trouble | None) -> None:
        self._told = trouble
        new = [one for one in self._followers if id(one) not in self._in_line]
        self._in_line |= {id(one) for one in new}
        self._wake_all([partial(self._tell_one, one) for one in new])

    def _tell_one(self, follower: Follower) -> None:
        self._in_line.discard(id(follower))
        if follower.told != self._told:  # what holds when its turn has come, not before
            follower.told = self._told
            follower.wake()
