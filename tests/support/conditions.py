"""A condition as objects have it; knows no kind."""

from __future__ import annotations

from typing import Any

from support.runs import START


def said(
    type_: str, status: str, reason: str, message: str = "", *, generation: int = 1
) -> dict[str, Any]:
    """One that was written at the start, for that generation."""
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": START.isoformat(),
    }
