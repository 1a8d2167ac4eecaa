"""Which agents and docker hosts a run's references mean, and what it waits for."""

from __future__ import annotations

from typing import Any

import pytest

from execution_operator.api.docker_host import DockerHost
from execution_operator.api.reasons import Reason
from execution_operator.api.static_agent import StaticAgent
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.digest import digest_of
from execution_operator.kinds.test_execution.locations import located, referenced
from execution_operator.kinds.test_execution.specification import body
from execution_operator.reconcile.ports import Key
from support.runs import URL, run

AGENT, HOST = Key("StaticAgent", "shop", "loadgen"), Key("DockerHost", "shop", "docker")
BY_AGENT = {
    "agentOverride": {"source": "here", "replacement": {"staticAgentRef": {"name": "loadgen"}}}
}
BY_HOST = {"dockerExecution": {"dockerHostRef": {"name": "docker"}}}
BY_ID = {"dockerExecution": {"id": "*"}}


def wanted(*locations: Any, **more: Any):
    return run(spec={"remoteLocations": list(locations)}, **more)


def ready(status: str = "True", generation: int = 1) -> dict[str, Any]:
    return {
        "type": "Ready",
        "status": status,
        "reason": "Ready" if status == "True" else "AgentLost",
        "message": "" if status == "True" else "it is LOST",
        "observedGeneration": generation,
        "lastTransitionTime": "2026-11-22T09:00:00Z",
    }


def agent(on: str = "hub", *, deleted: bool = False, **status: Any) -> StaticAgent:
    return StaticAgent.model_validate(
        {
            "metadata": {
                "name": "loadgen",
                "namespace": "shop",
                "uid": "a1",
                "generation": 1,
                "deletionTimestamp": "2026-11-22T09:00:00Z" if deleted else None,
            },
            "spec": {"serverRef": {"name": on}, "hostName": "loadgen-1"},
            "status": {"agentId": "101", "server": URL, "conditions": [ready()]} | status,
        }
    )


def host() -> DockerHost:
    return DockerHost.model_validate(
        {
            "metadata": {"name": "docker", "namespace": "shop", "uid": "d1", "generation": 1},
            "spec": {"serverRef": {"name": "hub"}, "hostName": "docker-1"},
            "status": {"dockerHostId": "51", "server": URL, "conditions": [ready()]},
        }
    )


def found(there: Any, *locations: Any):
    objects = {AGENT: there, HOST: host()}
    return located(wanted(*(locations or (BY_AGENT,))), objects.get, url=URL)


def test_references_are_sent_as_ids_in_their_places():
    spec = wanted(BY_ID, BY_AGENT, BY_HOST).spec
    known = found(agent(), BY_ID, BY_AGENT, BY_HOST)
    sent = body(
        spec.model_copy(update={"remote_locations": known}), (), asset_id="a1", variables={}
    )
    assert sent["remoteLocations"] == [
        BY_ID,
        {"agentOverride": {"source": "here", "replacement": {"id": "101"}}},
        {"dockerExecution": {"id": "51"}},
    ]


UNFIT = {
    "not there": (
        None,
        Reason.REFERENCE_NOT_READY,
        'there is no StaticAgent "loadgen" in this namespace: apply it, the run starts then',
    ),
    "not looked at": (agent(conditions=[]), Reason.REFERENCE_NOT_READY, "was not looked at yet"),
    "changed since": (
        agent(conditions=[ready(generation=0)]),
        Reason.REFERENCE_NOT_READY,
        "was not looked at yet",
    ),
    "not ready": (
        agent(conditions=[ready("False")]),
        Reason.REFERENCE_NOT_READY,
        "is not ready: AgentLost: it is LOST",
    ),
    "without id": (agent(agentId=None), Reason.REFERENCE_NOT_READY, "is not on the server yet"),
    "being deleted": (agent(deleted=True), Reason.REFERENCE_NOT_READY, "is being deleted"),
    "on another server": (
        agent("other", server="https://other.example.com"),
        Reason.INVALID_SPEC,
        'is on ExecutionServer "other", this run is on "hub": create a new run whose serverRef',
    ),
    "not yet on another server": (
        agent("other", server=None, conditions=[]),
        Reason.REFERENCE_NOT_READY,
        "was not looked at yet",
    ),
}


@pytest.mark.parametrize(("there", "reason", "says"), UNFIT.values(), ids=UNFIT.keys())
def test_what_cannot_be_used_is_named_with_what_to_do(there, reason, says):
    told = found(there)
    assert isinstance(told, Problem)
    assert told.reason is reason
    assert told.message.startswith("spec.remoteLocations: ")
    assert 'StaticAgent "loadgen"' in told.message
    assert says in told.message


def test_another_connection_to_the_same_server_will_do():
    assert not isinstance(found(agent("second")), Problem)


def test_locations_without_references_need_nothing():
    assert located(wanted(BY_ID), dict[Key, Any]().get, url=None) == (
        wanted(BY_ID).spec.remote_locations
    )


def test_a_run_is_woken_by_each_object_that_it_names_until_its_end():
    assert referenced(wanted(BY_AGENT, BY_HOST, BY_ID, BY_AGENT)) == (AGENT, HOST)
    assert digest_of(wanted(BY_AGENT)).machines == (AGENT,)
    assert digest_of(wanted(BY_AGENT, status={"phase": "Failed"})).machines == ()
