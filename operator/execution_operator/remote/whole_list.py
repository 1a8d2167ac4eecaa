"""All of a list that a server has, and how long the server took; knows no pages and no items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class WholeList(Generic[Item]):
    """A list of which nothing is missing.

    Attributes:
        server_seconds: what the server took for all its pages, without any wait of our own.
    """

    items: tuple[Item, ...]
    server_seconds: float = 0.0
