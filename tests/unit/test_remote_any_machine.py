"""Whatever a Test Hub says of agents and docker hosts: a value or a RemoteError, nothing else."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from execution_operator.remote.answers import Answer
from execution_operator.remote.errors import Ambiguous, RemoteError
from execution_operator.remote.messages import Request, Response
from execution_operator.remote.redaction import Redactor
from execution_operator.remote.testhub import machine_protocol, reading
from execution_operator.remote.testhub.levels import SpaceLevel, UserLevel
from execution_operator.remote.testhub.machine_protocol import AGENTS, DOCKER_HOSTS
from execution_operator.remote.testhub.machine_wire import (
    DockerHostResource,
    Machine,
    StaticAgentResource,
)
from support.any_answers import responses

USER, SPACE = UserLevel(), SpaceLevel("s-1")
WORDS = """
id hostName ipAddress owner type version capabilities capability value key name vendor category
pollInterval engineListSize contactTime state rtbState ram info port secure clientKey projectList
status reason osArch experimental content totalElements totalPages last data message error
"""
READERS: list[tuple[Request, Callable[[Answer], object]]] = [
    (
        machine_protocol.list_machines(AGENTS, USER),
        lambda found: reading.Pages(StaticAgentResource).add(found),
    ),
    (
        machine_protocol.list_of_project(DOCKER_HOSTS, "1050"),
        lambda found: reading.Pages(DockerHostResource).add(found),
    ),
    (
        machine_protocol.get_machine(AGENTS, USER, "7"),
        lambda found: reading.read_machine(StaticAgentResource, found),
    ),
    (
        machine_protocol.get_machine(DOCKER_HOSTS, SPACE, "7"),
        lambda found: reading.read_machine(DockerHostResource, found),
    ),
    (
        machine_protocol.get_of_project(AGENTS, "1050", "7"),
        lambda found: reading.read_machine(StaticAgentResource, found),
    ),
    (
        machine_protocol.create_machine(AGENTS, USER, {"hostName": "h"}),
        lambda found: reading.read_created(StaticAgentResource, found),
    ),
    (
        machine_protocol.create_machine(DOCKER_HOSTS, USER, {"hostName": "h"}),
        lambda found: reading.read_created(DockerHostResource, found),
    ),
    (machine_protocol.associate(AGENTS, "1050", "7"), reading.read_accepted),
    (machine_protocol.test_connection({"hostName": "h"}), reading.read_connection),
]


def sent_back(machine: object) -> None:
    """What was read can be sent back, or is refused."""
    match machine:
        case StaticAgentResource():
            request = machine_protocol.update_machine(AGENTS, SPACE, machine, {"type": "x"})
        case DockerHostResource():
            request = machine_protocol.update_machine(DOCKER_HOSTS, USER, machine, {"type": "x"})
        case _:
            return
    body = json.loads(request.body or b"")
    assert (str(body["id"]), body["type"]) == (machine.id, "x")


@pytest.mark.parametrize(("request_", "read"), READERS, ids=[one[0].operation for one in READERS])
@settings(max_examples=1300, deadline=None)
@given(response=responses(WORDS))
def test_whatever_a_server_says_of_a_machine_is_a_value_or_a_remote_error(
    request_: Request, read: Callable[[Answer], object], response: Response
) -> None:
    raised, found = None, None
    try:
        found = read(Answer(request_, response, Redactor(["offline-token"])))
        sent_back(found)
    except RemoteError as error:
        raised = error

    assert str(raised).isprintable()
    if not request_.repeatable and not isinstance(found, Machine) and 200 <= response.status < 300:
        assert isinstance(raised, Ambiguous)
