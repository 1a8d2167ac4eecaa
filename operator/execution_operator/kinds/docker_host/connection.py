"""What a server's free words on its connection to a docker host amount to; pure.

The API has no enum for them (seed 000, TestConnectionStatus), so only what is surely meant as a
failure counts as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.kinds.wording import is_alike
from execution_operator.reconcile.status import one_line

if TYPE_CHECKING:
    from execution_operator.api.docker_host import DockerConnectionStatus
    from execution_operator.remote.testhub.machine_wire import ConnectionStatus

REACHED: Final = frozenset(
    {"SUCCESS", "SUCCESSFUL", "SUCCEEDED", "OK", "CONNECTED", "AVAILABLE", "REACHABLE", "UP"}
)
FAILED: Final = frozenset(
    {
        *("FAILURE", "FAILED", "FAIL", "ERROR", "DISCONNECTED", "UNAVAILABLE", "UNREACHABLE"),
        *("DOWN", "REFUSED", "TIMEOUT"),
    }
)
OTHER: Final = "other"
UNKNOWN: Final = "unknown"


def is_failure(found: ConnectionStatus) -> bool:
    """Whether the server could not reach the host.

    A word that we know decides. Beside any other one a host that tells what it is was reached,
    and else a reason says why it was not.
    """
    word = (found.status or "").strip().upper()
    if word in FAILED or word in REACHED:
        return word in FAILED
    return found.info is None and bool(found.reason)


def steady(found: ConnectionStatus, before: DockerConnectionStatus | None) -> ConnectionStatus:
    """The same in the words of the status, where they differ only in what counts or dates."""
    words, known = found.reason, before.reason if before is not None else None
    if before is None or words is None or known is None or before.status != _shown(found.status):
        return found
    same = is_alike(known, one_line(words))
    return found.model_copy(update={"reason": known}) if same else found


def _shown(word: str | None) -> str | None:
    return one_line(word) if word else None


def told(found: ConnectionStatus) -> str:
    """The server's words, for people."""
    words = [one_line(one) for one in (found.status, found.reason) if one]
    return ": ".join(words) or "it gives no reason"


def label(word: str | None) -> str:
    """The metric's label: one of the words above, `other` for a server's own, or `unknown`."""
    known = (word or "").strip().upper()
    if not known:
        return UNKNOWN
    return known if known in REACHED | FAILED else OTHER
