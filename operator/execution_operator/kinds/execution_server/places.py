"""Says where in the cluster the thing is that a problem with a server is about; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from execution_operator.api.reasons import Reason

if TYPE_CHECKING:
    from execution_operator.api.execution_server import ExecutionServerSpec
    from execution_operator.api.model import KeyReference
    from execution_operator.kinds.problems import Problem

_ABOUT_THE_TOKEN = frozenset({Reason.UNAUTHORIZED, Reason.LICENSE_REFUSED, Reason.FORBIDDEN})


def with_places(problem: Problem | None, spec: ExecutionServerSpec) -> Problem | None:
    """The problem, and which Secret's key or ConfigMap's key it is about."""
    place = _place(problem.reason, spec) if problem is not None else None
    if problem is None or place is None:
        return problem
    return replace(problem, message=f"{problem.message} ({place})")


def _place(reason: Reason, spec: ExecutionServerSpec) -> str | None:
    bundle = spec.tls.ca_bundle if spec.tls else None
    if reason in _ABOUT_THE_TOKEN and spec.test_hub is not None:
        return _named("the token", "Secret", spec.test_hub.offline_token_secret_ref)
    if reason is not Reason.TLS_VERIFICATION_FAILED or bundle is None:
        return None
    if bundle.config_map_ref is not None:
        return _named("the CA bundle", "ConfigMap", bundle.config_map_ref)
    if bundle.secret_ref is not None:
        return _named("the CA bundle", "Secret", bundle.secret_ref)
    return None


def _named(what: str, kind: str, reference: KeyReference) -> str:
    return f'{what} is key "{reference.key}" of {kind} "{reference.name}"'
