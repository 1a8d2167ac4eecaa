"""Requests and answers as plain values, shared by the pure protocols and the transport."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, TypeAlias

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"


class Priority(IntEnum):
    """Who goes first when requests wait for the rate limit; the lower the sooner."""

    STOP = 0
    END = 1
    START = 2
    LIST = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What to send to a server, below its base URL; it holds no credentials but those in `body`.

    Attributes:
        operation: a metric's label, from a small closed set, such as `start_execution`.
        purpose: for people, what `cannot …` is followed by: `start an execution in project "7"`.
        path: percent-encoded, beginning with a slash.
        query: names and values, not yet encoded.
        body: never in the repr, since it may hold a token.
        repeatable: whether sending it twice does no more than sending it once.
    """

    operation: str
    purpose: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    accept: str = "application/json"
    repeatable: bool = True
    priority: Priority = Priority.LIST


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered, whole and decompressed.

    Attributes:
        content_type: the media type in lower case without parameters; empty when there is none.
        retry_after_seconds: what Retry-After asks for, bounded, as seconds from now.
        location: the header of that name, as it came.
        server_seconds: from the moment at which it was the request's turn until it was answered.
    """

    status: int
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    retry_after_seconds: float | None = None
    location: str | None = None
    server_seconds: float = 0.0


class Receiver(Protocol):
    """Who takes a body piece by piece, where it may be too large to be held.

    What it raises must be neither an OSError nor a ValueError: those would count as the server's.
    """

    def begins(self, status: int, content_range: str | None) -> None:
        """An answer of that status begins; a repeated request begins anew."""

    def takes(self, piece: bytes) -> None:
        """Some more of the body of a 2xx, decompressed."""
