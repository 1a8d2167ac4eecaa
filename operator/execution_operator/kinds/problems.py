"""What went wrong, in the words of the conditions: from errors by meaning to reasons; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.remote import errors

if TYPE_CHECKING:
    from execution_operator.api.model import Resource
    from execution_operator.reconcile.ports import SecretProblem


PASSING: Final = frozenset(Reason(error.reason) for error in errors.PASSING)
"""What is likely to pass: told of an object that is on the server only when it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that keeps an object from going on.

    Attributes:
        reason: for conditions.
        message: for people; one line, stable over repeats.
        needs_person: whether only a change by somebody can mend it.
        retry_after: seconds that the server asked us to wait, if it did.
        cause: the server's own reason, where this one says only that the server is not ready.
    """

    reason: Reason
    message: str
    needs_person: bool = False
    retry_after: float | None = None
    cause: Reason | None = None


def is_stalled(wanted: Resource, reason: Reason) -> bool:
    """Whether the object, as it is wanted now, was told to be stalled for that reason.

    What was waited for in vain before a restart need not be waited for again.
    """
    told = wanted.status.condition(ConditionType.STALLED)
    if told is None or (told.status, told.reason) != ("True", reason):
        return False
    return told.observed_generation == wanted.metadata.generation


def problem_of(error: errors.RemoteError) -> Problem:
    """The problem that a server's answer, or its silence, is."""
    return Problem(
        reason=Reason(error.reason),
        message=str(error),
        needs_person=isinstance(
            error,
            errors.Unauthorized
            | errors.LicenseRefused
            | errors.Forbidden
            | errors.TLSVerificationFailed
            | errors.HostNotAllowed
            | errors.Rejected
            | errors.NotFound,
        ),
        retry_after=error.retry_after,
    )


def problem_of_secret(error: SecretProblem) -> Problem:
    """The problem that a missing Secret, ConfigMap or key is."""
    if error.kind != "Secret":
        return Problem(reason=Reason.REFERENCE_NOT_FOUND, message=str(error))
    reason = Reason.SECRET_KEY_MISSING if error.key_missing else Reason.SECRET_NOT_FOUND
    return Problem(reason=reason, message=str(error))
