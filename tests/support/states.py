"""A row of a state table, which says what a state shows, and an object that is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.model import API_VERSION
from execution_operator.api.test_execution import TestExecution
from execution_operator.kinds.execution_server.summarize import summarize as summarize_server
from execution_operator.kinds.machines.summarize import summarize as summarize_machine
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.kinds.test_execution.summarize import summarize as summarize_run
from support import docker_hosts
from support.kube import condition
from support.runs import PERIODS, at

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject, MachineStatus
    from execution_operator.kinds.execution_server.seen import Seen as SeenServer
    from execution_operator.kinds.machines.seen import Seen as SeenMachine
    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Seen as SeenRun
    from execution_operator.reconcile.ports import Now

Json = dict[str, Any]


def _summarize_machine(wanted: Any, known: Any, now: Now, periods: Periods) -> MachineStatus:
    return summarize_machine(wanted, known, now, periods=periods, traits=_TRAITS[type(wanted)])


_TRAITS: Final[dict[type[MachineObject], AnyTraits]] = {
    one.model: one for one in (AgentTraits(), docker_hosts.TRAITS)
}
_SUMMARIZE: Final = {
    TestExecution: summarize_run,
    ExecutionServer: summarize_server,
    **dict.fromkeys(_TRAITS, _summarize_machine),
}
_COLUMNS: Final = ("Ready", "Reconciling", "Stalled")
_MORE_COLUMNS: Final = {"TestExecution": ("Succeeded", "Completed")}


@dataclass(frozen=True, slots=True)
class State:
    """An object that is in a row of a state table.

    Attributes:
        row: the row, as its table calls it.
        how: what tells it from other objects in that row.
        known: what the operator sees.
        shows: the cells of the row up to kstatus; Ready with its reason.
        seconds: when the operator looks, after the beginning.
        bug: why it shows something else, as long as it does.
    """

    row: str
    how: str
    wanted: TestExecution | ExecutionServer | MachineObject
    known: SeenRun | SeenServer | SeenMachine
    shows: str
    seconds: float = 100.0
    bug: str = ""

    @property
    def id(self) -> str:
        """How a report calls it."""
        return f"{self.row} ({self.how})" if self.how else self.row

    def reached(self) -> TestExecution | ExecutionServer | MachineObject:
        """The object once its status is written."""
        summarize = _SUMMARIZE[type(self.wanted)]
        status = summarize(self.wanted, self.known, at(self.seconds), PERIODS)
        return self.wanted.model_copy(update={"status": status})


def stored(one: TestExecution | ExecutionServer | MachineObject) -> Json:
    """An object as the API server keeps it."""
    given: Json = {"mode": "json", "by_alias": True, "exclude_none": True}
    return {
        "apiVersion": API_VERSION,
        "kind": one.kind,
        "metadata": one.metadata.model_dump(**given, exclude_unset=True),
        "spec": one.spec.model_dump(**given, exclude_unset=True),
        "status": one.status.model_dump(**given),
    }


def cells(found: Json, kstatus: str) -> str:
    """What an object shows, in the form and the order of its table."""
    ready = condition(found, "Ready")
    phase = [found["status"]["phase"]] if "phase" in found["status"] else []
    columns = (*_COLUMNS, *_MORE_COLUMNS.get(found["kind"], ()))
    first, *others = (condition(found, type_).get("status", "-") for type_ in columns)
    return " | ".join([*phase, f"{first} {ready.get('reason')}", *others, kstatus])
