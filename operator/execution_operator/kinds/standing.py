"""Whether an ExecutionServer can be used, from its object alone; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import EXCHANGE, ConditionType, Reason
from execution_operator.kinds.problems import PASSING, Problem, is_stalled

if TYPE_CHECKING:
    from execution_operator.api.execution_server import ExecutionServer
    from execution_operator.api.model import Condition

_GONE: Final = frozenset({Reason.SECRET_NOT_FOUND, Reason.SECRET_KEY_MISSING})


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a server can be used.

    Attributes:
        gone: it never can be again as it is: what its Secret held is no more, and that for long.
        is_away: it does not answer now, or not with sense; what was known of it still holds.
        is_changed: it was changed, and the look that follows says whether it can be used.
    """

    blocker: Problem | None = None
    gone: bool = False
    is_away: bool = False
    is_changed: bool = False


def standing_of(server: ExecutionServer) -> Standing:
    """Whether the server can be used, from its object alone."""
    meta, gone, name = server.metadata, _is_gone(server), server.metadata.name
    ready = server.status.condition(ConditionType.READY)
    if meta.is_deleted:
        text = f'ExecutionServer "{name}" is being deleted: it starts nothing new'
        return Standing(_not_ready(text, ready), gone)
    if ready is None or ready.observed_generation != meta.generation:
        text = f'ExecutionServer "{name}" was not looked at yet'
        return Standing(_not_ready(text, ready), gone, is_changed=ready is not None)
    if ready.status == "True":
        return Standing()
    text = f'ExecutionServer "{name}" is not ready: {ready.reason}: {ready.message}'
    is_away = ready.status == "Unknown" and ready.reason in PASSING
    return Standing(_not_ready(text, ready), gone, is_away=is_away)


def _not_ready(text: str, ready: Condition | None) -> Problem:
    refused = ready is not None and ready.reason == Reason.HOST_NOT_ALLOWED
    reason = Reason.HOST_NOT_ALLOWED if refused else Reason.SERVER_NOT_READY
    cause = next((one for one in EXCHANGE if ready is not None and one == ready.reason), None)
    return Problem(reason=reason, message=text, cause=cause)


def _is_gone(server: ExecutionServer) -> bool:
    """Whether its Secret was missing for so long that it is not waited for any more.

    One that is put there anew, or is empty for a moment, must not cost what is on the server.
    """
    return any(is_stalled(server, one) for one in _GONE)
