"""Whether an ExecutionServer can be used, from its object alone; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.problems import Problem

if TYPE_CHECKING:
    from execution_operator.api.execution_server import ExecutionServer

_GONE: Final = frozenset({Reason.SECRET_NOT_FOUND, Reason.SECRET_KEY_MISSING})


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a server can be used.

    Attributes:
        gone: it never can be again as it is: what its Secret held is no more.
    """

    blocker: Problem | None = None
    gone: bool = False


def standing_of(server: ExecutionServer) -> Standing:
    """Whether the server can be used, from its object alone."""
    name = server.metadata.name
    ready = server.status.condition(ConditionType.READY)
    gone = ready is not None and ready.reason in _GONE
    if server.metadata.is_deleted:
        text = f'ExecutionServer "{name}" is being deleted: it starts nothing new'
    elif ready is None or ready.observed_generation != server.metadata.generation:
        text = f'ExecutionServer "{name}" was not looked at yet'
    elif ready.status != "True":
        text = f'ExecutionServer "{name}" is not ready: {ready.reason}: {ready.message}'
    else:
        return Standing()
    refused = ready is not None and ready.reason == Reason.HOST_NOT_ALLOWED
    reason = Reason.HOST_NOT_ALLOWED if refused else Reason.SERVER_NOT_READY
    return Standing(Problem(reason=reason, message=text), gone)
