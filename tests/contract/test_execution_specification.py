"""What a start sends, beside the schema ExecutionSpecification of seed 000, field by field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from execution_operator.kinds.test_execution.specification import body
from execution_operator.remote.testhub.protocol import start_execution
from support.runs import run

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = {
    # ExecutionSpecification
    "testAsset": "object",
    "offlineToken": "string",
    "tags": "array",
    "tags[]": "string",
    "scheduled": "object",
    "secretsCollection": "string",
    "environment": "string",
    "advancedSettings": "object",
    "variables": "object",
    "dataSources": "array",
    "resourceMonitoringTags": "array",
    "resourceMonitoringTags[]": "string",
    "remoteLocations": "array",
    # testAsset, as its description says
    "testAsset.name": "string",
    "testAsset.assetId": "string",
    "testAsset.revision": "string",
    "testAsset.requestedVersion": "string",
    # Scheduled
    "scheduled.at": "string",
    "scheduled.in": "string",
    # AdvancedSettings; the members of objects are names of the user's
    "advancedSettings.jvmArguments": "array",
    "advancedSettings.jvmArguments[]": "string",
    "advancedSettings.programArguments": "array",
    "advancedSettings.programArguments[]": "string",
    "advancedSettings.environmentVariables": "object",
    "advancedSettings.environmentVariables.*": "string",
    "advancedSettings.configuration": "object",
    "advancedSettings.configuration.*": "string",
    "variables.*": "string",
    # DataSourceOverride, DataSource, DataSourceReplacement
    "dataSources[]": "object",
    "dataSources[].source": "object",
    "dataSources[].source.assetId": "string",
    "dataSources[].source.assetName": "string",
    "dataSources[].replacement": "object",
    "dataSources[].replacement.datasetId": "string",
    # RemoteLocation: AgentOverride, AgentOverrideSpec, AgentSpec
    "remoteLocations[]": "object",
    "remoteLocations[].agentOverride": "object",
    "remoteLocations[].agentOverride.source": "string",
    "remoteLocations[].agentOverride.replacement": "object",
    "remoteLocations[].agentOverride.replacement.id": "string",
    "remoteLocations[].agentOverride.replacement.hostName": "string",
    # RemoteLocation: DockerExecution, DockerExecutionSpec
    "remoteLocations[].dockerExecution": "object",
    "remoteLocations[].dockerExecution.id": "string",
    "remoteLocations[].dockerExecution.hostName": "string",
    "remoteLocations[].dockerExecution.resourceName": "string",
}
LOOKED_UP = {"testAsset.name"}
"""Never sent: a name is looked up, and the id that was found is sent in its place."""
MAPS = {"variables", "advancedSettings.environmentVariables", "advancedSettings.configuration"}
TYPES = {dict: "object", list: "array", str: "string"}

FULL: dict[str, Any] = {
    "testAsset": {"name": "Shop/A.testsuite", "revision": "main", "requestedVersion": "22bd240"},
    "tags": ["nightly"],
    "secretsCollection": "team",
    "environment": "staging",
    "advancedSettings": {
        "jvmArguments": ["-Xmx1g"],
        "programArguments": ["--fast"],
        "environmentVariables": {"TZ": "UTC"},
        "configuration": {"browser.name": "edge"},
    },
    "variables": {"user": "demo"},
    "dataSources": [
        {"source": {"assetId": "d1"}, "replacement": {"datasetId": "501"}},
        {"source": {"assetName": "Shop/Data"}, "replacement": {"datasetId": "502"}},
    ],
    "resourceMonitoringTags": ["cpu"],
    "remoteLocations": [
        {"agentOverride": {"source": "here", "replacement": {"id": "5"}}},
        {"agentOverride": {"source": "there", "replacement": {"hostName": "agent"}}},
        {"dockerExecution": {"id": "*"}},
        {"dockerExecution": {"hostName": "docker"}},
        {"dockerExecution": {"resourceName": "Big one"}},
    ],
}
SCHEDULES = ({"at": "2026-12-01T15:00:25Z"}, {"in": "PT15M"})


def posted(schedule: dict[str, str]) -> dict[str, Any]:
    """The body that leaves for a spec that fills every field."""
    spec = run(spec=FULL | {"scheduled": schedule}).spec
    sent = body(spec, ["ours"], asset_id="a1", variables={"user": "demo", "password": "x"})
    request = start_execution("1050", sent, offline_token="offline")
    assert request.body is not None
    found: dict[str, Any] = json.loads(request.body)
    return found


def fields(value: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Every field of a body and its type."""
    if path:
        yield path, TYPES[type(value)]
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from fields(inner, f"{path}.{'*' if path in MAPS else name}".lstrip("."))
    if isinstance(value, list):
        for inner in value:
            yield from fields(inner, f"{path}[]")


def test_a_full_spec_sends_every_field_of_the_schema_with_its_type():
    sent = {field for schedule in SCHEDULES for field in fields(posted(schedule))}
    assert sent == {field for field in SCHEMA.items() if field[0] not in LOOKED_UP}


@pytest.mark.parametrize("schedule", SCHEDULES, ids=["at", "in"])
def test_values_are_sent_unchanged(schedule):
    assert posted(schedule) == FULL | {
        "testAsset": {"assetId": "a1", "revision": "main", "requestedVersion": "22bd240"},
        "tags": ["nightly", "ours"],
        "variables": {"user": "demo", "password": "x"},
        "scheduled": schedule,
        "offlineToken": "offline",
    }


def test_every_field_of_our_resource_that_the_api_has_is_filled():
    wanted = {name for name in SCHEMA if "." not in name and "[" not in name} - {"offlineToken"}
    assert wanted == {*FULL, "scheduled"}
