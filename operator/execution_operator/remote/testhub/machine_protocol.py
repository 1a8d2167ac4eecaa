"""What to send for agents and docker hosts, at each level (seed 000); it does no I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic

from execution_operator.remote.errors import Rejected
from execution_operator.remote.messages import JSON, Priority, Request
from execution_operator.remote.testhub.levels import Level, SpaceLevel, UserLevel
from execution_operator.remote.testhub.machine_wire import (
    DockerHostResource,
    MachineItem,
    StaticAgentResource,
)
from execution_operator.remote.testhub.protocol import page_of, segment

if TYPE_CHECKING:
    from collections.abc import Mapping

_NORMALIZED: Final = (("normalize", "true"),)
_ANY: Final = "application/json, */*;q=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort(Generic[MachineItem]):
    """What agents and docker hosts differ in.

    Attributes:
        word: in operations, as metrics show them.
        thing: for people.
        collection: in paths.
        list_query, project_query: what their lists are asked with.
    """

    word: str
    thing: str
    collection: str
    model: type[MachineItem]
    list_query: tuple[tuple[str, str], ...] = ()
    project_query: tuple[tuple[str, str], ...] = ()


AGENTS: Final = Sort(
    word="agent",
    thing="static agent",
    collection="agents",
    model=StaticAgentResource,
    list_query=(("all", "true"), *_NORMALIZED),
    project_query=_NORMALIZED,
)
DOCKER_HOSTS: Final = Sort(
    word="docker_host",
    thing="docker host",
    collection="dockerhosts",
    model=DockerHostResource,
)


def list_machines(sort: Sort[MachineItem], level: Level, page: int = 0) -> Request:
    """List what a level has; of agents those of all users, with host names in lower case."""
    purpose = f"list {sort.thing}s{_of(level)}"
    return Request(
        operation=f"list_{sort.word}s",
        purpose=purpose,
        method="GET",
        path=_collection(sort, level, purpose),
        query=page_of(sort.list_query, page),
    )


def get_machine(sort: Sort[MachineItem], level: Level, machine_id: str) -> Request:
    """Ask for one; its host name comes as the server keeps it."""
    purpose = f'read {sort.thing} "{machine_id}"{_of(level)}'
    return Request(
        operation=f"get_{sort.word}",
        purpose=purpose,
        method="GET",
        path=_one(sort, level, machine_id, purpose),
    )


def create_machine(sort: Sort[MachineItem], level: Level, members: Mapping[str, JSON]) -> Request:
    """Define one. Repeated it may define two: whether a host name is unique is open."""
    name = members.get("hostName") or members.get("ipAddress") or ""
    purpose = f'create {sort.thing} "{name}"{_of(level)}'
    return Request(
        operation=f"create_{sort.word}",
        purpose=purpose,
        method="POST",
        path=_collection(sort, level, purpose),
        body=_body(members, purpose),
        content_type="application/json",
        repeatable=False,
        priority=Priority.START,
    )


def update_machine(
    sort: Sort[MachineItem], level: Level, last: MachineItem, changes: Mapping[str, JSON]
) -> Request:
    """Send one back with members replaced.

    The id stands in the body at the user's level, in the path too in a team space (seed 000).
    """
    purpose = f'update {sort.thing} "{last.id}"{_of(level)}'
    match level:
        case UserLevel():
            path = _collection(sort, level, purpose)
        case SpaceLevel():
            path = _one(sort, level, last.id, purpose)
    return Request(
        operation=f"update_{sort.word}",
        purpose=purpose,
        method="PUT",
        path=path,
        body=_body(last.changed(changes), purpose),
        content_type="application/json",
        accept=_ANY,
        priority=Priority.START,
    )


def delete_machine(sort: Sort[MachineItem], level: Level, machine_id: str) -> Request:
    """Remove one, with all its associations."""
    purpose = f'delete {sort.thing} "{machine_id}"{_of(level)}'
    return Request(
        operation=f"delete_{sort.word}",
        purpose=purpose,
        method="DELETE",
        path=_one(sort, level, machine_id, purpose),
        accept=_ANY,
        priority=Priority.START,
    )


def list_of_project(sort: Sort[MachineItem], project_id: str, page: int = 0) -> Request:
    """List what is associated with a project."""
    purpose = f'list {sort.thing}s of project "{project_id}"'
    return Request(
        operation=f"list_project_{sort.word}s",
        purpose=purpose,
        method="GET",
        path=_of_project(sort, project_id, purpose),
        query=page_of(sort.project_query, page),
    )


def get_of_project(sort: Sort[MachineItem], project_id: str, machine_id: str) -> Request:
    """Ask a project for one that is associated with it."""
    purpose = f'read {sort.thing} "{machine_id}" of project "{project_id}"'
    return Request(
        operation=f"get_project_{sort.word}",
        purpose=purpose,
        method="GET",
        path=_one_of_project(sort, project_id, machine_id, purpose),
    )


def associate(sort: Sort[MachineItem], project_id: str, machine_id: str) -> Request:
    """Let a project use one: a POST without a body, that changes nothing when repeated."""
    purpose = f'associate {sort.thing} "{machine_id}" with project "{project_id}"'
    return _association(sort, "POST", project_id, machine_id, purpose=purpose)


def dissociate(sort: Sort[MachineItem], project_id: str, machine_id: str) -> Request:
    """Let a project use one no longer."""
    purpose = f'dissociate {sort.thing} "{machine_id}" from project "{project_id}"'
    return _association(sort, "DELETE", project_id, machine_id, purpose=purpose)


def get_docker_host_status(level: Level, machine_id: str) -> Request:
    """Ask what the server knows of its connection to a docker host."""
    purpose = f'read the status of docker host "{machine_id}"{_of(level)}'
    return Request(
        operation="get_docker_host_status",
        purpose=purpose,
        method="GET",
        path=f"{_one(DOCKER_HOSTS, level, machine_id, purpose)}/status",
    )


def test_connection(members: Mapping[str, JSON]) -> Request:
    """Let the server try to reach a docker host; this path exists at the user's level only."""
    name = members.get("hostName") or members.get("ipAddress") or ""
    purpose = f'test the connection to docker host "{name}"'
    return Request(
        operation="test_connection",
        purpose=purpose,
        method="POST",
        path="/rest/dockerhosts/testconnection",
        body=_body(members, purpose),
        content_type="application/json",
        priority=Priority.START,
    )


def _association(
    sort: Sort[MachineItem], method: str, project_id: str, machine_id: str, *, purpose: str
) -> Request:
    verb = "associate" if method == "POST" else "dissociate"
    return Request(
        operation=f"{verb}_{sort.word}",
        purpose=purpose,
        method=method,
        path=_one_of_project(sort, project_id, machine_id, purpose),
        accept=_ANY,
        priority=Priority.START,
    )


def _collection(sort: Sort[MachineItem], level: Level, purpose: str) -> str:
    match level:
        case UserLevel():
            return f"/rest/{sort.collection}"
        case SpaceLevel(space_id):
            return f"/rest/spaces/{segment(space_id, purpose)}/{sort.collection}"


def _one(sort: Sort[MachineItem], level: Level, machine_id: str, purpose: str) -> str:
    return f"{_collection(sort, level, purpose)}/{segment(machine_id, purpose)}"


def _of_project(sort: Sort[MachineItem], project_id: str, purpose: str) -> str:
    return f"/rest/projects/{segment(project_id, purpose)}/{sort.collection}"


def _one_of_project(sort: Sort[MachineItem], project_id: str, machine_id: str, purpose: str) -> str:
    return f"{_of_project(sort, project_id, purpose)}/{segment(machine_id, purpose)}"


def _of(level: Level) -> str:
    match level:
        case UserLevel():
            return ""
        case SpaceLevel(space_id):
            return f' of team space "{space_id}"'


def _body(members: Mapping[str, JSON], purpose: str) -> bytes:
    """Write JSON in ASCII: a server may have sent text that has no UTF-8.

    Raises:
        Rejected: what the server sent before cannot be sent back (NaN, or nested too deeply).
    """
    try:
        return json.dumps(members, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        message = f"cannot {purpose}: what the server says of it cannot be written as JSON"
        raise Rejected(message) from None
