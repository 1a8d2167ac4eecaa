"""Wake-up calls, so many a second for all who share them; knows not who is woken, nor why."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WAKES_A_SECOND: Final = 50


class PacedWakes:
    """Calls at most 50 in any second that it begins, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Callable[[], None], None] = OrderedDict()
        self._pause: asyncio.TimerHandle | None = None

    def wake_all(self, wakes: Iterable[Callable[[], None]]) -> None:
        """Call them, now or as soon as it is their turn; needs a running event loop.

        One that waits already keeps its turn: lists that change faster than all can be woken
        would make the line ever longer.
        """
        self._waiting.update(dict.fromkeys(wakes))
        if self._pause is None:
            self._wake_some()

    def _wake_some(self) -> None:
        self._pause = None
        if not self._waiting:
            return
        # Planned before anybody is woken: one who raises must not end the turns of the others.
        self._pause = asyncio.get_running_loop().call_later(1.0, self._wake_some)
        for _ in range(min(WAKES_A_SECOND, len(self._waiting))):
            wake, _ = self._waiting.popitem(last=False)
            wake()
