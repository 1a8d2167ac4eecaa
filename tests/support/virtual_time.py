"""An event loop whose time jumps to the next timer: waiting costs nothing and is exact.

For tests of code that waits in memory only; whatever talks to a socket needs a real loop.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from execution_operator.reconcile.ports import Now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")
BEGIN = 1024.0
"""What the loop's clock shows at first."""


class NothingLeftToHappen(Exception):  # noqa: N818 - what it says
    """Everybody waits for something that nobody is going to do."""


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise NothingLeftToHappen
        if not ready and timeout is not None and timeout > 0:
            self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop without waiting."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """The seconds that would have passed."""
        return self._virtual.now


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work)


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make an asynchronous test run on a loop whose time jumps."""

    @functools.wraps(test)
    def run_it(*args: Any, **kwargs: Any) -> None:
        run(test(*args, **kwargs))

    return run_it


def seconds() -> float:
    """How long the test has been running in virtual time; for `monotonic`, too."""
    return asyncio.get_running_loop().time() - BEGIN


class LoopClock:
    """The engine's clock on virtual time; `ahead` is how wrong its wall clock is."""

    def __init__(self, *, offset: float = 0.0, ahead: timedelta = timedelta()) -> None:
        self._offset = offset
        self._ahead = ahead

    def now(self) -> Now:
        """This moment."""
        noon = datetime(2026, 11, 22, 12, tzinfo=UTC) + self._ahead
        return Now(seconds() + self._offset, noon + timedelta(seconds=seconds()))


async def settle() -> None:
    """Let all that can go on now go on, without time passing."""
    for _ in range(10):
        await asyncio.sleep(0)


async def at_once(work: Awaitable[T]) -> T | None:
    """What it gives without time passing; None, and it is cancelled, if it has to wait."""
    task = asyncio.ensure_future(work)
    await settle()
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return None
