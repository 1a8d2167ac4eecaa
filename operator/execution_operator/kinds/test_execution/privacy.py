"""What of a run's own values must not come back in a server's words; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.remote.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.api.test_execution import TestExecution

_SHORTEST: Final = 8
"""A variable's value that is shorter is a word such as `staging`, and a message would be lost."""


def private_values(wanted: TestExecution) -> tuple[str, ...]:
    """The values of its variables that may be secrets."""
    values = (wanted.spec.variables or {}).values()
    return tuple(value for value in values if len(value) >= _SHORTEST)


def redactor(wanted: TestExecution) -> Callable[[str], str]:
    """Takes these values out of a text, whatever way they are escaped."""
    return Redactor(private_values(wanted))
