"""Where an operator process can come to a halt or die; knows neither cluster nor server."""

from __future__ import annotations

from enum import Enum
from typing import Protocol


class Point(Enum):
    """Where a process can come to a halt."""

    BEFORE_POST = "before the fence is asked"
    AFTER_FENCE = "between the fence and the socket"
    AFTER_POST = "before the answer to a start is read"
    BEFORE_READ = "before it asks the server"
    AFTER_READ = "before the server's answer is read"
    BEFORE_WRITE = "before it writes in the cluster"
    AFTER_WRITE = "before the cluster's answer is read"


class Sender(Protocol):
    """The process that asks."""

    async def at(self, point: Point) -> None:
        """Go on from here, unless and as long as it is halted."""

    def may_send(self) -> bool:
        """Whether its lease lasts."""
