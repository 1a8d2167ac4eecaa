"""What a server answers about a machine that it does not have; pure."""

from __future__ import annotations

from typing import Final

from execution_operator.remote.errors import NotFound, RemoteError

_GONE: Final = 410


def is_gone(error: RemoteError) -> bool:
    """Whether there is none: some servers answer 410 about what they once had."""
    return isinstance(error, NotFound) or error.status == _GONE
