"""All of a list that a server has, and how long the server took; knows no pages and no items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class WholeList(Generic[Item]):
    """All pages of a list.

    Attributes:
        items: each once; nothing is missing of one page.
        server_seconds: what the server took for all its pages, without any wait of our own.
        pages: that it came in; things may have moved between two of several.
        is_short: the server counted more at the end than it had listed.
    """

    items: tuple[Item, ...]
    server_seconds: float = 0.0
    pages: int = 1
    is_short: bool = False
