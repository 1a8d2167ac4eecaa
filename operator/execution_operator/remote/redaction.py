"""Makes text from outside fit to be shown: secrets out, one line, bounded; it knows no server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN: Final = "***"
MAX_BYTES: Final = 1024
# A shorter value ("1", "on") occurs everywhere: hiding it would hide the message, not the value.
SHORTEST: Final = 4
_CUT: Final = "…"


class Redactor:
    """Hides values, however they are escaped, in text. Its repr shows none of them."""

    __slots__ = ("_forms", "_values")

    def __init__(self, secrets: Iterable[str]) -> None:
        values = {value for secret in secrets for value in _values(secret)}
        self._values = sorted(values, key=len, reverse=True)
        self._forms: dict[str, tuple[str, ...]] = {}

    def __call__(self, text: str) -> str:
        """Hide the values in `text`; make it one printable line of at most 1 KiB of UTF-8."""
        # Twice, since a value may have been torn apart by what one_line takes out.
        return self.hide(one_line(self.hide(text)))

    def hide(self, text: str) -> str:
        """Hide the values in `text` and change nothing else."""
        for value in self._values:
            if len(value) <= len(text):  # escaping makes none shorter
                for form in self._known_forms(value):
                    text = text.replace(form, HIDDEN)
        return text

    def _known_forms(self, value: str) -> tuple[str, ...]:
        """Made only when needed: most answers say nothing that could hold the value."""
        if value not in self._forms:
            self._forms[value] = tuple(sorted(set(_forms(value)), key=len, reverse=True))
        return self._forms[value]


def one_line(text: str, *, limit: int = MAX_BYTES) -> str:
    """Strip control characters, join lines and blanks, and cut to `limit` bytes of UTF-8."""
    if text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text:
        return text.strip()
    seen = "".join(
        " " if char.isspace() else char
        for char in text[: 4 * limit]
        if char.isspace() or char.isprintable()
    )
    return cut(" ".join(seen.split()), limit)


def cut(text: str, limit: int) -> str:
    """Cut to `limit` bytes of UTF-8, between characters, with an ellipsis for what went."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    kept = encoded[: limit - len(_CUT.encode())].decode(errors="ignore")
    return kept + _CUT


def _values(secret: str) -> Iterable[str]:
    """The value itself and its lines, where they are long enough to be hidden."""
    whole = secret.strip()
    return {value for value in {secret, whole, *whole.splitlines()} if len(value) >= SHORTEST}


def _forms(value: str) -> Iterable[str]:
    """The value and how URLs, forms and JSON write it."""
    in_json = json.dumps(value)[1:-1]
    yield value
    yield from (quote(value, safe=""), quote(value), quote_plus(value))
    yield from (in_json, in_json.replace("/", "\\/"))
    yield json.dumps(value, ensure_ascii=False)[1:-1]
