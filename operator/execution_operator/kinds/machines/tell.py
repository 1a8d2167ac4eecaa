"""Tells what has happened to a machine: events and log lines; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from execution_operator.api.machine import Origin
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.machines.blocking import EXPECTED

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.ports import Ports

_log = structlog.stdlib.get_logger(__name__)


class Teller:
    """The one place from which a machine's events come."""

    def __init__(self, *, ports: Ports, thing: str) -> None:
        self._events = ports.events
        self._thing = thing

    def created(self, wanted: MachineObject, machine_id: str) -> None:
        """The server has it because we asked."""
        _log.info("created", machine=machine_id)
        text = f"created the {self._thing} {machine_id} on the server"
        self._events.publish(wanted, "Created", text, kind="Normal")

    def repaired(self, wanted: MachineObject, names: tuple[str, ...]) -> None:
        """Members differed and were set again."""
        _log.info("repaired", members=names)
        text = f"set {', '.join(names)} of the {self._thing} as the spec has it"
        self._events.publish(wanted, "Updated", text, kind="Normal")

    def vanished(self, wanted: MachineObject, machine_id: str) -> None:
        """The server has it no more."""
        _log.warning("vanished", machine=machine_id)
        text = f"the server has no {self._thing} {machine_id} any more: looking it up by name"
        self._events.publish(wanted, Reason.NOT_FOUND, text, kind="Warning")

    def removed(self, wanted: MachineObject, machine_id: str) -> None:
        """It was taken off the server."""
        _log.info("removed", machine=machine_id)
        text = f"removed the {self._thing} {machine_id} from the server"
        self._events.publish(wanted, "Removed", text, kind="Normal")

    def left_behind(self, wanted: MachineObject, why: str) -> None:
        """The object goes, and something of it stays on the server."""
        known = wanted.status.machine_id
        which = f"the {self._thing} {known}" if known else f"a {self._thing} that may be there"
        _log.warning("left a machine behind", machine=known, cause=why)
        text = f"let go of {which} without cleaning up: {why}; look on the server"
        self._events.publish(wanted, "MachineLeftBehind", text, kind="Warning")

    def written(self, before: MachineObject, after: MachineObject) -> None:
        """A status was stored: tell an adoption, a loss or return, what somebody has to mend."""
        if before.status.machine_id is None and after.status.machine_id is not None:
            self._adopted(after)
        was, now = _standing(before), _standing(after)
        if now is None or (was is not None and was.is_as(now)):
            return
        was_usable = was is not None and was.ready == "True"
        if now.ready == "False" and (was_usable or now.is_stalled or now.reason not in EXPECTED):
            self._events.publish(after, now.reason, now.message, kind="Warning")
        elif now.ready == "True" and was is not None:
            self._events.publish(after, Reason.READY, f"the {self._thing} is usable", kind="Normal")

    def _adopted(self, wanted: MachineObject) -> None:
        if wanted.status.origin is not Origin.ADOPTED:
            return
        text = f"adopted the {self._thing} {wanted.status.machine_id}, which was there"
        self._events.publish(wanted, "Adopted", text, kind="Normal")


@dataclass(frozen=True, slots=True)
class _Standing:
    """What its conditions say of a machine."""

    ready: str
    reason: str
    message: str
    is_stalled: bool

    def is_as(self, other: _Standing) -> bool:
        """Whether there is nothing to tell between the two: other words alone are nothing."""
        mine = (self.ready, self.reason, self.is_stalled)
        return mine == (other.ready, other.reason, other.is_stalled)


def _standing(wanted: MachineObject) -> _Standing | None:
    status = wanted.status
    one, stalled = status.condition(ConditionType.READY), status.condition(ConditionType.STALLED)
    if one is None:
        return None
    return _Standing(one.status, one.reason, one.message, stalled is not None)
