"""Where a reader is in a growing log, and what an answer adds to it; pure, it holds no text.

Seed 000 gives a log as a whole: what was read already is dropped, or not sent at all by a server
that knows ranges (RFC 9110, 14).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from execution_operator.remote.errors import Gone
from execution_operator.remote.messages import Priority
from execution_operator.remote.testhub.protocol import get_execution

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.remote.answers import Answer
    from execution_operator.remote.messages import Request

_PARTIAL: Final = 206
_GONE: Final = 410
_RANGE: Final = re.compile(
    r"bytes (?:(?P<first>[0-9]{1,18})-[0-9]{1,18}|\*)/(?:(?P<total>[0-9]{1,18})|\*)"
)


class LogCursor:
    """Passes on what comes after the bytes that were passed on before.

    Attributes:
        offset: how many bytes were passed on.
        began_anew: whether the log has become shorter than that: it is another container's.
    """

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self.offset = 0
        self.began_anew = False
        self._receive = receive
        self._status = 0
        self._at = 0
        self._total: int | None = None

    def begins(self, status: int, content_range: str | None) -> None:
        """An answer begins; what it sends first is the byte of its range, else the first."""
        found = _RANGE.fullmatch(content_range or "")
        first = found["first"] if found else None
        self._status = status
        self._at = int(first) if status == _PARTIAL and first else 0
        self._total = int(found["total"]) if found and found["total"] else None

    def takes(self, piece: bytes) -> None:
        """Pass on what is new in the next bytes."""
        new = piece[max(0, self.offset - self._at) :]
        self._at += len(piece)
        if new:
            self.offset += len(new)
            self._receive(new)

    def ends(self) -> bool:
        """The answer is over; whether its status means that it told all there is to read."""
        match self._status:
            case 200:
                self.began_anew = self._at < self.offset
                return True
            case 206:
                return True
            case 416:  # nothing after the offset
                self.began_anew = self._total is not None and self._total < self.offset
                return True
            case _:
                return False

    def restart(self) -> None:
        """Read from the first byte on."""
        self.offset = 0
        self.began_anew = False


def get_log(project_id: str, execution_id: str, *, init: bool, offset: int) -> Request:
    """Ask for the log of a run's container, or of its init container, from a byte on.

    Seed 000 knows no offset: a Range is HTTP's own, and a server that ignores it sends all.
    """
    of_run = get_execution(project_id, execution_id)
    # A range counts the bytes that are sent: none of them may be compressed.
    ranged = (("Range", f"bytes={offset}-"), ("Accept-Encoding", "identity"))
    return replace(
        of_run,
        operation="get_log",
        purpose=f'read the log of execution "{execution_id}" of project "{project_id}"',
        path=f"{of_run.path}/log",
        query=(("initContainer", "true"),) if init else (),
        headers=ranged if offset else (),
        accept="text/plain, application/json;q=0.5, */*;q=0.1",
        priority=Priority.LIST,
    )


def require_log(answer: Answer) -> None:
    """Return when a log was read.

    Raises:
        Gone: 410, the server does not keep it any more (seed 000).
        RemoteError: anything else.
    """
    if answer.response.status == _GONE:
        message = f"cannot {answer.request.purpose}: the server does not keep it any more"
        raise Gone(message, status=_GONE)
    answer.require_success()
