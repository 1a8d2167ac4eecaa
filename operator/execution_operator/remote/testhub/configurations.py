"""A run's advanced configurations (seed 000): what to send for them and what comes back; no I/O."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from execution_operator.remote.messages import Priority, Request
from execution_operator.remote.testhub.protocol import segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.remote.answers import Answer

_ANY: Final = "application/json, text/plain;q=0.9, */*;q=0.1"


def get_configurations(project_id: str, execution_id: str) -> Request:
    """Ask for a run's advanced configurations."""
    purpose = f'read the configuration of execution "{execution_id}" of project "{project_id}"'
    return Request(
        operation="get_configurations",
        purpose=purpose,
        method="GET",
        path=_path(project_id, execution_id, purpose),
        priority=Priority.START,
    )


def update_configurations(
    project_id: str, execution_id: str, changes: Mapping[str, str]
) -> Request:
    """Change some, in one request: each may deploy the run anew."""
    purpose = f'change the configuration of execution "{execution_id}" of project "{project_id}"'
    path, first = _path(project_id, execution_id, purpose), next(iter(changes))
    single = len(changes) == 1 and first not in {"", ".", ".."}
    body: object = {"value": changes[first]} if single else dict(changes)
    return Request(
        operation="update_configuration" if single else "update_configurations",
        purpose=purpose,
        method="PATCH",
        path=f"{path}/{segment(first, purpose)}/" if single else path,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        content_type="application/json",
        accept=_ANY,
        priority=Priority.START,
    )


def read_configurations(answer: Answer) -> dict[str, str]:
    """Read them: by name a value, or an object with the value."""
    found = answer.json()
    if not isinstance(found, dict):
        answer.nonsense("the answer is no map of configurations")
    values = {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in found.items()
    }
    return {name: _as_text(value) for name, value in values.items() if value is not None}


def read_changed(answer: Answer) -> None:
    """Return when the server accepted a change."""
    answer.require_success()


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _path(project_id: str, execution_id: str, purpose: str) -> str:
    project, execution = segment(project_id, purpose), segment(execution_id, purpose)
    run = f"/rest/projects/{project}/executions/{execution}"
    return f"{run}/advancedSettings/configurations"
