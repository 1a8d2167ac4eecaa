"""The task of a list that is asked for while somebody follows it; knows no list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Poller:
    """Begins when it is wanted, once at a time, and never again after its end."""

    def __init__(self, poll: Callable[[], Coroutine[Any, Any, None]], *, name: str) -> None:
        self._poll = poll
        self._name = name
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False

    @property
    def is_running(self) -> bool:
        """Whether it has begun and not ended."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin, unless it runs already, or was stopped.

        Who looked at its server before an await may hold the list of a connection that is closed.
        """
        if not self._is_stopped and not self.is_running:
            self._task = asyncio.create_task(self._poll(), name=self._name)

    def stop(self) -> None:
        """End it for good; does not wait for what is under way."""
        self._is_stopped = True
        if self._task is not None:
            self._task.cancel()

    async def ended(self) -> None:
        """Wait until it has ended."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
