"""What was asked of the server, for tests to read; never keeps an offline token."""

import json
from collections import Counter, deque
from dataclasses import dataclass
from urllib.parse import parse_qs

from pydantic import JsonValue

MASK = "***"
SECRET_MEMBERS = ("offlineToken", "refresh_token")
KEY_MEMBERS = ("clientKey",)
KEPT = 50_000


@dataclass(slots=True)
class Seen:
    """One request. `status` is what the caller could see: None when the answer was lost."""

    method: str
    path: str
    operation: str
    query: dict[str, tuple[str, ...]]
    at: float
    """Seconds since the epoch, on the simulator's clock."""
    offline_token_right: bool | None
    """None when the body had no offline token."""
    body_text: str | None
    status: int | None = None
    fault: str | None = None
    """The kind of the fault that struck."""

    @property
    def body(self) -> JsonValue:
        """The JSON body (a form as an object), tokens masked; None when it was neither."""
        parsed: JsonValue = json.loads(self.body_text) if self.body_text else None
        return parsed


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body without its secret: kept as text, which takes a tenth of the memory."""

    text: str | None
    offline_token: str | None


class Journal:
    """The last requests in order and the counts of all."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()

    def add(self, seen: Seen) -> None:
        """Write a request down."""
        self._seen.append(seen)
        self._counts[seen.operation] += 1

    def clear(self) -> None:
        """Forget requests and counts."""
        self._seen.clear()
        self._counts.clear()

    def read(self, operation: str | None = None) -> tuple[Seen, ...]:
        """The requests of one operation, or all, oldest first."""
        return tuple(seen for seen in self._seen if operation in {None, seen.operation})

    def counts(self) -> dict[str, int]:
        """How many requests there were, by operation."""
        return dict(self._counts)


def masked_body(body: bytes, content_type: str) -> Body:
    """The body with its offline token, or a docker host's private key, taken out."""
    try:
        content = _parsed(body, content_type)
    except (ValueError, RecursionError):
        return Body(None, None)
    if not isinstance(content, dict):
        return Body(json.dumps(content) if content is not None else None, None)
    token = next((content[name] for name in SECRET_MEMBERS if name in content), None)
    hidden = {*SECRET_MEMBERS, *(name for name in KEY_MEMBERS if content.get(name) is not None)}
    shown = {name: MASK if name in hidden else it for name, it in content.items()}
    return Body(json.dumps(shown), token if isinstance(token, str) else None)


def _parsed(body: bytes, content_type: str) -> JsonValue:
    if not body:
        return None
    if content_type == "application/x-www-form-urlencoded":
        form = parse_qs(body.decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in form.items()}
    content: JsonValue = json.loads(body)
    return content
