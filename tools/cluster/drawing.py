"""Draws what changes in place on a terminal, and ends it whole when somebody interrupts."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class Drawing(Protocol):
    """What Rich draws from a thread of its own: a status, a progress, a live table."""

    def start(self) -> None:
        """Hide the cursor and begin to draw."""

    def stop(self) -> None:
        """Draw the last time and give the terminal back; nothing when it does not draw."""


@contextmanager
def drawn(drawing: Drawing) -> Iterator[None]:
    """Draw it meanwhile. An interrupt ends it too, and is passed on when nothing is drawn.

    Rich must not be interrupted while it stops: its thread would go on drawing below the last line.
    """
    try:
        _undisturbed(drawing.start)
        yield
        _undisturbed(drawing.stop)
    except BaseException:  # also of an interrupt just before the stop
        _undisturbed(drawing.stop)
        raise


def _undisturbed(call: Callable[[], None]) -> None:
    """Call it; an interrupt that arrives meanwhile is dealt with afterwards."""
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in _INTERRUPTS}
    try:
        for number in _INTERRUPTS:
            signal.signal(number, lambda number, _frame: came.append(number))
        call()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
