"""Those who wait, in the order of their turns; pure, knows not what they wait for."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turn(NamedTuple):
    """What the order within a line goes by: the oldest first."""

    created: str
    name: str
    uid: str


class Lines:
    """Lines that are served in turn, one of each, each line the oldest first.

    A line that is new, or was served, is behind the others. With n in a line and m lines, adding
    and removing cost O(log n) comparisons, a rank O(m).
    """

    def __init__(self) -> None:
        self._lines: OrderedDict[str, list[Turn]] = OrderedDict()

    def add(self, line: str, turn: Turn) -> None:
        """Somebody waits from now on."""
        insort(self._lines.setdefault(line, []), turn)

    def remove(self, line: str, turn: Turn) -> None:
        """One of those who wait goes."""
        waiting = self._lines[line]
        del waiting[bisect_left(waiting, turn)]
        if not waiting:
            del self._lines[line]

    def serve(self, line: str, turn: Turn) -> None:
        """One of those who wait has its turn; its line is behind the others now."""
        self.remove(line, turn)
        if line in self._lines:
            self._lines.move_to_end(line)

    def rank(self, line: str, turn: Turn) -> int:
        """How many have their turn before this one."""
        rounds, before = bisect_left(self._lines[line], turn), 0
        is_ahead = 1
        for name, waiting in self._lines.items():
            if name == line:
                before, is_ahead = before + rounds, 0
            else:
                before += min(len(waiting), rounds + is_ahead)
        return before

    def first(self, count: int) -> Iterator[Turn]:
        """So many of them at most, in the order of their turns."""
        rounds = 0
        lines = list(self._lines.values())
        while lines and count > 0:
            lines = [waiting for waiting in lines if len(waiting) > rounds]
            for waiting in lines[:count]:
                yield waiting[rounds]
            count -= len(lines)
            rounds += 1
