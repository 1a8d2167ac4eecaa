"""From the spec to the body of a start (seed 000, ExecutionSpecification); pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def body(spec: TestExecutionSpec, tags: Iterable[str]) -> dict[str, Any]:
    """The specification under the API's own names, with our tags beside the user's.

    The offline token is not in it: the client adds it to the one request that needs it.
    """
    dumped = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    chosen = {name: dumped[name] for name in _SENT if name in dumped}
    if spec.scheduled is not None and spec.scheduled.at is not None:
        chosen["scheduled"] = {"at": _utc(spec.scheduled.at)}
    return chosen | {"tags": [*spec.tags, *tags]}


def _utc(moment: str) -> str:
    """The same moment with Z: the only zone that the API's parser surely takes."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unsupported(spec: TestExecutionSpec) -> str | None:
    """What the operator does not do yet, as a sentence; None when it does all of it."""
    locations = spec.remote_locations or ()
    by_reference = any(
        (one.agent_override and one.agent_override.replacement.static_agent_ref)
        or (one.docker_execution and one.docker_execution.docker_host_ref)
        for one in locations
    )
    asked = {
        "requires": spec.requires,
        "variablesFrom": spec.variables_from,
        "remoteLocations with staticAgentRef or dockerHostRef": by_reference,
        "completion: Running": spec.completion == "Running",
        "retry": spec.retry,
        "ttlAfterFinished": spec.ttl_after_finished,
    }
    names = [name for name, value in asked.items() if value]
    if not names:
        return None
    return f"not supported yet: spec.{', spec.'.join(names)}; create the object without"
