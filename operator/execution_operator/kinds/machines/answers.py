"""What a server says of a sort of machine and of its way to one: values alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from execution_operator.remote.testhub.machine_wire import ConnectionStatus


@dataclass(frozen=True, slots=True)
class Denials:
    """How often in a row, and since when, the API says that it has no such things at all."""

    since: float
    count: int


@dataclass(frozen=True, slots=True)
class Link:
    """What the server last said of its connection to the machine; None: it does not tell.

    Attributes:
        looked_at: monotonic time at which it was asked.
    """

    looked_at: float
    said: ConnectionStatus | None
