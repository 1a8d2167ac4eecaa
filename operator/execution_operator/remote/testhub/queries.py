"""What a call's query says: which runs and assets to list, how to stop a run.

The names are those of seed 000, of the Test Hub API where it says more. It does no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from execution_operator.remote.testhub.wire import ACTIVE_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Which runs of a project to list: those that match every part that is set.

    Attributes:
        status: the API's words, or ALL; always sent, since date filters may lift the default.
        tags: a run must have them all; of the other tuples one value suffices.
        scheduled_before, scheduled_after: aware, about the expected start.
        completed_before, completed_after, completed_not_set_or_after: aware, about the end.
        include_data: ask for what the API calls additional information.
    """

    status: tuple[str, ...] = ACTIVE_WORDS
    tags: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    asset_ids: tuple[str, ...] = ()
    asset_paths: tuple[str, ...] = ()
    asset_external_types: tuple[str, ...] = ()
    scheduled_before: datetime | None = None
    scheduled_after: datetime | None = None
    completed_before: datetime | None = None
    completed_after: datetime | None = None
    completed_not_set_or_after: datetime | None = None
    include_data: bool = False

    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values.

        Raises:
            ValueError: a value has a comma, which the API takes for two values.
        """
        lists: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("execution.status", self.status or ("ALL",)),
            ("tag", self.tags),
            ("environment", self.environments),
            ("asset.id", self.asset_ids),
            ("asset.path", self.asset_paths),
            ("asset.externalType", self.asset_external_types),
        )
        moments = (
            ("scheduledDateBefore", self.scheduled_before),
            ("scheduledDateAfter", self.scheduled_after),
            ("completionDateBefore", self.completed_before),
            ("completionDateAfter", self.completed_after),
            ("completionDateNotSetOrAfter", self.completed_not_set_or_after),
        )
        listed = tuple((name, _comma_list(name, values)) for name, values in lists if values)
        dated = tuple((name, _instant(moment)) for name, moment in moments if moment)
        return (*listed, *dated, *((("include", "data"),) if self.include_data else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFilter:
    """Which test assets of a project to list."""

    name: str | None = None
    revision: str | None = None
    asset_id: str | None = None
    asset_types: str = "EXECUTABLE"

    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values."""
        parts = (
            ("assetTypes", self.asset_types),
            ("name", self.name),
            ("revision", self.revision),
            ("assetIds", self.asset_id),
            ("deployable", "true"),
        )
        return tuple((name, value) for name, value in parts if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopOptions:
    """How to stop a run; the defaults are the API's own."""

    timeout_seconds: int = 30
    execute_finally_block: bool = True
    capture_results: bool = True

    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values."""
        return (
            ("stopTimeoutSecs", str(self.timeout_seconds)),
            ("executeFinallyBlock", _flag(self.execute_finally_block)),
            ("captureResults", _flag(self.capture_results)),
        )


def _comma_list(name: str, values: tuple[str, ...]) -> str:
    if any("," in value for value in values):
        message = f"cannot filter by {name}: a value with a comma cannot be asked for"
        raise ValueError(message)
    return ",".join(values)


def _instant(moment: datetime) -> str:
    """Write a moment in the form every Java server reads: whole seconds, UTC, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _flag(value: bool) -> str:  # noqa: FBT001 - the value itself is what is written
    return "true" if value else "false"
