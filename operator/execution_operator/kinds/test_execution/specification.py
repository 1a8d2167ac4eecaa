"""From the spec to the body of a start (seed 000, ExecutionSpecification); pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from execution_operator.api.test_execution import TestExecutionSpec

_SENT: Final = (
    "testAsset",
    "environment",
    "secretsCollection",
    "scheduled",
    "variables",
    "dataSources",
    "resourceMonitoringTags",
    "remoteLocations",
    "advancedSettings",
)


def body(
    spec: TestExecutionSpec,
    tags: Iterable[str],
    *,
    asset_id: str,
    variables: Mapping[str, str],
) -> dict[str, Any]:
    """The specification under the API's own names, with our tags beside the user's.

    The offline token is not in it: the client adds it to the one request that needs it.

    Args:
        spec: what was asked for.
        tags: our own.
        asset_id: the test asset; a name was looked up, for some servers call it otherwise than
            by its path (remote-apis.md, open points).
        variables: all of them, those from Secrets and ConfigMaps too.
    """
    dumped = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    chosen = {name: dumped[name] for name in _SENT if name in dumped}
    chosen["testAsset"] = {"assetId": asset_id} | {
        name: value for name, value in chosen["testAsset"].items() if name != "name"
    }
    if variables:
        chosen["variables"] = dict(variables)
    if spec.scheduled is not None and spec.scheduled.at is not None:
        chosen["scheduled"] = {"at": _utc(spec.scheduled.at)}
    return chosen | {"tags": [*spec.tags, *tags]}


def _utc(moment: str) -> str:
    """The same moment with Z: the only zone that the API's parser surely takes."""
    there = datetime.fromisoformat(moment).astimezone(UTC)
    return there.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def refusal(spec: TestExecutionSpec) -> str | None:
    """Why there is never going to be a run of this, as a sentence; None when there may be one."""
    return _impossible(spec) or unsupported(spec)


def _impossible(spec: TestExecutionSpec) -> str | None:
    """What the schema lets through and still is nothing."""
    at = spec.scheduled.at if spec.scheduled else None
    try:
        _utc(at or "2026-12-01T15:00:25Z")
    except (ValueError, OverflowError):
        return f"spec.scheduled.at: there is no moment {at}: create a new TestExecution"
    return None


def unsupported(spec: TestExecutionSpec) -> str | None:
    """What the operator does not do yet, as a sentence; None when it does all of it."""
    asked = {
        "requires": spec.requires,
    }
    names = [name for name, value in asked.items() if value]
    if not names:
        return None
    return f"not supported yet: spec.{', spec.'.join(names)}; create the object without"
