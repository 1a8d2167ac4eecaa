"""Whether and when a finished object is deleted: never what GitOps would create again; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.reasons import ConditionType
from execution_operator.kinds.test_execution.actions import Action, Expire
from execution_operator.reconcile.kind import Plan

if TYPE_CHECKING:
    from execution_operator.api.model import Condition, Metadata
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now

_REST: Final[Plan[Action]] = Plan()
_HOOKS: Final = ("argocd.argoproj.io/hook", "helm.sh/hook")
_ARGO_TRACKING: Final = "argocd.argoproj.io/tracking-id"
_FLUX: Final = ("kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")
_NOT_APPLIED: Final = "; ttlAfterFinished is not applied: "


def tracker(metadata: Metadata, instance_label: str | None) -> str | None:
    """The GitOps tool that would create the object, and so run the test, again; None: none would.

    A hook is created for one sync alone and does not come back.

    Args:
        metadata: the object's.
        instance_label: the label by which an Argo CD without tracking-id tracks; None: it does not.
    """
    if any(metadata.annotations.get(name) for name in _HOOKS):
        return None
    by_label = instance_label is not None and instance_label in metadata.labels
    if _ARGO_TRACKING in metadata.annotations or by_label:
        return "Argo CD"
    if any(label.startswith(_FLUX) for label in metadata.labels):
        return "Flux"
    return None


def expiring(wanted: TestExecution, seen: Seen, now: Now) -> Plan[Action]:
    """Delete what has been over for long enough; what is paused is left alone."""
    ttl, over = wanted.spec.ttl_after_finished, wanted.status.condition(ConditionType.COMPLETED)
    kept = wanted.metadata.is_deleted or wanted.metadata.is_paused or seen.tracked_by is not None
    if ttl is None or over is None or kept:
        return _REST
    # By our own clock: the server's may be wrong, and decides about its own times only.
    left = (over.last_transition_time + ttl - now.utc).total_seconds()
    return Plan(action=Expire()) if left <= 0 else Plan(look_again=left)


def not_applied(wanted: TestExecution, seen: Seen) -> str:
    """Why ttlAfterFinished does nothing, to be put after what else is said; empty when it does."""
    if wanted.spec.ttl_after_finished is None or seen.tracked_by is None:
        return ""
    tool = seen.tracked_by
    return f"{_NOT_APPLIED}{tool} tracks this object and would create it, and run the test, again"


def told(wanted: TestExecution, seen: Seen) -> tuple[Condition, ...]:
    """The conditions of a finished object, of which Completed says what holds of its ttl now."""
    known, over = wanted.status.conditions, wanted.status.condition(ConditionType.COMPLETED)
    if over is None:
        return known
    text = over.message.partition(_NOT_APPLIED)[0] + not_applied(wanted, seen)
    changed = over.model_copy(update={"message": text})
    return tuple(changed if one is over else one for one in known)
