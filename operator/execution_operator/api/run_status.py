"""What a TestExecution's status tells of its run, of earlier attempts and of the result."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from execution_operator.api.model import ApiModel, Id, Instant, Name, Text, Url, Word


class Execution(ApiModel):
    """The run on the server."""

    id: Id | None = None
    """The server's id of the execution."""
    result_id: Id | None = None
    """The server's id of its result."""
    result_url: Annotated[Url | None, Field(alias="resultURL")] = None
    """The result, for a browser."""
    status: Word | None = None
    """The server's own word for where it is."""
    message: Text | None = None
    """The server's own words about it."""
    submitted_at: Instant | None = None
    """When the server accepted it."""
    server: Url | None = None
    """The normalised URL of the server that has it."""
    project_id: Id | None = None
    """The project that has it."""
    configuration: Word | None = None
    """What stands for the advancedSettings.configuration that the server was told last."""


class StopRequest(ApiModel):
    """That the run is to be stopped, and why; recorded before the server is asked."""

    reason: Literal["StoppedByRequest", "QueueTimeout", "RunTimeout"]
    """Who wants it: spec.cancel, or one of spec.timeouts."""
    time: Instant
    """Since when."""


class TestCounts(ApiModel):
    """How many tests there were, from the result's JUnit view."""

    total: int
    """All."""
    passed: int
    """Those that passed."""
    failed: int
    """Those that failed."""
    errors: int
    """Those that ended in an error."""
    skipped: int
    """Those that were skipped."""


class Attempt(ApiModel):
    """An attempt that the infrastructure ended."""

    attempt: int
    """Its number, from 1."""
    execution_id: Id | None = None
    """The server's id of it."""
    reason: Word | None = None
    """Why it ended."""
    completion_time: Instant | None = None
    """When it was seen ended; the backoff counts from then."""


class Report(ApiModel):
    """A report of the result."""

    name: Name
    """What it is called."""
    url: Url
    """Where it is; on the server's own host."""
