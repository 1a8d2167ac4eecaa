"""The only place where conditions are written: pure, from what is said to what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from execution_operator.api.model import REQUESTED_AT_ANNOTATION, Condition
from execution_operator.api.reasons import ConditionType, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from execution_operator.api.model import Metadata

Truth = Literal["True", "False", "Unknown"]
MESSAGE_LIMIT: Final = 1024
REQUESTED_AT_LIMIT: Final = 256

_ABSENT_UNLESS_TRUE: Final = frozenset({ConditionType.RECONCILING, ConditionType.STALLED})


@dataclass(frozen=True, slots=True)
class Said:
    """One condition as a kind says it: without the times and generations of its storage."""

    type: ConditionType
    status: Truth
    reason: Reason
    message: str = ""


def conditions(
    before: tuple[Condition, ...],
    said: Iterable[Said],
    *,
    generation: int,
    now: datetime,
) -> tuple[Condition, ...]:
    """The conditions to store; equal to `before` when nothing is said anew.

    The time of a condition moves only when its status flips. Reconciling and Stalled are there
    only while they are True; a condition of another writer stays.
    """
    old = {condition.type: condition for condition in before}
    ours = [_stored(one, old.get(one.type), generation, now) for one in said if _is_kept(one)]
    known = {*ConditionType}
    foreign = [condition for condition in before if condition.type not in known]
    return (*ours, *foreign)


def requested_at(metadata: Metadata) -> str | None:
    """The annotation that asks for a look, as the status echoes it: cut to what it may hold."""
    asked = metadata.annotations.get(REQUESTED_AT_ANNOTATION)
    return None if asked is None else asked[:REQUESTED_AT_LIMIT]


def _is_kept(said: Said) -> bool:
    return said.status == "True" or said.type not in _ABSENT_UNLESS_TRUE


def _stored(said: Said, old: Condition | None, generation: int, now: datetime) -> Condition:
    flipped = old is None or old.status != said.status
    return Condition(
        type=said.type,
        status=said.status,
        reason=said.reason,
        message=one_line(said.message),
        observed_generation=generation,
        last_transition_time=now.replace(microsecond=0)
        if flipped or old is None
        else old.last_transition_time,
    )


def one_line(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """The text without control characters, as one line, cut to `limit` characters."""
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"
