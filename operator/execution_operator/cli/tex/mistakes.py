"""What ends a command early, told in one line, and with which exit code; it prints nothing."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The exit codes; documented in docs/command-line.md and never renumbered."""

    PASSED = 0
    FAILED = 1
    MISTAKE = 2
    STOPPED = 3
    ERROR = 4
    TIMEOUT = 5
    INTERRUPTED = 130


class Trouble(Exception):  # noqa: N818 - what it says, not what it is, ends the command
    """Something that ends the command.

    Attributes:
        code: the exit code.
    """

    def __init__(self, message: str, *, code: Code = Code.MISTAKE) -> None:
        super().__init__(message)
        self.code = code


class NotThere(Trouble):
    """There is no such object."""

    def __init__(self, resource: str, name: str, namespace: str) -> None:
        super().__init__(
            f'there is no {resource.removesuffix("s")} "{name}" in namespace "{namespace}"'
        )
        self.resource = resource
        self.name = name
        self.namespace = namespace


class Deleted(Trouble):
    """It was there, and is not any more."""


class Unavailable(Trouble):
    """The API server cannot be asked right now; a repeat may work."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=Code.ERROR)


class Expired(Exception):  # noqa: N818 - an answer, not a fault
    """A watch cannot go on from where it was: look anew."""


class PipeClosed(Exception):  # noqa: N818 - what happened
    """Whoever read our output does not any more; no OSError, which would count as a server's."""
