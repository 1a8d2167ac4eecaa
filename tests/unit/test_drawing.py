"""What is drawn on a terminal ends whole, whenever somebody interrupts."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cluster.drawing import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Interrupted:
    """A drawing during which somebody interrupts, at a moment of its own."""

    moment: str
    done: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.pass_through("start")

    def stop(self) -> None:
        if "stop ended" not in self.done:  # Rich stops only what draws
            self.pass_through("stop")

    def pass_through(self, moment: str) -> None:
        self.done.append(f"{moment} began")
        if moment == self.moment:
            signal.raise_signal(signal.SIGINT)
        self.done.append(f"{moment} ended")


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """As on a terminal, also where a shell's background made the tests ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("moment", ["start", "body", "stop"])
def test_an_interrupt_is_passed_on_and_nothing_is_left_half_drawn(moment: str) -> None:
    drawing = Interrupted(moment)
    with pytest.raises(KeyboardInterrupt), drawn(drawing):
        drawing.pass_through("body")
    assert drawing.done[:2] == ["start began", "start ended"]
    assert drawing.done[-2:] == ["stop began", "stop ended"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_ends_the_drawing_and_is_passed_on() -> None:
    drawing = Interrupted("never")
    with suppress(ZeroDivisionError), drawn(drawing):
        raise ZeroDivisionError
    assert drawing.done == ["start began", "start ended", "stop began", "stop ended"]
