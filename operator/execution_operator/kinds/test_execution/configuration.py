"""What a running execution is told of advancedSettings.configuration, and when; pure.

The API cannot take a configuration away: a name that is left out stays there as it was.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.problems import Problem
    from execution_operator.kinds.test_execution.seen import Seen


def configuration_of(wanted: TestExecution) -> dict[str, str]:
    """What the spec asks for."""
    settings = wanted.spec.advanced_settings
    return dict(settings.configuration or {}) if settings else {}


def told(wanted: TestExecution) -> str | None:
    """What stands for the spec's configuration in the status; None for an empty one."""
    asked = configuration_of(wanted)
    if not asked:
        return None
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def known_to_server(wanted: TestExecution, seen: Seen) -> str | None:
    """What the run was started with or told last, as far as anybody knows."""
    recorded = wanted.status.execution.configuration if wanted.status.execution else None
    return seen.memory.configured or recorded


def is_to_tell(wanted: TestExecution, seen: Seen) -> bool:
    """Whether an active run does not know the spec's configuration, and may take it."""
    asked = told(wanted)
    stopping = wanted.status.stop_request is not None or seen.memory.stop_sent
    if asked is None or stopping or seen.memory.run is None:
        return False
    return asked != known_to_server(wanted, seen) and refusal(wanted, seen) is None


def refusal(wanted: TestExecution, seen: Seen) -> Problem | None:
    """Why the server did not take the configuration that the spec asks for now."""
    refused = seen.memory.refused_configuration
    return refused.problem if refused is not None and refused.told == told(wanted) else None


def differing(asked: Mapping[str, str], current: Mapping[str, str]) -> dict[str, str]:
    """What has to be sent: a run may be deployed anew by it, so nothing that it knows."""
    return {name: value for name, value in asked.items() if current.get(name) != value}
