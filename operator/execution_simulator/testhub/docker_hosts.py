"""Remote docker hosts at the three levels, their status, and the test of a connection."""

from functools import partial

from aiohttp import web
from pydantic import JsonValue

from execution_simulator.docker_connections import INFO, DockerConnection
from execution_simulator.machine_bodies import DockerHostBody, Members
from execution_simulator.machines import Machine
from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.testhub import machines
from execution_simulator.testhub.rendering import members
from execution_simulator.testhub.sorts import Sort

MASKED = "********"
KEYS = ("caCert", "clientCert", "clientKey")


def get_status(call: Call) -> web.Response:
    """GET status: what the last attempt to reach the host brought."""
    machine = machines.machine_of(call, DOCKER_HOSTS)
    return answer(_status(call, machine.members))


def test_connection(call: Call) -> web.Response:
    """POST testconnection: 200 whatever comes of it, and nothing is kept."""
    _guard(call)
    return answer(_status(call, machines.parsed(call, DOCKER_HOSTS)))


def _status(call: Call, host: Members) -> JsonValue:
    found = call.simulator.docker_connections.attempt(host)
    content: Members = {
        "status": found.status,
        "reason": found.reason,
        "info": _info(call, found),
    }
    return members(content, call.settings)


def _info(call: Call, found: DockerConnection) -> JsonValue:
    if not found.reachable or call.settings.docker_info == "null":
        return None
    content: JsonValue = INFO.model_dump(mode="json")
    return content


def _added(call: Call, machine: Machine) -> Members:
    connection = call.simulator.docker_connections.attempt(machine.members)
    return {
        "info": _info(call, connection),
        "projectList": ",".join(machine.projects) or None,
        "teamSpaceList": machine.space_id,
    }


def _kept_back(call: Call, machine: Machine) -> Members:
    """Certificates and key are never shown; some servers show that there are some."""
    masked = call.settings.docker_keys == "masked"
    return {name: MASKED if masked and machine.members.get(name) else None for name in KEYS}


def _guard(call: Call) -> None:
    match call.settings.docker_hosts:
        case "served":
            return
        case "retired":
            raise Refusal(404, "NOT_FOUND", f"{call.request.path}: no such path")
        case "retiredPage":
            raise Refusal(404, "NOT_FOUND", "404 Not Found", page=True)


DOCKER_HOSTS = Sort(
    word="docker_host",
    thing="remote docker host",
    collection="dockerhosts",
    body=DockerHostBody,
    assigned=frozenset({"id", "owner", "info", "projectList", "teamSpaceList"}),
    kept=lambda simulator: simulator.docker_hosts,
    added=_added,
    kept_back=_kept_back,
    guard=_guard,
)

_USER, _SPACE, _PROJECT = (
    "/rest/dockerhosts",
    "/rest/spaces/{space}/dockerhosts",
    "/rest/projects/{project}/dockerhosts",
)
_LIST = partial(machines.list_all, sort=DOCKER_HOSTS)

OPERATIONS = machines.operations(
    DOCKER_HOSTS,
    Operation("list_docker_hosts", "GET", _USER, _LIST),
    Operation("list_docker_hosts", "GET", _SPACE, _LIST),
    Operation(
        "list_project_docker_hosts",
        "GET",
        _PROJECT,
        partial(machines.list_of_project, sort=DOCKER_HOSTS),
    ),
    Operation("test_connection", "POST", f"{_USER}/testconnection", test_connection),
    Operation("get_docker_host_status", "GET", f"{_USER}/{{id}}/status", get_status),
    Operation("get_docker_host_status", "GET", f"{_SPACE}/{{id}}/status", get_status),
)
