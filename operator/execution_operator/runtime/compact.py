"""Objects as bytes while nobody looks at them, an eighth of what their models take."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.api.model import Resource

W = TypeVar("W", bound="Resource")

_LEVEL: Final = 1
"""Six times as fast as the best, and hardly larger."""


def pack(raw: Mapping[str, Any]) -> bytes:
    """An object as the API server gave it, without who manages which of its fields."""
    meta = {name: one for name, one in raw["metadata"].items() if name != "managedFields"}
    text = json.dumps({**raw, "metadata": meta}, separators=(",", ":"))
    return zlib.compress(text.encode(), _LEVEL)


def unpack(model: type[W], packed: bytes) -> W:
    """The object, equal to the model that was read before it was packed."""
    return model.model_validate_json(zlib.decompress(packed), by_alias=True)
