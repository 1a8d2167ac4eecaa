"""The body of a start, strict as seed 000 (ExecutionSpecification) says; resolves nothing.

Members are accepted under the API's own names only. `null` means the same as absent.
"""

import re
from datetime import datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
    model_validator,
)

# java.time.Instant.parse of Java 8: a full date and time, and Z
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
# java.time.Duration.parse: days and time only
_DURATION = re.compile(
    r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?",
    re.ASCII | re.IGNORECASE,
)
_UNIT_SECONDS = (86_400, 3_600, 60, 1)


def instant(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 date such as 2020-08-22T15:00:25Z.

    Raises:
        ValueError: for any other form.
    """
    if not _INSTANT.fullmatch(text):
        message = "must be a date in ISO 8601 UTC format such as 2020-08-22T15:00:25Z"
        raise ValueError(message)
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")


def duration(text: str) -> float:
    """Seconds of an ISO 8601 duration such as P2DT3H4M.

    Raises:
        ValueError: for any other form.
    """
    found = _DURATION.fullmatch(text)
    if not found:
        message = "must be an ISO 8601 duration of days and time such as PT15M"
        raise ValueError(message)
    amounts = (float(amount or 0) for amount in found.groups())
    return sum(amount * unit for amount, unit in zip(amounts, _UNIT_SECONDS, strict=True))


def _checked_instant(text: str) -> str:
    instant(text)
    return text


def _checked_duration(text: str) -> str:
    duration(text)
    return text


Word = Annotated[str, StringConstraints(min_length=1)]
Arguments = Annotated[tuple[str, ...], Field(max_length=100)]


class Part(BaseModel):
    """What all parts share: unknown members and coerced types are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, serialize_by_alias=True
    )


class TestAssetReference(Part):
    """The test: by name or by id, in a branch."""

    __test__ = False  # the name begins like a test class; pytest must not collect it

    name: Word | None = None
    asset_id: Word | None = Field(default=None, alias="assetId")
    revision: Word
    requested_version: Word | None = Field(default=None, alias="requestedVersion")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.name is None and self.asset_id is None:
            message = "must specify either name or assetId"
            raise ValueError(message)
        return self


class Scheduled(Part):
    """Later, once: at a date or after a duration."""

    at: Annotated[str, AfterValidator(_checked_instant)] | None = None
    after: Annotated[str, AfterValidator(_checked_duration)] | None = Field(
        default=None, alias="in"
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.at is not None and self.after is not None:
            message = "must not specify both at and in"
            raise ValueError(message)
        return self

    def due(self, now: float) -> float:
        """Seconds since the epoch; may be past."""
        if self.at is not None:
            return instant(self.at)
        return now + (duration(self.after) if self.after is not None else 0)


class AdvancedSettings(Part):
    """Overrides of the product's defaults."""

    jvm_arguments: Arguments | None = Field(default=None, alias="jvmArguments")
    program_arguments: Arguments | None = Field(default=None, alias="programArguments")
    environment_variables: dict[str, str] | None = Field(default=None, alias="environmentVariables")
    configuration: dict[str, JsonValue] | None = None


class DataSource(Part):
    """A data source of the test."""

    asset_id: str | None = Field(default=None, alias="assetId")
    asset_name: str | None = Field(default=None, alias="assetName")


class DataSourceReplacement(Part):
    """A data set of the server."""

    dataset_id: str | None = Field(default=None, alias="datasetId")


class DataSourceOverride(Part):
    """Use `replacement` instead of `source`."""

    source: DataSource | None = None
    replacement: DataSourceReplacement | None = None


class AgentSpec(Part):
    """An agent of the server, by id or host name."""

    id: str | None = None
    host_name: str | None = Field(default=None, alias="hostName")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.id is None and self.host_name is None:
            message = "must specify either id or hostName"
            raise ValueError(message)
        return self


class AgentOverrideSpec(Part):
    """Use `replacement` instead of the test's own `source`."""

    source: str
    replacement: AgentSpec


class AgentOverride(Part):
    """A remote location: an agent."""

    agent_override: AgentOverrideSpec = Field(alias="agentOverride")


class DockerExecutionSpec(Part):
    """A docker host; the id `*` means any."""

    id: str | None = None
    host_name: str | None = Field(default=None, alias="hostName")
    resource_name: str | None = Field(default=None, alias="resourceName")


class DockerExecution(Part):
    """A remote location: a docker host."""

    docker_execution: DockerExecutionSpec = Field(alias="dockerExecution")


class ExecutionSpecification(Part):
    """What to run and how."""

    test_asset: TestAssetReference = Field(alias="testAsset")
    offline_token: SecretStr = Field(alias="offlineToken", min_length=1)
    tags: tuple[str, ...] | None = None
    scheduled: Scheduled | None = None
    secrets_collection: str | None = Field(default=None, alias="secretsCollection")
    environment: str | None = None
    advanced_settings: AdvancedSettings | None = Field(default=None, alias="advancedSettings")
    variables: dict[str, str] | None = None
    data_sources: tuple[DataSourceOverride, ...] | None = Field(default=None, alias="dataSources")
    resource_monitoring_tags: tuple[str, ...] | None = Field(
        default=None, alias="resourceMonitoringTags"
    )
    remote_locations: tuple[AgentOverride | DockerExecution, ...] | None = Field(
        default=None, alias="remoteLocations"
    )


class StatusUpdate(Part):
    """The body of the internal PATCH status (seed 000, schema ExecStatus)."""

    status: str | None = None
    message: str | None = None


class Operation(Part):
    """One operation of a patch (seed 000, schema Operation)."""

    op: str
    origin: str | None = Field(default=None, alias="from")
    path: str
    value: str | None = None


class Patch(Part):
    """Operations in their wrapper (seed 000, schema JsonPatch)."""

    operations: tuple[Operation, ...]
