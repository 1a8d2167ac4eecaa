"""What is at hand of each machine's object without reading it, and who manages one; pure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.served import ServedDigest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from execution_operator.api.machine import MachineObject
    from execution_operator.reconcile.ports import Digest, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDigest(ServedDigest):
    """An object of a machine: which machine, on which server, and how it is.

    Attributes:
        url: of the server that it was found or created on.
        host: by which it is found, in lower case.
        space_id, space_name: the team space as the status or the spec has it.
        machine_id: the server's id of it.
        state: the word that metrics count it under.
        use: differs when those that name it have to look again.
    """

    url: str | None
    host: str
    space_id: str | None
    space_name: str | None
    machine_id: str | None
    created: datetime | None
    is_deleted: bool
    state: str
    use: tuple[object, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """Objects of one machine are found together by its host, and by the server's id of it."""
        if self.machine_id is None:
            return (self.host,)
        return (self.host, f"{self.machine_id}@{self.url}")


def digest_of(wanted: MachineObject, *, host: str, state: str) -> MachineDigest:
    """The digest of a machine's object."""
    status, space = wanted.status, wanted.spec.space
    return MachineDigest.of(
        wanted,
        server=sys.intern(wanted.spec.server_ref.name),
        url=sys.intern(status.server) if status.server else None,
        host=host,
        space_id=status.space_id or (space.id if space else None),
        space_name=space.name if space else None,
        machine_id=status.machine_id,
        created=wanted.metadata.creation_timestamp,
        is_deleted=wanted.metadata.is_deleted,
        state=sys.intern(state),
        use=(wanted.metadata.generation, status.machine_id, status.server, status.space_id),
    )


def is_shown(wanted: MachineObject, *told: Reason) -> bool:
    """Whether Ready speaks of the machine as the server shows it now, as these reasons do too.

    Every other reason keeps the operator from looking, or is about something else. The status has
    the last word for people to read; a metric must not take an old word for the present.
    """
    reasons = (Reason.READY, Reason.PENDING, *told)
    conditions = wanted.status.conditions
    return any(one.type == ConditionType.READY and one.reason in reasons for one in conditions)


def older(
    mine: MachineDigest,
    others: Iterable[Digest],
    *,
    url: str,
    urls_of: Callable[[Key], Collection[str]],
) -> tuple[MachineDigest, ...]:
    """The objects of the same host, or id, on the same server that go before this one.

    One machine may go by a host name in one object and by an address in another.

    Args:
        mine: this object's.
        others: all objects of the kind, or at least those of its groups.
        url: this object's server.
        urls_of: what the ExecutionServer of that key may mean, connected or not.
    """
    return tuple(
        one
        for one in others
        if isinstance(one, MachineDigest)
        and one.uid != mine.uid
        and not set(one.groups).isdisjoint(mine.groups)
        and _age(one) < _age(mine)
        and url in ((one.url,) if one.url is not None else urls_of(one.server_key))
    )


def elder(mine: MachineDigest, others: Iterable[MachineDigest]) -> MachineDigest | None:
    """The object that manages the machine, of those that are older; None: this one does.

    A team space that one names by its id and the other by its name is the same only when the id
    of that name is in the digest.
    """
    return min((one for one in others if _same_space(one, mine)), key=_age, default=None)


def told(owner: MachineDigest, namespace: str) -> str:
    """The owner, named only to those who may know its namespace."""
    kind = owner.key.kind
    if owner.key.namespace == namespace:
        return f'{kind} "{owner.key.name}"'
    return f"a {kind} in another namespace"


def _same_space(one: MachineDigest, other: MachineDigest) -> bool:
    if one.space_id is not None and other.space_id is not None:
        return one.space_id == other.space_id
    if one.space_name is not None and one.space_name == other.space_name:
        return True
    nowhere = (None, None)
    return (one.space_id, one.space_name) == nowhere == (other.space_id, other.space_name)


def _age(one: MachineDigest) -> tuple[bool, str, bool, str]:
    """What orders objects: first the one that has or announced the machine, then the oldest.

    Who comes before it in time, and to the server later, would else take over what is not its own,
    and leave it there in the end.
    """
    created = one.created.isoformat() if one.created else ""
    return (not one.is_held, created, one.machine_id is None, one.uid)
