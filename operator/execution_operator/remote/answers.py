"""Tells what an HTTP answer means, for any JSON API; pure, it knows no particular one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from execution_operator.remote.errors import (
    Ambiguous,
    Forbidden,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    RemoteError,
    Unauthorized,
    Unreachable,
)
from execution_operator.remote.redaction import cut, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from execution_operator.remote.messages import Request, Response

LARGE_BODY_BYTES: Final = 1024 * 1024
SHORTEST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 300.0
_MOST_DIGITS: Final = 18
_MOST_WORDS: Final = 600
# Where servers put words for people: Spring, OAuth, and the Perfecto API.
_WORDS: Final = ("message", "error_description", "userMessage", "error", "detail")
# What it means, what to say where the server says nothing, and what mends it.
_MEANINGS: Final[Mapping[int, tuple[type[RemoteError], str, str]]] = {
    401: (
        Unauthorized,
        "the server refused the token",
        "; a renewed one, too: check that its user is a member there, or create a new one",
    ),
    403: (
        Forbidden,
        "the user may not do this",
        "; give the token's user the rights for it, or use another user's token",
    ),
    407: (
        Unreachable,
        "the proxy asks for credentials",
        "; there are none for proxies: let the operator through without",
    ),
    429: (RateLimited, "too many requests", ""),
}
_REDIRECTS: Final = range(300, 400)
# 408 is none: a proxy sends it also when the request had gone through.
_CLIENT_ERRORS: Final = frozenset(range(400, 500)) - {408}
_SERVER_ERRORS: Final = range(500, 600)
# After these the same request was not carried out; after 302 and 303 it may have been.
_MOVED_UNDONE: Final = frozenset({301, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """A request and what came back; `clean` makes the server's words fit to be shown."""

    request: Request
    response: Response
    clean: Callable[[str], str] = one_line

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people, as proxies and firewalls send and no API does."""
        return "html" in self.response.content_type

    @property
    def is_large(self) -> bool:
        """Whether reading it takes long enough to be done off the event loop."""
        return len(self.response.body) > LARGE_BODY_BYTES

    def require_success(self) -> None:
        """Return for a 2xx.

        Raises:
            RemoteError: by meaning, for every other status.
        """
        if not 200 <= self.response.status <= 299:  # noqa: PLR2004 - HTTP's own numbers
            raise self._refusal()

    def json(self) -> Any:  # noqa: ANN401 - it is JSON of any shape
        """Parse the body of a 2xx.

        Raises:
            RemoteError: no 2xx; ProtocolError, or Ambiguous, when the body is no JSON.
        """
        self.require_success()
        try:
            return parse_json(self.response.body)
        except (ValueError, RecursionError):
            self.nonsense("the answer is not JSON; is the URL that of the server's API?")

    def nonsense(self, cause: str) -> NoReturn:
        """Raise what an answer that cannot be understood means for this request."""
        kind = ProtocolError if self.request.repeatable else Ambiguous
        raise self._error(kind, cause) from None

    def words(self) -> str:
        """What the server says to people, cleaned; empty when it says nothing readable.

        It is cut so that what follows it in a message, the remedy, is not.
        """
        return cut(self._words(), _MOST_WORDS)

    def _words(self) -> str:
        body = self.response.body
        if self.response.content_type == "text/plain":
            return self.clean(body.decode(errors="replace"))
        try:
            found = parse_json(body)
        except (ValueError, RecursionError):
            return ""
        return self.clean(_spoken(found))

    def _refusal(self) -> RemoteError:
        status = self.response.status
        if status in _MEANINGS:
            kind, default, remedy = _MEANINGS[status]
            return self._error(kind, self._said(default) + remedy)
        if status in _REDIRECTS:
            return self._redirect()
        if status == 404:  # noqa: PLR2004 - HTTP's own number
            return self._absence()
        if status in _CLIENT_ERRORS:
            return self._error(Rejected, self._said("the server rejected the request"))
        return self._failure()

    def _absence(self) -> RemoteError:
        if self._is_api():
            return self._error(NotFound, self._said("the server knows no such thing"))
        cause = "404 that is not the API's own; check the URL and its context path"
        return self._error(ProtocolError, cause)

    def _failure(self) -> RemoteError:
        """What is neither success nor refusal: it may have been carried out all the same."""
        status = self.response.status
        if status == 503:  # noqa: PLR2004 - HTTP's own number; a server that is not there
            paused = self.response.retry_after_seconds is not None
            kind = RateLimited if paused else Unreachable
            return self._error(kind, self._said("the server is not available"))
        if not self.request.repeatable:
            return self._error(Ambiguous, self._said("the server failed"))
        known = status == 408 or status in _SERVER_ERRORS  # noqa: PLR2004 - HTTP's own number
        if known:
            return self._error(Unreachable, self._said("the server failed"))
        return self._error(ProtocolError, f"status {status} means nothing here")

    def _redirect(self) -> RemoteError:
        undone = self.request.repeatable or self.response.status in _MOVED_UNDONE
        cause = f"redirect ({self.response.status}), never followed; set the URL it leads to"
        return self._error(ProtocolError if undone else Ambiguous, cause)

    def _said(self, default: str) -> str:
        """The status and the server's words, or ours."""
        return f"{self.words() or default} (HTTP {self.response.status})"

    def _error(self, kind: type[RemoteError], cause: str) -> RemoteError:
        return kind(
            f"cannot {self.request.purpose}: {cause}",
            retry_after=self.response.retry_after_seconds,
            status=self.response.status,
        )

    def _is_api(self) -> bool:
        """Whether the answer has the API's shape and is not a proxy's page."""
        if not self.response.content_type.endswith("json"):
            return False
        try:
            return isinstance(parse_json(self.response.body), dict)
        except (ValueError, RecursionError):
            return False


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - it is JSON of any shape
    """Parse JSON; in a thread, a large body leaves the event loop its turns.

    Raises:
        ValueError: it is none.
        RecursionError: it is nested too deeply.
    """
    if len(body) <= LARGE_BODY_BYTES:
        return json.loads(body)
    # The parser is C and holds the interpreter's lock to the end, unless it calls Python now
    # and then: a thread alone would not keep the event loop alive.
    return json.loads(body, object_hook=_breathe)


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date, as 1 to 300 seconds from `now` (aware)."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:_MOST_DIGITS])
    else:
        try:
            seconds = (parsedate_to_datetime(text) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)


def _breathe(found: dict[str, Any]) -> dict[str, Any]:
    return found


def _spoken(found: object) -> str:
    if isinstance(found, list) and found:
        found = found[0]
    if not isinstance(found, dict):
        return ""
    return next((text for key in _WORDS if isinstance(text := found.get(key), str) and text), "")
