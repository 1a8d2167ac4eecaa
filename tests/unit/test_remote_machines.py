"""Agents and docker hosts: what is sent at each level, and how tolerantly answers are read."""

import json
from datetime import UTC, datetime

import pytest

from execution_operator.remote.answers import Answer
from execution_operator.remote.errors import Ambiguous, ProtocolError, Rejected
from execution_operator.remote.messages import Request, Response
from execution_operator.remote.testhub import machine_protocol, reading
from execution_operator.remote.testhub.levels import Level, SpaceLevel, UserLevel
from execution_operator.remote.testhub.machine_protocol import AGENTS, DOCKER_HOSTS
from execution_operator.remote.testhub.machine_wire import (
    ConnectionStatus,
    DockerHostResource,
    StaticAgentResource,
)

USER, SPACE = UserLevel(), SpaceLevel("a/b")
AGENT = StaticAgentResource.model_validate({"id": 7, "hostName": "h"})
HOST = DockerHostResource.model_validate({"id": 8, "hostName": "d"})


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (machine_protocol.list_machines(AGENTS, USER), "GET /rest/agents"),
        (machine_protocol.list_machines(AGENTS, SPACE), "GET /rest/spaces/a%2Fb/agents"),
        (machine_protocol.list_machines(DOCKER_HOSTS, USER), "GET /rest/dockerhosts"),
        (machine_protocol.get_machine(AGENTS, USER, "7"), "GET /rest/agents/7"),
        (
            machine_protocol.get_machine(DOCKER_HOSTS, SPACE, "7"),
            "GET /rest/spaces/a%2Fb/dockerhosts/7",
        ),
        (machine_protocol.create_machine(AGENTS, USER, {}), "POST /rest/agents"),
        (machine_protocol.create_machine(AGENTS, SPACE, {}), "POST /rest/spaces/a%2Fb/agents"),
        (machine_protocol.update_machine(AGENTS, USER, AGENT, {}), "PUT /rest/agents"),
        (
            machine_protocol.update_machine(AGENTS, SPACE, AGENT, {}),
            "PUT /rest/spaces/a%2Fb/agents/7",
        ),
        (machine_protocol.update_machine(DOCKER_HOSTS, USER, HOST, {}), "PUT /rest/dockerhosts"),
        (machine_protocol.delete_machine(AGENTS, USER, "7"), "DELETE /rest/agents/7"),
        (
            machine_protocol.delete_machine(DOCKER_HOSTS, SPACE, "7"),
            "DELETE /rest/spaces/a%2Fb/dockerhosts/7",
        ),
        (machine_protocol.list_of_project(AGENTS, "1050"), "GET /rest/projects/1050/agents"),
        (
            machine_protocol.get_of_project(AGENTS, "1050", "a/b"),
            "GET /rest/projects/1050/agents/a%2Fb",
        ),
        (
            machine_protocol.get_of_project(DOCKER_HOSTS, "1050", "7"),
            "GET /rest/projects/1050/dockerhosts/7",
        ),
        (machine_protocol.associate(AGENTS, "1050", "7"), "POST /rest/projects/1050/agents/7"),
        (
            machine_protocol.dissociate(DOCKER_HOSTS, "1050", "7"),
            "DELETE /rest/projects/1050/dockerhosts/7",
        ),
        (
            machine_protocol.get_docker_host_status(SPACE, "7"),
            "GET /rest/spaces/a%2Fb/dockerhosts/7/status",
        ),
        (machine_protocol.test_connection({}), "POST /rest/dockerhosts/testconnection"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_method_and_path_are_the_apis(request_: Request, line: str) -> None:
    assert f"{request_.method} {request_.path}" == line


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        (
            machine_protocol.list_machines(AGENTS, SPACE, 2),
            (("all", "true"), ("normalize", "true"), ("page", "2")),
        ),
        (machine_protocol.list_machines(DOCKER_HOSTS, SPACE), ()),
        (machine_protocol.list_of_project(AGENTS, "1"), (("normalize", "true"),)),
        (machine_protocol.get_machine(AGENTS, USER, "1"), ()),
    ],
    ids=["agents", "docker hosts", "agents of a project", "one agent"],
)
def test_only_lists_of_agents_ask_for_all_and_for_lower_case(
    request_: Request, query: tuple[tuple[str, str], ...]
) -> None:
    assert request_.query == query


def test_only_a_creation_must_not_be_repeated() -> None:
    assert not machine_protocol.create_machine(AGENTS, USER, {}).repeatable
    assert machine_protocol.update_machine(AGENTS, USER, AGENT, {}).repeatable
    assert machine_protocol.associate(AGENTS, "1", "2").repeatable


def test_an_association_has_no_body() -> None:
    assert machine_protocol.associate(AGENTS, "1", "2").body is None


@pytest.mark.parametrize("wrong", ["", ".", ".."])
def test_an_id_that_would_lead_to_another_path_is_refused(wrong: str) -> None:
    with pytest.raises(Rejected, match="is not an id"):
        machine_protocol.delete_machine(AGENTS, USER, wrong)
    with pytest.raises(Rejected, match="is not an id"):
        machine_protocol.list_machines(AGENTS, SpaceLevel(wrong))


@pytest.mark.parametrize(("level", "where"), [(USER, ""), (SPACE, ' of team space "a/b"')])
def test_what_is_done_is_told_with_the_team_space(level: Level, where: str) -> None:
    request = machine_protocol.create_machine(AGENTS, level, {"hostName": "h"})
    assert request.purpose == f'create static agent "h"{where}'


def body_of(request: Request) -> object:
    return json.loads(request.body or b"")


@pytest.mark.parametrize("number", [7, "7"], ids=["number", "string"])
def test_an_update_sends_all_that_was_read_and_the_id_in_its_own_form(number: object) -> None:
    found = {"id": number, "hostName": "H", "rack": {"row": [4]}, "ram": None, "type": "a"}
    agent = StaticAgentResource.model_validate(found)
    request = machine_protocol.update_machine(AGENTS, USER, agent, {"type": "b", "id": "9"})
    assert body_of(request) == {**found, "type": "b"}


def test_an_update_never_sends_back_keys_as_they_were_read() -> None:
    masked = {"caCert": "***", "clientCert": "***", "clientKey": "***"}
    host = DockerHostResource.model_validate({"id": 8, **masked})
    plain = machine_protocol.update_machine(DOCKER_HOSTS, USER, host, {})
    renewed = machine_protocol.update_machine(DOCKER_HOSTS, USER, host, {"clientKey": "new"})
    assert (body_of(plain), body_of(renewed)) == ({"id": 8}, {"id": 8, "clientKey": "new"})


def test_no_repr_shows_what_was_read_beside_the_known_members() -> None:
    host = DockerHostResource.model_validate({"id": 8, "clientKey": "hunter22", "x": "hunter22"})
    request = machine_protocol.update_machine(DOCKER_HOSTS, USER, host, {"clientKey": "hunter22"})
    assert "hunter22" not in f"{host!r} {host} {request!r}"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_json_is_not_sent_back(value: float) -> None:
    agent = StaticAgentResource.model_validate({"id": 7, "x": value})
    with pytest.raises(Rejected, match="cannot be written as JSON"):
        machine_protocol.update_machine(AGENTS, USER, agent, {})


def test_text_that_has_no_utf8_is_sent_back_as_it_came() -> None:
    agent = StaticAgentResource.model_validate(json.loads('{"id": 7, "x": "\\ud800"}'))
    request = machine_protocol.update_machine(AGENTS, USER, agent, {})
    assert body_of(request) == {"id": 7, "x": "\ud800"}


def test_an_agent_is_read_with_its_members() -> None:
    found = {
        "id": 101,
        "hostName": "LoadGen-1",
        "state": "DRAINING",
        "contactTime": 1_800_000_000_000,
        "capabilities": [{"name": "java", "version": 17, "value": [{"id": 1}]}, "odd"],
    }
    agent = StaticAgentResource.model_validate(found)
    assert (agent.id, agent.state, agent.capabilities) == ("101", "DRAINING", 1)
    assert agent.contact_time == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert agent.is_host("loadgen-1")
    assert not agent.is_host("loadgen-2")


@pytest.mark.parametrize(
    ("members", "read"),
    [
        ({"contactTime": "1800000000000"}, ("contact_time", datetime(2027, 1, 15, 8, tzinfo=UTC))),
        (
            {"contactTime": "2027-01-15T08:00:00Z"},
            ("contact_time", datetime(2027, 1, 15, 8, tzinfo=UTC)),
        ),
        ({"contactTime": None}, ("contact_time", None)),
        ({"state": None}, ("state", None)),
        ({"capabilities": None}, ("capabilities", 0)),
        ({"capabilities": "java"}, ("capabilities", 0)),
        ({"version": "1\n2"}, ("version", "1 2")),
        ({"version": 17}, ("version", "17")),
    ],
    ids=str,
)
def test_an_agents_members_may_have_another_type(
    members: dict[str, object], read: tuple[str, object]
) -> None:
    agent = StaticAgentResource.model_validate({"id": "7", **members})
    assert getattr(agent, read[0]) == read[1]


@pytest.mark.parametrize(
    ("info", "read"),
    [
        ({"experimental": "true"}, True),
        ({"experimental": "False"}, False),
        ({"experimental": 1}, None),
    ],
    ids=str,
)
def test_a_docker_hosts_flags_may_have_another_type(info: dict[str, object], read: object) -> None:
    host = DockerHostResource.model_validate({"id": "7", "info": info})
    assert host.info
    assert host.info.experimental == read


@pytest.mark.parametrize("info", [None, "none"])
def test_a_docker_host_may_say_nothing_of_itself(info: object) -> None:
    assert DockerHostResource.model_validate({"id": "7", "info": info}).info is None


def answer(request: Request, body: str, *, status: int = 200, **more: str) -> Answer:
    kind = more.pop("content_type", "application/json")
    return Answer(request, Response(status, kind, body.encode(), **more))  # type: ignore[arg-type]


CREATE = machine_protocol.create_machine(AGENTS, USER, {"hostName": "h"})
ASSOCIATE = machine_protocol.associate(AGENTS, "1050", "7")
TEST = machine_protocol.test_connection({"hostName": "h"})


@pytest.mark.parametrize("body", ["", "{}", '{"hostName": "h"}'])
def test_the_id_of_what_was_created_may_stand_in_the_location_alone(body: str) -> None:
    found = answer(CREATE, body, status=201, location="https://h/test/rest/agents/42?x=1")
    assert reading.read_created(StaticAgentResource, found).id == "42"


@pytest.mark.parametrize("body", ["", "{}", "[]", "<html>", '{"id": {}}'])
def test_a_creation_answered_without_an_id_is_in_doubt(body: str) -> None:
    with pytest.raises(Ambiguous, match='cannot create static agent "h"'):
        reading.read_created(StaticAgentResource, answer(CREATE, body, status=201))


@pytest.mark.parametrize("body", ["", "{}", '{"id": 7}', "done"])
def test_whatever_json_or_nothing_accepts(body: str) -> None:
    reading.read_accepted(answer(ASSOCIATE, body))


def test_a_page_does_not_accept() -> None:
    page = answer(ASSOCIATE, "<html>log in</html>", content_type="text/html")
    with pytest.raises(ProtocolError, match="is the URL that of the server's API"):
        reading.read_accepted(page)


def test_a_connections_words_are_free() -> None:
    found = answer(TEST, '{"status": "Oh no", "reason": null, "info": {"osArch": "linux/amd64"}}')
    status = reading.read_connection(found)
    assert isinstance(status, ConnectionStatus)
    assert (status.status, status.reason) == ("Oh no", None)
    assert status.info
    assert status.info.os_arch == "linux/amd64"


@pytest.mark.parametrize("body", ["[]", "{}", "null", '"SUCCESS"'])
def test_a_connections_status_that_says_nothing_is_none(body: str) -> None:
    with pytest.raises(ProtocolError, match="not a connection's status"):
        reading.read_connection(answer(TEST, body))
