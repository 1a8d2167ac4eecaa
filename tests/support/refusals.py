"""Specs that the API server refuses, and what it says to them; nothing is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes.aio import client

from support.kube import GROUP, PLURALS, VERSION, Json

RUN: Json = {
    "serverRef": {"name": "hub"},
    "project": {"id": "1050"},
    "testAsset": {"name": "Shop/Tests/Smoke.testsuite", "revision": "main"},
}
TOKEN: Json = {"name": "hub-token", "key": "token"}
HUB: Json = {"url": "https://hub.example.com/test", "offlineTokenSecretRef": TOKEN}
LAB: Json = {"url": "https://lab.example.com", "securityTokenSecretRef": TOKEN}
AGENT: Json = {"serverRef": {"name": "hub"}, "hostName": "loadgen-1.example.com"}
DOCKER: Json = {"serverRef": {"name": "hub"}, "hostName": "docker-1.example.com"}


@dataclass(frozen=True)
class Refused:
    """A spec and the parts of the sentence with which it is refused."""

    spec: Json
    says: tuple[str, ...]
    kind: str = "TestExecution"


def run(*says: str, **changes: Any) -> Refused:
    return Refused(RUN | changes, says)


def server(*says: str, **changes: Any) -> Refused:
    return Refused({"testHub": HUB} | changes, says, "ExecutionServer")


def hub(*says: str, **changes: Any) -> Refused:
    return server(*says, testHub=HUB | changes)


def agent(*says: str, **changes: Any) -> Refused:
    return Refused(present(AGENT | changes), says, "StaticAgent")


def docker_host(*says: str, **changes: Any) -> Refused:
    return Refused(present(DOCKER | changes), says, "DockerHost")


def present(spec: Json) -> Json:
    """A spec without the fields that are None."""
    return {name: value for name, value in spec.items() if value is not None}


async def create(api: client.ApiClient, row: Refused) -> Json:
    """What the API server would store."""
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": row.kind, "metadata": {"name": "one"}}
    return await client.CustomObjectsApi(api).create_namespaced_custom_object(
        GROUP, VERSION, "default", PLURALS[row.kind], body | {"spec": row.spec}, dry_run="All"
    )


async def sentence_for(api: client.ApiClient, row: Refused) -> str:
    """What the API server says to a spec; fails if it would take it."""
    with pytest.raises(client.ApiException) as refused:
        await create(api, row)
    assert refused.value.status == 422
    return json.loads(refused.value.body)["message"]
