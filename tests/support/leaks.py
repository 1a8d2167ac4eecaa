"""Finds a secret in text, however it is written there; knows nothing of where the text is from."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping


def forms(secret: str) -> dict[str, set[str]]:
    """The secret as it may be written, by the name of the way."""
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {
        "plain": {secret},
        "in a URL": {quote(secret), quote(secret, safe=""), quote_plus(secret)},
        "in JSON": in_json | {form.replace("/", "\\/") for form in in_json},
        "in JSON in JSON": {json.dumps(form)[1:-1] for form in in_json},
        "in a Python literal": {repr(secret)[1:-1], repr(secret.encode())[2:-1]},
        "in base64": _in_base64(secret),
        "in hex": {secret.encode().hex()},
    }


def leaks(places: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    """Which secret stands in which place and how, never the secret itself; both by name."""
    return [
        f"{name} {way} in {place}"
        for name, secret in secrets.items()
        for way, written in forms(secret).items()
        for place, text in places.items()
        if any(form in text for form in written)
    ]


def _in_base64(secret: str) -> set[str]:
    """What of it is the same whatever stands before and after it, in both alphabets."""
    found = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        inner = text[-(-before * 8 // 6) : -1]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found
