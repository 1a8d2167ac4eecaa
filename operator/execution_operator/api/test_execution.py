"""TestExecution: one run of one test asset; the model alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from execution_operator.api.model import (
    ApiModel,
    ByIdOrName,
    Duration,
    Id,
    Instant,
    LocalReference,
    Name,
    Resource,
    Status,
    Word,
)
from execution_operator.api.rules import immutable
from execution_operator.api.run_specification import (
    TAG_PREFIX,
    AdvancedSettings,
    DataSourceOverride,
    RemoteLocation,
    Scheduled,
    Tag,
    TestAsset,
    VariablesSource,
    VariableValues,
)
from execution_operator.api.run_status import Attempt, Execution, Report, StopRequest, TestCounts


class Phase(StrEnum):
    """Where a run is."""

    PENDING = "Pending"
    SCHEDULED = "Scheduled"
    SUBMITTING = "Submitting"
    IN_TRANSITION = "InTransition"
    RUNNING = "Running"
    STOPPING = "Stopping"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"
    ERROR = "Error"
    LOST = "Lost"

    @property
    def is_terminal(self) -> bool:
        """Whether the run is over; a terminal phase is never left."""
        return self in _TERMINAL


_TERMINAL = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.STOPPED, Phase.ERROR, Phase.LOST})


class Verdict(StrEnum):
    """What the tests said."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    ERROR = "ERROR"
    INCONCLUSIVE = "INCONCLUSIVE"


class Origin(StrEnum):
    """Whose run it is."""

    STARTED = "Started"
    ADOPTED = "Adopted"


class RuleRequirement(ApiModel):
    """What must be in force before the run starts."""

    intercept_rule_ref: LocalReference
    """An InterceptRule in the same namespace."""


class Adoption(ApiModel):
    """A run that is there already."""

    execution_id: Id
    """The server's id of the execution to follow."""


class StopOptions(ApiModel):
    """How a run is stopped; the API's own defaults."""

    timeout_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    """After this the server stops it hard. Default 30."""
    execute_finally_block: bool | None = None
    """Execute the tests' finally blocks. Default true."""
    capture_results: bool | None = None
    """Capture the results in full. Default true."""


class RunTimeouts(ApiModel):
    """How long a run may take."""

    queue: Duration | None = None
    """From creation, or the scheduled time, until it runs. Default: no bound."""
    run: Duration | None = None
    """From then until its end. Default: no bound."""


class Retry(ApiModel):
    """What happens when the infrastructure, never a verdict, ends a run."""

    limit: Annotated[int, Field(ge=0, le=10)]
    """How many more attempts. Default 0."""
    backoff: Duration | None = None
    """How long to wait before the next. Default 30s."""


_TAGS_ARE_NOT_OURS = {
    "rule": f"!has(self.tags) || self.tags.all(t, !t.startsWith('{TAG_PREFIX}'))",
    "message": f"tags that begin with {TAG_PREFIX} are the operator's own: choose another name",
}
_ADOPT_ALONE = {
    "rule": (
        "oldSelf.hasValue() || !has(self.adopt) || (!has(self.scheduled) && !has(self.retry))"
    ),
    "message": "adopt follows a run that is there: leave out scheduled and retry",
    "optionalOldSelf": True,
}


class TestExecutionSpec(
    ApiModel, json_schema_extra={"x-kubernetes-validations": [_TAGS_ARE_NOT_OURS]}
):
    """What to run, where, and what counts as success."""

    server_ref: LocalReference
    """The ExecutionServer, in the same namespace."""
    project: ByIdOrName
    """The project on the server; a name is looked up in the server's space."""
    test_asset: TestAsset
    """The test to run."""
    environment: Name | None = None
    """The environment to run in, by name."""
    secrets_collection: Name | None = None
    """The server's secrets collection to use, by id or name."""
    tags: Annotated[
        tuple[Tag, ...],
        Field(max_length=20, json_schema_extra={"x-kubernetes-list-type": "set"}),
    ] = ()
    """Tags of the run on the server. No commas."""
    scheduled: Scheduled | None = None
    """When to run. Default: at once."""
    variables: VariableValues | None = None
    """Variables of the test. They win over variablesFrom; with those, at most 200."""
    variables_from: Annotated[tuple[VariablesSource, ...], Field(max_length=20)] | None = None
    """More variables, read once, when the run is started; a later source wins over an earlier
    one. Their values are hidden wherever the server repeats them."""
    data_sources: Annotated[tuple[DataSourceOverride, ...], Field(max_length=50)] | None = None
    """Data sources in the place of the test's own."""
    resource_monitoring_tags: Annotated[tuple[Word, ...], Field(max_length=50)] | None = None
    """Resource monitoring tags in the place of the test's own."""
    requires: Annotated[tuple[RuleRequirement, ...], Field(max_length=50)] | None = None
    """InterceptRules that must be Ready before the run starts."""
    remote_locations: Annotated[tuple[RemoteLocation, ...], Field(max_length=50)] | None = None
    """Agents and docker hosts to run on."""
    advanced_settings: AdvancedSettings | None = None
    """What overrides the product's defaults."""
    adopt: Adoption | None = None
    """Follow a run that is active already instead of starting one."""
    completion: Literal["Finished", "Running"] | None = None
    """Finished: done when it ends. Running: a stub (virtual service), done when it runs, stopped
    when deleted. Default Finished."""
    accepted_verdicts: (
        Annotated[
            tuple[Verdict, ...],
            Field(min_length=1, max_length=4, json_schema_extra={"x-kubernetes-list-type": "set"}),
        ]
        | None
    ) = None
    """The verdicts that count as success. Default [PASS]."""
    cancel: bool | None = None
    """Stop the run, or never start it. One way: only to true. Leave it out of Git."""
    stop: StopOptions | None = None
    """How the run is stopped."""
    timeouts: RunTimeouts | None = None
    """How long it may take."""
    retry: Retry | None = None
    """What happens when the infrastructure ends it."""
    deletion_policy: Literal["Stop", "Orphan"] | None = None
    """What a deletion does to an active run: stop it, or let it go on. Default Stop."""
    deletion_timeout: Duration | None = None
    """How long a deletion waits for the run's end. Default 10m."""
    ttl_after_finished: Duration | None = None
    """Delete this object so long after its end. Never applied to objects that GitOps tracks.
    Default: never."""


class TestExecutionStatus(Status):
    """Where the run is and how it ended."""

    phase: Phase | None = None
    """Where it is, in one word."""
    verdict: Verdict | None = None
    """What the tests said."""
    attempt: int | None = None
    """The attempt that this speaks of, from 1."""
    origin: Origin | None = None
    """Started by this object, or adopted."""
    execution: Execution | None = None
    """The run on the server."""
    stop_request: StopRequest | None = None
    """That the run is to be stopped, and why."""
    tests: TestCounts | None = None
    """How many tests there were."""
    previous_attempts: Annotated[tuple[Attempt, ...], Field(max_length=10)] = ()
    """Earlier attempts, oldest first."""
    asset: Annotated[str, StringConstraints(max_length=1024)] | None = None
    """Name or id of the test asset."""
    start_time: Instant | None = None
    """When the server began it."""
    completion_time: Instant | None = None
    """When it ended."""
    duration: Word | None = None
    """From start to end."""
    reports: Annotated[
        tuple[Report, ...],
        Field(
            max_length=10,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = ()
    """The result's reports."""


_IMMUTABLE_REMEDY = "once the run is asked for: create a new TestExecution"
_TRANSITIONS = [
    *(
        immutable(field, _IMMUTABLE_REMEDY)
        for field in (
            "serverRef",
            "project",
            "testAsset",
            "environment",
            "secretsCollection",
            "tags",
            "scheduled",
            "variables",
            "variablesFrom",
            "dataSources",
            "resourceMonitoringTags",
            "requires",
            "remoteLocations",
            "completion",
            "acceptedVerdicts",
        )
    ),
    *(
        immutable(f"advancedSettings.{field}", _IMMUTABLE_REMEDY)
        for field in ("jvmArguments", "programArguments", "environmentVariables")
    ),
    {
        "rule": "!has(oldSelf.cancel) || !oldSelf.cancel || (has(self.cancel) && self.cancel)",
        "message": "spec.cancel is one way: a cancelled run stays cancelled,"
        " create a new TestExecution",
    },
    {
        "rule": "!has(oldSelf.adopt) || (has(self.adopt) && self.adopt == oldSelf.adopt)",
        "message": "spec.adopt cannot be changed once it is set: create a new TestExecution",
    },
    _ADOPT_ALONE,
]


class TestExecution(Resource):
    """One run of one test asset. Runs to completion, like a Job."""

    kind: Literal["TestExecution"] = "TestExecution"
    spec: Annotated[
        TestExecutionSpec, Field(json_schema_extra={"x-kubernetes-validations": _TRANSITIONS})
    ]
    """What to run."""
    status: TestExecutionStatus = TestExecutionStatus()
    """Where it is and how it ended; written by the operator."""
