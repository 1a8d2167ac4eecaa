"""Control API: agents, docker hosts, and what docker hosts answer."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Literal

from aiohttp import web
from pydantic import Field, JsonValue, TypeAdapter

from execution_simulator.control.documents import nothing, read, removed
from execution_simulator.docker_connections import DockerConnection
from execution_simulator.journal import KEY_MEMBERS
from execution_simulator.machine_bodies import Members
from execution_simulator.machines import USER, Machine, Machines
from execution_simulator.models import ControlModel
from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.simulator import Simulator


class Registration(ControlModel):
    """A machine as it registers itself, or as somebody else defined it; any members."""

    space_id: str | None = None
    owner: str = USER
    members: Members
    projects: tuple[str, ...] = ()


class Change(ControlModel):
    """What happens to a machine; what is absent stays.

    `members` overwrites, also what the server works out itself; null takes a member away.
    """

    members: Members = Field(default_factory=dict)
    owner: str | None = None
    contact: Literal["keeps", "stops", "lost"] | None = None
    """Of an agent: from now on, no more from now on, or no more for longer than is waited for."""
    busy: bool | None = None
    associate: tuple[str, ...] = ()
    dissociate: tuple[str, ...] = ()


Shelf = Callable[[Simulator], Machines]
REGISTRATION = TypeAdapter(Registration)
CHANGE = TypeAdapter(Change)
CONNECTION = TypeAdapter(DockerConnection)


def list_machines(call: Call, shelf: Shelf) -> web.Response:
    """GET: all, of every level and owner."""
    return answer([_machine(call, machine) for machine in shelf(call.simulator)])


def add_machine(call: Call, shelf: Shelf) -> web.Response:
    """POST: register one."""
    wanted = read(call, REGISTRATION)
    machine = shelf(call.simulator).add(
        wanted.members,
        now=call.now,
        owner=wanted.owner,
        space_id=wanted.space_id,
        projects=wanted.projects,
    )
    return answer(_machine(call, machine), 201)


def get_machine(call: Call, shelf: Shelf) -> web.Response:
    """GET {id}."""
    return answer(_machine(call, _one(call, shelf)))


def change_machine(call: Call, shelf: Shelf) -> web.Response:
    """PATCH {id}: lose, occupy, register anew, associate."""
    machine, wanted = _one(call, shelf), read(call, CHANGE)
    merged = {**machine.members, **wanted.members}
    machine.members = {name: value for name, value in merged.items() if value is not None}
    machine.owner = wanted.owner or machine.owner
    machine.busy = machine.busy if wanted.busy is None else wanted.busy
    machine.projects |= dict.fromkeys(wanted.associate)
    for project in wanted.dissociate:
        machine.projects.pop(project, None)
    _contact(machine, wanted, call.now)
    return answer(_machine(call, machine))


def remove_machine(call: Call, shelf: Shelf) -> web.Response:
    """DELETE {id}: retire it, with its associations."""
    machine = _one(call, shelf)
    return removed(shelf(call.simulator).remove(machine.id), "machine", str(machine.id))


def list_connections(call: Call) -> web.Response:
    """GET docker-connections: those that were scripted."""
    found = call.simulator.docker_connections.all()
    return answer([connection.model_dump(mode="json") for connection in found])


def put_connection(call: Call) -> web.Response:
    """POST docker-connections: what a host answers from now on."""
    call.simulator.docker_connections.put(read(call, CONNECTION))
    return nothing()


def clear_connections(call: Call) -> web.Response:
    """DELETE docker-connections: every host can be reached again."""
    call.simulator.docker_connections.clear()
    return nothing()


def _contact(machine: Machine, wanted: Change, now: float) -> None:
    match wanted.contact:
        case "keeps":
            machine.keep_contact()
        case "stops":
            machine.silent_since = machine.contact(now)
        case "lost":
            machine.lose(now)
        case None:
            pass


def _one(call: Call, shelf: Shelf) -> Machine:
    text = call.part("id")
    found = shelf(call.simulator).get(int(text)) if text.isdecimal() else None
    if found is None:
        raise Refusal(404, "NOT_FOUND", f'cannot find machine "{text}": there is none')
    return found


def _machine(call: Call, machine: Machine) -> JsonValue:
    """A private key is shown as its SHA-256, so that a test can tell whether it arrived."""
    members = {
        name: _digest(value) if name in KEY_MEMBERS else value
        for name, value in machine.members.items()
    }
    return {
        "id": machine.id,
        "owner": machine.owner,
        "spaceId": machine.space_id,
        "members": members,
        "projects": list(machine.projects),
        "state": machine.state(call.now),
        "busy": machine.busy,
    }


def _digest(value: JsonValue) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()


def _operations(word: str, path: str, shelf: Shelf) -> tuple[Operation, ...]:
    one = f"{path}/{{id}}"
    return (
        Operation(f"list_{word}s", "GET", path, partial(list_machines, shelf=shelf)),
        Operation(f"add_{word}", "POST", path, partial(add_machine, shelf=shelf)),
        Operation(f"get_{word}", "GET", one, partial(get_machine, shelf=shelf)),
        Operation(f"change_{word}", "PATCH", one, partial(change_machine, shelf=shelf)),
        Operation(f"remove_{word}", "DELETE", one, partial(remove_machine, shelf=shelf)),
    )


_CONNECTIONS = "/_simulator/docker-connections"

OPERATIONS = (
    *_operations("agent", "/_simulator/agents", lambda simulator: simulator.agents),
    *_operations(
        "docker_host", "/_simulator/docker-hosts", lambda simulator: simulator.docker_hosts
    ),
    Operation("list_connections", "GET", _CONNECTIONS, list_connections),
    Operation("put_connection", "POST", _CONNECTIONS, put_connection),
    Operation("clear_connections", "DELETE", _CONNECTIONS, clear_connections),
)
