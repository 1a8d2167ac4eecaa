"""What a run is asked to do, under the Test Hub API's own names (seed 000, Schemas)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from execution_operator.api.model import (
    INSTANT_PATTERN,
    ISO_DURATION_PATTERN,
    ApiModel,
    Id,
    LocalReference,
    Name,
    matching,
)
from execution_operator.api.rules import one_of

Argument = Annotated[str, StringConstraints(max_length=1024)]
VariableValue = Annotated[str, StringConstraints(max_length=4096)]
Tag = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    Field(json_schema_extra=matching("^[^,]+$", "a tag has no comma: write two tags")),
]
Path = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


def names(rule: str, message: str) -> dict[str, object]:
    """A rule for each name of a map, written about `name`."""
    return {"x-kubernetes-validations": [{"rule": f"self.all(name, {rule})", "message": message}]}


VariableValues = Annotated[
    dict[str, VariableValue],
    Field(
        max_length=200,
        json_schema_extra=names("size(name) > 0", "a variable has a name: write one"),
    ),
]

TAG_PREFIX = "execution-operator."
"""What the operator's own tags begin with; users' tags may not."""


class TestAsset(
    ApiModel,
    json_schema_extra=one_of("name", "assetId", message="give testAsset by name or by assetId"),
):
    """The test to run; by name or by assetId, exactly one."""

    name: Path | None = None
    """The full repository path of the asset, such as
    RegressionTests/Project/Tests/BasicFlows.testsuite."""
    asset_id: Id | None = None
    """The server's id of the asset."""
    revision: Path
    """The branch."""
    requested_version: Id | None = None
    """A commit of that branch. Default: the newest."""


class Scheduled(
    ApiModel,
    json_schema_extra={
        "x-kubernetes-validations": [
            {
                "rule": "has(self.at) != has(self.__in__)",
                "message": "give scheduled.at or scheduled.in, not both",
            }
        ]
    },
):
    """When to run; exactly one of at and in. Default: at once."""

    at: (
        Annotated[
            str,
            StringConstraints(max_length=64),
            Field(
                json_schema_extra=matching(
                    INSTANT_PATTERN, "write a moment such as 2026-12-01T15:00:25Z"
                )
            ),
        ]
        | None
    ) = None
    """A moment, such as 2026-12-01T15:00:25Z."""
    in_: (
        Annotated[
            str,
            StringConstraints(max_length=32),
            Field(
                json_schema_extra=matching(
                    ISO_DURATION_PATTERN, "write a duration in ISO 8601, such as PT15M or P1DT2H"
                )
            ),
        ]
        | None
    ) = Field(default=None, alias="in")
    """A time from the start, in ISO 8601: PT15M."""


class VariablesReference(ApiModel):
    """A Secret or ConfigMap in the same namespace, or one key of it."""

    name: Name
    """Its name."""
    key: Name | None = None
    """Only this key. Default: all keys."""
    prefix: Annotated[str, StringConstraints(max_length=128)] | None = None
    """What is put before each key to make the variable's name."""
    optional: bool = False
    """Go on without it when it is not there. Default false."""


class VariablesSource(
    ApiModel,
    json_schema_extra=one_of("configMapRef", "secretRef", message="give configMapRef or secretRef"),
):
    """Where variables come from; exactly one."""

    config_map_ref: VariablesReference | None = None
    """A ConfigMap."""
    secret_ref: VariablesReference | None = None
    """A Secret."""


class DataSource(
    ApiModel,
    json_schema_extra=one_of(
        "assetId", "assetName", message="give the data source by assetId or by assetName"
    ),
):
    """A data source that the test names."""

    asset_id: Id | None = None
    """Its asset id."""
    asset_name: Path | None = None
    """Its full repository path."""


class DataSourceReplacement(ApiModel):
    """What is used in its place."""

    dataset_id: Id
    """The server's id of a dataset."""


class DataSourceOverride(ApiModel):
    """A data source and what is used in its place."""

    source: DataSource
    """The data source that the test names."""
    replacement: DataSourceReplacement
    """The dataset to use."""


class AgentReplacement(
    ApiModel,
    json_schema_extra=one_of(
        "id", "hostName", "staticAgentRef", message="give one of id, hostName and staticAgentRef"
    ),
):
    """An agent of the server; exactly one."""

    id: (
        Annotated[
            Id,
            Field(
                json_schema_extra={
                    "x-kubernetes-validations": [
                        {
                            "rule": "self != '*'",
                            "message": "* stands for any docker host, not for any agent:"
                            " give the id of one",
                        }
                    ]
                }
            ),
        ]
        | None
    ) = None
    """Its id."""
    host_name: Name | None = None
    """Its host name."""
    static_agent_ref: LocalReference | None = None
    """A StaticAgent in the same namespace."""


class AgentOverride(ApiModel):
    """An agent that the test names and what is used in its place."""

    source: Name
    """The location's host name in the test."""
    replacement: AgentReplacement
    """The agent to use."""


class DockerExecution(
    ApiModel,
    json_schema_extra=one_of(
        "id",
        "hostName",
        "resourceName",
        "dockerHostRef",
        message="give one of id, hostName, resourceName and dockerHostRef",
    ),
):
    """A docker host of the server; exactly one."""

    id: Id | None = None
    """Its id; * is any."""
    host_name: Name | None = None
    """Its host name."""
    resource_name: Name | None = None
    """Its name as the server shows it."""
    docker_host_ref: LocalReference | None = None
    """A DockerHost in the same namespace."""


class RemoteLocation(
    ApiModel,
    json_schema_extra=one_of(
        "agentOverride", "dockerExecution", message="give agentOverride or dockerExecution"
    ),
):
    """Where a part of the test runs; exactly one."""

    agent_override: AgentOverride | None = None
    """An agent in the place of another."""
    docker_execution: DockerExecution | None = None
    """A docker host."""


class AdvancedSettings(ApiModel):
    """What overrides the product's defaults; see the server's own documentation."""

    jvm_arguments: Annotated[tuple[Argument, ...], Field(max_length=50)] | None = None
    """Arguments of the Java virtual machine."""
    program_arguments: Annotated[tuple[Argument, ...], Field(max_length=50)] | None = None
    """Arguments of the program."""
    environment_variables: (
        Annotated[
            dict[str, Argument],
            Field(
                max_length=100,
                json_schema_extra=names(
                    "size(name) > 0 && !name.contains('=')",
                    "an environment variable has a name, without =: correct it",
                ),
            ),
        ]
        | None
    ) = None
    """Environment variables of the execution process."""
    configuration: Annotated[dict[str, Argument], Field(max_length=100)] | None = None
    """Configuration settings; a change is sent to the running execution, which may deploy it anew.
    A name that is left out stays there as it was: the server has no way to take one away."""
