"""Plain questions about a machine, answered from what is known; pure, shared by all decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.machine import Origin
from execution_operator.kinds.machines.identity import Intent, space_of
from execution_operator.kinds.machines.seen import Certainty

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.seen import Found, Seen
    from execution_operator.reconcile.ports import Now
    from execution_operator.remote.messages import JSON


def recorded_id(wanted: MachineObject) -> str | None:
    """The server's id of it, from the status."""
    return wanted.status.machine_id


def machine_id(wanted: MachineObject, seen: Seen) -> str | None:
    """The server's id of it: recorded, or about to be; None once the server has it no more."""
    recorded, memory = recorded_id(wanted), seen.memory
    if recorded is not None and recorded != memory.gone:
        return recorded
    if memory.machine is None or own_intent(wanted, seen) is None:
        return None
    return memory.machine.id


def own_intent(wanted: MachineObject, seen: Seen) -> Intent | None:
    """The intent, if it is this object's and not that of one it was copied from."""
    intent = seen.intent
    return intent if intent is not None and intent.uid == wanted.metadata.uid else None


def origin(wanted: MachineObject, seen: Seen) -> Origin | None:
    """How it came to be ours; the intent is newer than the status, where both speak."""
    intent = own_intent(wanted, seen)
    if intent is not None and intent.origin is not None:
        return intent.origin
    return wanted.status.origin


def is_elsewhere(wanted: MachineObject, seen: Seen) -> bool:
    """Whether what is recorded belongs to another server or cluster than those in use now."""
    intent, status = seen.intent, wanted.status
    if intent is not None and intent.cluster != seen.cluster_id:
        return True
    if seen.url is None:
        return False
    if status.server is not None and recorded_id(wanted) is not None:
        return status.server != seen.url
    mine = own_intent(wanted, seen)
    return mine is not None and mine.server != seen.url


def in_doubt(wanted: MachineObject, seen: Seen) -> bool:
    """Whether a machine of that name, when there is one, may be what we created.

    After a restart nothing is known but the intent. Without an intent a finalizer of ours says
    that somebody took it away.
    """
    match seen.memory.certainty:
        case Certainty.UNSENT:
            return False
        case Certainty.DOUBTFUL:
            return True
        case None:
            intent = own_intent(wanted, seen)
            if intent is None:
                return wanted.metadata.is_held and recorded_id(wanted) is None
            return intent.origin is Origin.CREATED and wanted.status.origin is None


def is_vain(wanted: MachineObject, seen: Seen) -> bool:
    """Whether the intent announces a create although surely nothing was created.

    Such an intent must not outlive the process: the next one would take a machine that registered
    itself in the meantime for the one announced. So it goes before the status forgets what is
    gone, which else tells that process that the intent was carried out.
    """
    intent = own_intent(wanted, seen)
    return (
        intent is not None
        and intent.origin is Origin.CREATED
        and seen.memory.certainty is Certainty.UNSENT
        and seen.memory.machine is None
        and recorded_id(wanted) in (None, seen.memory.gone)
    )


def looked_up(seen: Seen) -> Found | None:
    """The last look-up by name on this server; what another one had says nothing."""
    found = seen.memory.found
    return found if found is not None and found.url == seen.url else None


def doubt_since(seen: Seen) -> float:
    """From when on a look-up counts; a request of another process ended with its leadership."""
    return max(seen.memory.doubt_since, seen.term_began)


def removes(wanted: MachineObject, seen: Seen) -> bool:
    """Whether a deletion takes the machine off the server."""
    if wanted.spec.deletion_policy is not None:
        return wanted.spec.deletion_policy == "Delete"
    return origin(wanted, seen) is Origin.CREATED


def level_is_recorded(wanted: MachineObject, seen: Seen) -> bool:
    """Whether the status says all that finds the machine again."""
    if seen.level is None:
        return False
    status = wanted.status
    said = (status.machine_id, status.server, status.space_id, status.origin)
    return said == (
        machine_id(wanted, seen),
        seen.url,
        space_of(seen.level),
        origin(wanted, seen),
    )


def is_unsent(wanted: MachineObject, seen: Seen) -> bool:
    """Whether what the server never gives back is other than what was sent last."""
    hidden = seen.hidden.fingerprint if seen.hidden is not None else None
    return hidden is not None and hidden != (seen.memory.sent or wanted.status.sent)


def hidden_members(seen: Seen) -> dict[str, JSON]:
    """What a server forgets when a change does not bring it."""
    return dict(seen.hidden.members) if seen.hidden is not None else {}


def all_members(seen: Seen) -> dict[str, JSON]:
    """All that it has to be like, what a server never gives back as well."""
    return {**seen.members, **hidden_members(seen)}


def deletion_seconds_left(wanted: MachineObject, now: Now, allowed: float) -> float:
    """How long a deletion may still wait for the server."""
    asked = wanted.metadata.deletion_timestamp
    if asked is None:
        return 0.0
    return allowed - (now.utc - asked).total_seconds()
