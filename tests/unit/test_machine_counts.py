"""How agents and docker hosts are counted for metrics, and how old what is known of them is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from execution_operator.kinds.counts import machines_by_server, snapshot_ages
from execution_operator.kinds.machines.digest import digest_of
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.reconcile.ports import Digest, Key
from support.agents import agent as static_agent
from support.conditions import said
from support.docker_hosts import RECORDED, TRAITS, docker_host

HUB = Key("ExecutionServer", "shop", "hub")
SERVER = Digest(key=HUB, uid="s1", ready="True", is_held=True)


def ready(reason: str) -> dict[str, Any]:
    return said("Ready", "True" if reason == "Ready" else "False", reason)


def host(word: str | None, reason: str = "Ready"):
    connection = {"status": word} if word else None
    told = {"connection": connection, "conditions": [ready(reason)]}
    wanted = docker_host(status={**RECORDED, **told})
    return digest_of(wanted, host="docker-1", state=TRAITS.state_of(wanted))


def agent(word: str | None, reason: str = "Ready"):
    wanted = static_agent(status={"state": word, "conditions": [ready(reason)]})
    return digest_of(wanted, host="loadgen-1", state=AgentTraits().state_of(wanted))


def counted(*machines):
    known = [SERVER, *machines]
    return {
        **machines_by_server(known, "DockerHost"),
        **machines_by_server(known, "StaticAgent"),
    }


def test_each_kind_is_counted_by_server_and_word():
    known = [SERVER, host("SUCCESS"), host("success"), host("FAILURE"), agent("BUSY")]
    assert machines_by_server(known, "DockerHost") == {
        ("shop/hub", "SUCCESS"): 2,
        ("shop/hub", "FAILURE"): 1,
    }
    assert machines_by_server(known, "StaticAgent") == {("shop/hub", "BUSY"): 1}


@pytest.mark.parametrize("make", [host, agent], ids=["docker host", "agent"])
@pytest.mark.parametrize(("word", "label"), [("BLAU", "other"), (None, "unknown")])
def test_a_servers_own_words_make_no_labels(make, word, label):
    assert counted(make(word)) == {("shop/hub", label): 1}


TOLD = {
    "an agent that is not usable yet": (agent("LOST", "Pending"), "LOST"),
    "an agent that is lost": (agent("LOST", "AgentLost"), "LOST"),
    "an agent that no list has": (agent("AVAILABLE", "AgentLost"), "unknown"),
    "an agent of a server out of reach": (agent("AVAILABLE", "ServerUnreachable"), "unknown"),
    "an agent that is paused": (agent("AVAILABLE", "Paused"), "unknown"),
    "a docker host out of reach": (host("FAILURE", "ConnectionFailed"), "FAILURE"),
    "a docker host that no list has": (host("SUCCESS", "NotFound"), "unknown"),
    "a docker host without its Secret": (host("SUCCESS", "SecretNotFound"), "unknown"),
}


@pytest.mark.parametrize(("machine", "label"), TOLD.values(), ids=TOLD.keys())
def test_what_the_server_said_before_is_not_counted_as_what_it_says_now(machine, label):
    assert counted(machine) == {("shop/hub", label): 1}


def test_objects_of_a_server_that_is_not_there_have_no_series():
    known = [agent("BUSY"), host("SUCCESS")]
    assert machines_by_server(known, "StaticAgent") == {}
    assert machines_by_server(known, "DockerHost") == {}


def test_of_several_lists_of_one_sort_the_oldest_counts():
    def aged(*ages: float | None) -> dict[str, Any]:
        return {str(number): SimpleNamespace(age=age) for number, age in enumerate(ages)}

    levels = [("user", 3.0), ("association", None), ("user", 70.0), ("space", 4.0)]
    connection = SimpleNamespace(
        open_snapshots=aged(5.0, None, 1.0), lists=SimpleNamespace(ages=lambda: levels)
    )
    connections: Any = SimpleNamespace(all=lambda: {HUB: connection})
    assert snapshot_ages(connections) == {
        ("shop/hub", "project"): 5.0,
        ("shop/hub", "user"): 70.0,
        ("shop/hub", "space"): 4.0,
    }
