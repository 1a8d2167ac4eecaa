"""Every word that a condition may give as its reason; documented in docs/, one enum for all."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ConditionType(StrEnum):
    """What conditions are about."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    SYNCED = "Synced"
    ACCEPTED = "Accepted"
    SUBMITTED = "Submitted"
    SUCCEEDED = "Succeeded"
    COMPLETED = "Completed"
    REACHABLE = "Reachable"
    AUTHENTICATED = "Authenticated"


class Reason(StrEnum):
    """Why a condition is what it is."""

    # The ordinary course of things.
    ACCEPTED = "Accepted"
    SUBMITTED = "Submitted"
    REACHABLE = "Reachable"
    AUTHENTICATED = "Authenticated"
    SYNCED = "Synced"
    READY = "Ready"
    FINISHED = "Finished"
    PENDING = "Pending"
    SUBMITTING = "Submitting"
    SCHEDULED = "Scheduled"
    IN_TRANSITION = "InTransition"
    RUNNING = "Running"
    STOPPING = "Stopping"
    AWAITING_VERDICT = "AwaitingVerdict"
    RETRY_PENDING = "RetryPending"
    STUB_RUNNING = "StubRunning"
    PAUSED = "Paused"
    DELETION_BLOCKED = "DeletionBlocked"

    # What a run waits for or is refused for.
    SERVER_NOT_FOUND = "ServerNotFound"
    SERVER_NOT_READY = "ServerNotReady"
    SECRET_NOT_FOUND = "SecretNotFound"  # noqa: S105 - a reason, not a secret
    SECRET_KEY_MISSING = "SecretKeyMissing"  # noqa: S105 - a reason, not a secret
    REFERENCE_NOT_FOUND = "ReferenceNotFound"
    REFERENCE_NOT_READY = "ReferenceNotReady"
    RULE_NOT_IN_FORCE = "RuleNotInForce"
    WAITING_FOR_CAPACITY = "WaitingForCapacity"
    HOST_NOT_ALLOWED = "HostNotAllowed"
    INVALID_SPEC = "InvalidSpec"

    # How a submission went wrong.
    SUBMIT_FAILED = "SubmitFailed"
    SUBMIT_AMBIGUOUS = "SubmitAmbiguous"
    TOKEN_NOT_UNIQUE = "TokenNotUnique"  # noqa: S105 - a reason, not a secret
    RESTORED_OBJECT = "RestoredObject"
    ALREADY_OWNED = "AlreadyOwned"

    # How a run ended.
    TESTS_PASSED = "TestsPassed"
    TESTS_FAILED = "TestsFailed"
    INCONCLUSIVE = "Inconclusive"
    COMPLETED_WITH_ERROR = "CompletedWithError"
    INCOMPLETE = "Incomplete"
    STOPPED_BY_USER = "StoppedByUser"
    STOPPED_BY_REQUEST = "StoppedByRequest"
    STOPPED_AUTOMATICALLY = "StoppedAutomatically"
    CANCELED = "Canceled"
    LAUNCH_FAILED = "LaunchFailed"
    QUEUE_TIMEOUT = "QueueTimeout"
    RUN_TIMEOUT = "RunTimeout"
    LOST = "Lost"
    NO_VERDICT = "NoVerdict"
    STUB_ENDED = "StubEnded"

    # How the exchange with the server goes.
    SERVER_UNREACHABLE = "ServerUnreachable"
    UNAUTHORIZED = "Unauthorized"
    LICENSE_REFUSED = "LicenseRefused"
    FORBIDDEN = "Forbidden"
    RATE_LIMITED = "RateLimited"
    NOT_FOUND = "NotFound"
    REJECTED = "Rejected"
    PROTOCOL_ERROR = "ProtocolError"
    TLS_VERIFICATION_FAILED = "TLSVerificationFailed"
    SERVER_CHANGED = "ServerChanged"
    CONFLICT = "Conflict"

    # What keeps an agent or a docker host from being used.
    AGENT_LOST = "AgentLost"
    CONNECTION_FAILED = "ConnectionFailed"
    DOCKER_HOSTS_UNSUPPORTED = "DockerHostsUnsupported"


EXCHANGE: Final = frozenset(
    {
        Reason.SERVER_UNREACHABLE,
        Reason.UNAUTHORIZED,
        Reason.LICENSE_REFUSED,
        Reason.FORBIDDEN,
        Reason.RATE_LIMITED,
        Reason.NOT_FOUND,
        Reason.REJECTED,
        Reason.PROTOCOL_ERROR,
        Reason.TLS_VERIFICATION_FAILED,
        Reason.SERVER_CHANGED,
    }
)
"""What is wrong in the exchange with a server, whatever the kind: the reasons of Synced=False."""
