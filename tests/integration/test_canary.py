"""Canaries: tokens and variables' values show nowhere, whatever servers and people do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest
from kubernetes.aio import client

from execution_simulator import Simulator, serve
from execution_simulator.faults import AnswerStatus, EchoRequest, LoseAnswer, StatusWord
from execution_simulator.scripts import Match, Script
from support.kube import GROUP, PLURALS, VERSION, condition, until
from support.leaks import leaks

if TYPE_CHECKING:
    from support.kube import Json, Namespace
    from support.operator_process import OperatorProcess

pytestmark = pytest.mark.executed

OFFLINE = 'can"ary/0ffl1ne+tök en&%41'
WRONG = "wr0ng-c4nary/t0ken+=="
VALUE = 'v4riable"c4nary\\s/ecret'
SOURCED = 's0urced"c4nary\\v/alue+ü'
SHORT = "c4n7"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
QUICK = {"transition_seconds": 0.1, "run_seconds": 0.3, "stop_seconds": 0.1}


class Recorded(SystemRandom):
    """Where the simulator's access tokens come from: so they are known."""

    def __init__(self) -> None:
        super().__init__()
        self.access: list[str] = []

    def getrandbits(self, k: int, /) -> int:
        number = super().getrandbits(k)
        if k == 192:
            self.access.append(f"access-{number:048x}")
        return number


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def simulator(recorded: Recorded) -> Simulator:
    made = Simulator(random=recorded)
    made.tokens.add(OFFLINE)
    tell = f"the agent got {OFFLINE} and {VALUE} and {SOURCED} and {SHORT}"
    made.scripts.replace(
        [
            Script(name="slow", match=Match(tag="slow"), run_seconds=60, stop_seconds=0.1),
            Script(name="fails", match=Match(tag="fails"), verdict="FAIL", message=tell, **QUICK),
            Script(
                name="breaks",
                match=Match(tag="breaks"),
                end_status="LAUNCH_FAILED",
                message=tell,
                **QUICK,
            ),
            Script(message=tell, **QUICK),
        ]
    )
    made.change(echo_request=True, access_token_seconds=1.0)
    return made


@pytest.fixture
async def places(namespace, start, simulator, hub_url) -> dict[str, str]:
    """All text that can be read by others after runs of all sorts, by where it stands."""
    operator = await start(outage_period="300ms")
    await operator.leading()
    await namespace.secret("hub-token", token=OFFLINE)
    await namespace.secret("wrong-token", token=WRONG)
    await namespace.secret("passwords", password=SOURCED, pin=SHORT)
    await namespace.config_map("settings", setting=SOURCED[::-1])
    await namespace.server(hub_url)
    await namespace.server(hub_url, "wrong", token="wrong-token")
    await asyncio.gather(
        _ordinary_runs(namespace),
        _deleted_run(namespace),
        _refused_run(namespace),
        _server_of_its_own(
            namespace, simulator, "start", [EchoRequest(operation="start_execution")]
        ),
        _server_of_its_own(
            namespace,
            simulator,
            "doubt",
            [
                EchoRequest(operation="start_execution", status=500),
                LoseAnswer(operation="start_execution"),
            ],
        ),
        _server_of_its_own(
            namespace, simulator, "token", [EchoRequest(operation="exchange_token", times=2)]
        ),
        _server_of_its_own(
            namespace,
            simulator,
            "list",
            [
                AnswerStatus(
                    operation="list_executions", status=502, message=OFFLINE + SOURCED, times=3
                ),
                StatusWord(operation="list_executions", word=f"GOT {SOURCED}", times=5),
                StatusWord(operation="list_executions", word=f"GOT {OFFLINE}", times=5),
                AnswerStatus(operation="get_execution", status=500, message=VALUE + SOURCED),
                AnswerStatus(operation="get_result", status=403, message=OFFLINE),
            ],
        ),
    )
    return await _shown(namespace, operator)


async def _ordinary_runs(namespace: Namespace) -> None:
    await asyncio.gather(
        _run(namespace, "passes"), _run(namespace, "fails"), _run(namespace, "breaks")
    )


async def _deleted_run(namespace: Namespace) -> None:
    await _create(namespace, "slow")
    await namespace.phase("slow", "Running")
    await namespace.delete("TestExecution", "slow")
    await namespace.gone("TestExecution", "slow")


async def _refused_run(namespace: Namespace) -> None:
    await _create(namespace, "unwanted", "wrong")
    await namespace.condition("ExecutionServer", "wrong", "Ready", "False", "Unauthorized")
    await namespace.condition("TestExecution", "unwanted", "Accepted", "False", "ServerNotReady")


async def _server_of_its_own(namespace, like: Simulator, name: str, faults: list) -> None:
    """A run on a server with faults; each has its host, for a breaker is a host's."""
    server = Simulator()
    server.tokens, server.scripts = like.tokens, like.scripts
    server.faults.replace(faults)
    async with serve(server) as url:
        await namespace.server(url, name)
        await _run(namespace, name, name)
        assert any(planted.struck for planted in server.faults)


async def _create(namespace: Namespace, name: str, server: str = "hub") -> None:
    await namespace.run(
        name,
        serverRef={"name": server},
        tags=[name],
        variables={"password": VALUE},
        variablesFrom=[
            {"secretRef": {"name": "passwords", "prefix": "SECRET_"}},
            {"configMapRef": {"name": "settings"}},
        ],
    )


async def _run(namespace: Namespace, name: str, server: str = "hub") -> None:
    await _create(namespace, name, server)
    await namespace.finished(name)


async def _shown(namespace: Namespace, operator: OperatorProcess) -> dict[str, str]:
    events = await until(lambda: namespace.core.list_namespaced_event(namespace.name), "events")
    leases = await client.CoordinationV1Api(namespace.api).list_namespaced_lease(namespace.name)
    process = Path(f"/proc/{operator.process.pid}")
    places = {
        "the events": str(events.to_dict()),
        "the leases": str(leases.to_dict()),
        "the log": "\n".join(json.dumps(line) for line in operator.lines),
        "the metrics": await asyncio.to_thread(operator.metrics),
        "the command line": process.joinpath("cmdline").read_text(),
        "the environment": process.joinpath("environ").read_text(),
    }
    for plural in PLURALS.values():
        found = await namespace.custom.list_namespaced_custom_object(
            GROUP, VERSION, namespace.name, plural
        )
        for one in found["items"]:
            text = json.dumps(_without_what_was_asked_for(one))
            places[f"{one['kind']} {one['metadata']['name']}"] = text
    return places


def _without_what_was_asked_for(found: Json) -> Json:
    """The object without spec.variables, which people write there themselves."""
    spec = {name: value for name, value in found["spec"].items() if name != "variables"}
    annotations = found["metadata"].get("annotations", {})
    kept = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
    return found | {"spec": spec, "metadata": found["metadata"] | {"annotations": kept}}


async def test_no_token_is_shown_anywhere(places, recorded):
    access = {f"access token {number}": one for number, one in enumerate(recorded.access)}
    assert access
    assert leaks(places, {"the offline token": OFFLINE, "the wrong token": WRONG} | access) == []


async def test_no_value_of_a_variable_is_shown_anywhere(places):
    sourced = {"the Secret's": SOURCED, "its short one": SHORT, "the ConfigMap's": SOURCED[::-1]}
    assert leaks(places, {"the value": VALUE} | sourced) == []


async def test_the_values_that_are_searched_for_were_sent(places, simulator):
    assert places
    for request in simulator.requests.read("start_execution"):
        assert request.body["variables"] == {
            "password": VALUE,
            "SECRET_password": SOURCED,
            "SECRET_pin": SHORT,
            "setting": SOURCED[::-1],
        }


async def test_the_search_sees_what_servers_say(places):
    """Else the tests above would find nothing because nothing was shown."""
    assert "the agent got *** and *** and *** and ***" in places["TestExecution fails"]
    assert "the agent got ***" in places["the events"]
    assert "cannot process the request" in places["TestExecution start"]
    assert places["the log"]
    assert "execution_operator_reconcile_total" in places["the metrics"]
    assert "execution_operator" in places["the command line"]
    assert places["the leases"].count("holder_identity") == 1


def test_conditions_are_searched_with_their_messages():
    found = {
        "spec": {"variables": {"a": VALUE}},
        "metadata": {},
        "status": {"conditions": [{"type": "Ready", "message": VALUE}]},
    }
    assert condition(_without_what_was_asked_for(found), "Ready")["message"] == VALUE
    assert leaks({"it": json.dumps(_without_what_was_asked_for(found))}, {"v": VALUE})
