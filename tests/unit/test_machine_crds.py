"""The schemas of StaticAgent and DockerHost: names, columns, states, and what stays."""

from __future__ import annotations

import pytest

from execution_operator.api.docker_host import DockerHost, DockerHostSpec
from execution_operator.api.static_agent import StaticAgent, StaticAgentSpec
from execution_operator.crds import DOCKER_HOSTS, STATIC_AGENTS, definition
from support.schemas import at, rules, version_of

BOTH = pytest.mark.parametrize("kind", [STATIC_AGENTS, DOCKER_HOSTS], ids=lambda kind: kind.kind)


def columns(kind):
    return [
        column["name"] + (" (wide)" if column.get("priority") else "")
        for column in version_of(kind)["additionalPrinterColumns"]
    ]


def test_the_columns_of_an_agent():
    assert columns(STATIC_AGENTS) == [
        *("Ready", "Reason", "State", "Version", "Projects"),
        *("Host (wide)", "Server (wide)", "Age"),
    ]


def test_the_columns_of_a_docker_host():
    assert columns(DOCKER_HOSTS) == [
        *("Ready", "Reason", "Connection", "Version", "Projects"),
        *("Host (wide)", "Address (wide)", "Server (wide)", "Age"),
    ]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (STATIC_AGENTS, ("StaticAgent", "staticagents", "staticagent", "sag")),
        (DOCKER_HOSTS, ("DockerHost", "dockerhosts", "dockerhost", "dkh")),
    ],
    ids=["StaticAgent", "DockerHost"],
)
def test_what_a_kind_is_called(kind, names):
    found = definition(kind)["spec"]["names"]
    assert (found["kind"], found["plural"], found["singular"], *found["shortNames"]) == names


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (STATIC_AGENTS, {"serverRef", "space", "hostName"}),
        (DOCKER_HOSTS, {"serverRef", "space", "hostName", "ipAddress"}),
    ],
    ids=["StaticAgent", "DockerHost"],
)
def test_only_what_it_is_found_by_cannot_be_changed(kind, fields):
    written = {
        f"has(self.{field}) == has(oldSelf.{field}) &&"
        f" (!has(self.{field}) || self.{field}{case} == oldSelf.{field}{case})"
        for field in fields
        for case in [".lowerAscii()" if field == "hostName" else ""]
    }
    assert {rule for rule in rules(kind)["spec"] if "oldSelf" in rule} == written


@BOTH
def test_a_state_is_the_server_s_own_word(kind):
    path = "status.state" if kind is STATIC_AGENTS else "status.connection.status"
    assert "enum" not in at(kind, path)


@BOTH
def test_what_it_was_created_for_is_recorded(kind):
    own = "agentId" if kind is STATIC_AGENTS else "dockerHostId"
    fields = set(at(kind, "status")["properties"])
    assert {own, "server", "spaceId", "origin", "projects", "projectCount"} <= fields


@pytest.mark.parametrize(
    ("model", "spec", "body"),
    [
        (StaticAgent, StaticAgentSpec, {"hostName": "h", "pollInterval": "5s"}),
        (DockerHost, DockerHostSpec, {"ipAddress": "192.0.2.7", "tlsSecretRef": {"name": "t"}}),
    ],
    ids=["StaticAgent", "DockerHost"],
)
def test_what_is_not_set_is_not_written(model, spec, body):
    wanted = {"serverRef": {"name": "hub"}, **body}
    read = model.model_validate(
        {"kind": model.__name__, "metadata": {"name": "a"}, "spec": wanted, "status": {}}
    )
    assert isinstance(read.spec, spec)
    assert read.spec.model_dump(exclude_unset=True, mode="json") == wanted
    assert read.status.observed_generation == -1
