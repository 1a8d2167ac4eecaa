"""The least that a shared list may be a list of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    """Something on a server, and what of it lasts."""

    id: str
    state: str = "AVAILABLE"

    def lasting(self) -> object:
        """Whoever follows it is woken when that changes."""
        return self.state
