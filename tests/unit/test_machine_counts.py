"""How agents and docker hosts are counted for metrics."""

from __future__ import annotations

import pytest

from execution_operator.api.static_agent import StaticAgent
from execution_operator.kinds.counts import machines_by_server
from execution_operator.kinds.machines.digest import digest_of
from execution_operator.kinds.static_agent.traits import AgentTraits
from support.docker_hosts import RECORDED, TRAITS, docker_host


def host(word: str | None):
    connection = {"connection": {"status": word}} if word else {"connection": None}
    wanted = docker_host(status={**RECORDED, **connection})
    return digest_of(wanted, host="docker-1", state=TRAITS.state_of(wanted))


def agent(word: str | None):
    wanted = StaticAgent.model_validate(
        {
            "metadata": {"name": "loadgen", "namespace": "shop", "uid": "a1"},
            "spec": {"serverRef": {"name": "hub"}, "hostName": "loadgen-1"},
            "status": {"state": word},
        }
    )
    return digest_of(wanted, host="loadgen-1", state=AgentTraits().state_of(wanted))


def test_each_kind_is_counted_by_server_and_word():
    known = [host("SUCCESS"), host("success"), host("FAILURE"), agent("BUSY"), agent("LOST")]
    assert machines_by_server(known, "DockerHost") == {
        ("shop/hub", "SUCCESS"): 2,
        ("shop/hub", "FAILURE"): 1,
    }
    assert machines_by_server(known, "StaticAgent") == {
        ("shop/hub", "BUSY"): 1,
        ("shop/hub", "LOST"): 1,
    }


@pytest.mark.parametrize("make", [host, agent], ids=["docker host", "agent"])
@pytest.mark.parametrize(("word", "label"), [("BLAU", "other"), (None, "unknown")])
def test_a_servers_own_words_make_no_labels(make, word, label):
    ((_, shown),) = {
        **machines_by_server([make(word)], "DockerHost"),
        **machines_by_server([make(word)], "StaticAgent"),
    }
    assert shown == label
