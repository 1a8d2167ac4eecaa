"""What the API server refuses of StaticAgents and DockerHosts, and with what sentence."""

from __future__ import annotations

import functools
import json
import uuid
from typing import Any

import pytest
from kubernetes.aio import client

from support.kube import GROUP, PLURALS, VERSION, Json
from support.refusals import (
    AGENT,
    DOCKER,
    Refused,
    agent,
    create,
    docker_host,
    present,
    sentence_for,
)

NOT_A_HOST = "write the host name without scheme, port and path"
NOT_AN_ADDRESS = "write an IPv4 or IPv6 address"
NOT_A_PORT = 'write the port as a number from 1 to 65535 in quotes, as "2376"'
SECURE = "set secure: true with tlsSecretRef"
ONCE = "give each project once"
HOST_OR_ADDRESS = "give either hostName or ipAddress, not both"
ID_OR_NAME = "give either id or name, not both"
BOTH = {"agent": agent, "docker host": docker_host}


def of_both(what: str, *says: str, **changes: Any) -> dict[str, Refused]:
    return {f"{what} of a {name}": make(*says, **changes) for name, make in BOTH.items()}


HOST_NAMES = {
    f"{name} {text!r}": make(NOT_A_HOST, "spec.hostName", hostName=text)
    for name, make in BOTH.items()
    for text in (
        *("https://h", "h:7443", "h/x", "a b", ".h", "h.", "a..b", "-h", "h-", "ü", "2001:db8::7"),
        *("x" * 64, "me@h"),
    )
}
ADDRESSES = {
    f"{name} {text!r}": make(NOT_AN_ADDRESS, "spec.ipAddress", **fields, ipAddress=text)
    for name, make, fields in (
        ("agent", agent, {}),
        ("docker host", docker_host, {"hostName": None}),
    )
    for text in ("h.example.com", "192.0.2", "192.0.2.256", "192.0.2.7:80", "2001:db8:::7", " ::1")
}
PORTS = {
    f"port {text!r}": docker_host(NOT_A_PORT, "spec.port", port=text)
    for text in ("0", "65536", "99999", "-1", "tcp", "23 7", "2376x", "0x10", "0237")
}
ALTERNATIVES = {
    "a docker host by nothing": docker_host(HOST_OR_ADDRESS, hostName=None),
    "a docker host by both": docker_host(HOST_OR_ADDRESS, ipAddress="192.0.2.7"),
    "an agent without host name": agent("spec.hostName", "Required value", hostName=None),
    **of_both("no server", "spec.serverRef", "Required value", serverRef=None),
    **of_both("a project by id and name", ID_OR_NAME, projects=[{"id": "1", "name": "Shop"}]),
    **of_both("a project by nothing", ID_OR_NAME, projects=[{}]),
    **of_both("an id twice", ONCE, projects=[{"id": "1"}, {"id": "2"}, {"id": "1"}]),
    **of_both("a name twice", ONCE, projects=[{"name": "a"}, {"id": "2"}, {"name": "a"}]),
    **of_both("a space by id and name", ID_OR_NAME, space={"id": "1", "name": "Lab"}),
    **of_both("a space by nothing", ID_OR_NAME, space={}),
}
UNFIT = {
    **{
        f"memory of {text!r}": agent("write the bytes in quotes", "spec.ram", ram=text)
        for text in ("16Gi", "1e9", "-1", "1.5")
    },
    **{
        f"an interval of {text}": agent(
            *("write an interval above 0s", "spec.pollInterval"), pollInterval=text
        )
        for text in ("0s", "00ms", "0h0m")
    },
    "certificates without TLS": docker_host(SECURE, tlsSecretRef={"name": "t"}, secure=False),
    "certificates and nothing of TLS": docker_host(SECURE, tlsSecretRef={"name": "t"}),
}
BOUNDS = {
    **of_both("an empty type", "spec.type", "should be at least 1 chars long", type=""),
    **{
        f"an empty {field}": agent(
            f"spec.{field}", "should be at least 1 chars long", **{field: ""}
        )
        for field in ("version", "operatingSystem", "architecture", "ram", "licenseType")
    },
    **of_both(
        "too many projects",
        *("spec.projects", "at most 50 items"),
        projects=[{"id": str(number)} for number in range(51)],
    ),
    **of_both(
        "an unknown deletion policy",
        *("spec.deletionPolicy", 'supported values: "Delete", "Orphan"'),
        deletionPolicy="Stop",
    ),
    **of_both("a host name too long", "may not be more than 253", hostName="a." * 127),
    **of_both("an empty host name", "should be at least 1 chars long", hostName=""),
    **of_both("a project id too long", "may not be more than 128", projects=[{"id": "1" * 129}]),
    **of_both("a type too long", "may not be more than 1024", type="t" * 1025),
    "too many capabilities": agent(
        *("spec.capabilities", "at most 50 items"), capabilities=[{"name": "java"}] * 51
    ),
    "an unknown category": agent(
        *("spec.capabilities[0].category", 'supported values: "SYSTEM"'),
        capabilities=[{"category": "OTHER"}],
    ),
    "a version too long": agent(*("spec.version", "may not be more than 128"), version="1" * 129),
    "a weight too large": agent(
        "weight", capabilities=[{"value": [{"capability": [{"weight": 2**31}]}]}]
    ),
    "a poll interval without unit": agent(
        *("spec.pollInterval", "write a duration"), pollInterval="5"
    ),
    "a port too long": docker_host("may not be more than 5", port="023760"),
    "an empty port": docker_host("should be at least 1 chars long", port=""),
    "a port that is a number": docker_host("spec.port", "must be of type string", port=2376),
    "a secret without name": docker_host(
        *("spec.tlsSecretRef.name", "Required value"), tlsSecretRef={}
    ),
}
ALLOWED = {
    "agent": agent(),
    "agent with everything": agent(
        hostName="LOADGEN_1",
        space={"name": "Lab"},
        ipAddress="2001:db8::7",
        type="PERF",
        version="11.0.7",
        operatingSystem="Linux",
        architecture="amd64",
        ram="17179869184",
        licenseType="x",
        pollInterval="5s",
        capabilities=[
            {
                "key": "java",
                "name": "Java",
                "category": "SYSTEM",
                "value": [{"capability": [{"key": "k", "value": "v", "weight": -1}]}],
            }
        ],
        projects=[{"id": "1"}, {"name": "1"}, {"id": "2"}],
        deletionPolicy="Orphan",
    ),
    "agent by address": agent(hostName="192.0.2.7"),
    "agent with the longest projects": agent(
        projects=[{"name": f"{number:0253}"} for number in range(50)]
    ),
    "docker host": docker_host(),
    "docker host with everything": docker_host(
        hostName=None,
        ipAddress="192.0.2.7",
        space={"id": "demo"},
        name="Docker 1",
        port="2376",
        username="ci",
        type="x",
        secure=True,
        tlsSecretRef={"name": "docker-tls"},
        projects=[{"id": "1050"}],
        testConnection=True,
        deletionPolicy="Delete",
    ),
    "docker host, last port": docker_host(port="65535"),
    "docker host, first port": docker_host(port="1"),
    "docker host with TLS and no certificates": docker_host(secure=True),
    "agent, shortest interval": agent(pollInterval="0s1ms"),
}


def rows(*tables: dict[str, Refused]) -> pytest.MarkDecorator:
    table = {name: row for one in tables for name, row in one.items()}
    return pytest.mark.parametrize("row", table.values(), ids=table.keys())


@pytest.fixture
def refusal(api):
    return functools.partial(sentence_for, api)


@rows(HOST_NAMES, ADDRESSES, PORTS, ALTERNATIVES, UNFIT)
async def test_what_is_wrong_is_refused_with_what_to_write(refusal, row):
    sentence = await refusal(row)
    assert [part for part in row.says if part not in sentence] == [], sentence
    assert "evaluating rule" not in sentence


@rows(BOUNDS)
async def test_what_is_too_much_is_refused_with_its_bound(refusal, row):
    sentence = await refusal(row)
    assert [part for part in row.says if part not in sentence] == [], sentence


@rows(ALLOWED)
async def test_what_is_allowed_is_taken_and_has_a_status(api, row):
    stored = await create(api, row)
    assert stored["spec"] == row.spec
    assert stored["status"] == {"observedGeneration": -1}


class Stored:
    """An object that the API server has, and changes of it that it is asked for."""

    def __init__(self, api: client.ApiClient, kind: str, spec: Json) -> None:
        self._custom = client.CustomObjectsApi(api)
        self._plural = PLURALS[kind]
        self._body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, "spec": present(spec)}
        self._name = f"m-{uuid.uuid4().hex[:8]}"

    async def replaced(self, spec: Json) -> Json:
        """What the API server makes of a changed spec."""
        body = self._body | {"metadata": {"name": self._name}}
        place = (GROUP, VERSION, "default", self._plural)
        found = await self._custom.create_namespaced_custom_object(*place, body)
        return await self._custom.replace_namespaced_custom_object(
            *place, self._name, found | {"spec": present(spec)}, dry_run="All"
        )


IMMUTABLE = {
    "an agent's server": ("StaticAgent", AGENT, {"serverRef": {"name": "other"}}, "serverRef"),
    "an agent's host name": ("StaticAgent", AGENT, {"hostName": "other"}, "hostName"),
    "an agent's new space": ("StaticAgent", AGENT, {"space": {"id": "1"}}, "space"),
    "an agent's space": (
        *("StaticAgent", AGENT | {"space": {"id": "1"}}),
        *({"space": {"id": "2"}}, "space"),
    ),
    "an agent's space taken away": (
        *("StaticAgent", AGENT | {"space": {"id": "1"}}),
        *({"space": None}, "space"),
    ),
    "a docker host's server": ("DockerHost", DOCKER, {"serverRef": {"name": "other"}}, "serverRef"),
    "a docker host's host name": ("DockerHost", DOCKER, {"hostName": "other"}, "hostName"),
    "a docker host's host name for an address": (
        *("DockerHost", DOCKER),
        *({"hostName": None, "ipAddress": "192.0.2.7"}, "ipAddress"),
    ),
    "a docker host's new space": ("DockerHost", DOCKER, {"space": {"name": "Lab"}}, "space"),
}
MUTABLE = {
    "the case of an agent's host name": (
        "StaticAgent",
        AGENT,
        {"hostName": "LoadGen-1.Example.com"},
    ),
    "the case of a docker host's host name": (
        *("DockerHost", DOCKER),
        {"hostName": "DOCKER-1.example.com"},
    ),
    "agent": (
        *("StaticAgent", AGENT),
        {"version": "2", "projects": [{"id": "1"}], "deletionPolicy": "Orphan", "ram": "1"},
    ),
    "docker host": (
        *("DockerHost", DOCKER),
        {"port": "2375", "secure": False, "name": "x", "testConnection": True},
    ),
}


@pytest.mark.parametrize(
    ("kind", "before", "change", "field"), IMMUTABLE.values(), ids=IMMUTABLE.keys()
)
async def test_what_it_is_found_by_cannot_be_changed(api, kind, before, change, field):
    with pytest.raises(client.ApiException) as refused:
        await Stored(api, kind, before).replaced(before | change)
    sentence = json.loads(refused.value.body)["message"]
    assert f"spec.{field} cannot be changed after creation: create a new object" in sentence


@pytest.mark.parametrize(("kind", "before", "change"), MUTABLE.values(), ids=MUTABLE.keys())
async def test_everything_else_may_be_changed(api, kind, before, change):
    stored = await Stored(api, kind, before).replaced(before | change)
    assert stored["spec"] == before | change
