"""Lets Ctrl-C and SIGTERM end a wait and nothing else; it knows nothing of what is waited for."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Final, TypeVar

from execution_operator.cli.tex.mistakes import Code, Trouble

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType
    from typing import Any, Self

Result = TypeVar("Result")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Trouble):
    """Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        super().__init__("interrupted", code=Code.INTERRUPTED)


class Interrupts:
    """While it is entered, signals are noted, and end what `unless` waits for.

    What is awaited outside of `unless` goes on to its end: a request that creates something must
    not be left in doubt.
    """

    def __init__(self) -> None:
        self._came = asyncio.Event()

    def __enter__(self) -> Self:
        """Take the signals over."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._came.set)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give them back."""
        for number in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    async def unless(
        self, work: Coroutine[Any, Any, Result], *, seconds: float | None = None
    ) -> Result:
        """What the work returns.

        Raises:
            Interrupted: a signal came first; the next wait needs another one.
            TimeoutError: the time was over first.
        """
        working, waiting = asyncio.create_task(work), asyncio.create_task(self._came.wait())
        try:
            done, _ = await asyncio.wait(
                {working, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if working in done:
                return working.result()
            if waiting in done:
                self._came.clear()
                raise Interrupted
            raise TimeoutError
        finally:
            working.cancel()
            waiting.cancel()
            await asyncio.gather(working, waiting, return_exceptions=True)
