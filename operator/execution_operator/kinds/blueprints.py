"""From an ExecutionServer to all that a connection to it depends on; it opens none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.api.model import KeyReference
from execution_operator.kinds.connections import Blueprint
from execution_operator.remote.urls import normalise_base_url, normalise_proxy_url

if TYPE_CHECKING:
    from pydantic import SecretStr

    from execution_operator.api.execution_server import ExecutionServer
    from execution_operator.reconcile.ports import KeyValues

_CONNECT_SECONDS: Final = 10.0
_REQUEST_SECONDS: Final = 30.0
_LEAST_POLL_SECONDS: Final = 0.1


async def blueprint_of(
    wanted: ExecutionServer, secrets: KeyValues, *, poll: float
) -> tuple[Blueprint, SecretStr]:
    """The blueprint, and the offline token of now.

    `poll` is how many seconds apart runs are looked at where the spec does not say it.

    Raises:
        ValueError: the spec cannot be used; one line with what to write instead.
        SecretProblem: the token or the CA bundle is not there, or may not be read.
    """
    spec, namespace = wanted.spec, wanted.metadata.namespace
    if spec.test_hub is None:
        text = "spec.perfecto is not supported yet: use spec.testHub"
        raise ValueError(text)
    token = spec.test_hub.offline_token_secret_ref
    offline_token = await secrets.secret(namespace, token)
    connect, request, interval = spec.timeouts.connect, spec.timeouts.request, spec.poll_interval
    blueprint = Blueprint(
        uid=wanted.metadata.uid,
        url=normalise_base_url(spec.test_hub.url, allow_plain_http=spec.allow_plain_http),
        ca_bundle=await _ca_bundle(wanted, secrets),
        insecure_skip_verify=bool(spec.tls and spec.tls.insecure_skip_verify),
        proxy_url=normalise_proxy_url(spec.proxy_url) if spec.proxy_url else None,
        connect_seconds=connect.total_seconds() if connect else _CONNECT_SECONDS,
        request_seconds=request.total_seconds() if request else _REQUEST_SECONDS,
        requests_per_second=spec.rate_limit.requests_per_second,
        burst=spec.rate_limit.burst or 2 * spec.rate_limit.requests_per_second,
        poll_seconds=max(interval.total_seconds() if interval else poll, _LEAST_POLL_SECONDS),
        token_place=(token.name, token.key),
    )
    return blueprint, offline_token


def url_of(wanted: ExecutionServer) -> str | None:
    """The normalised URL, from the spec alone; None for one that cannot be used."""
    hub = wanted.spec.test_hub
    if hub is None:
        return None
    try:
        return normalise_base_url(hub.url, allow_plain_http=wanted.spec.allow_plain_http)
    except ValueError:
        return None


async def _ca_bundle(wanted: ExecutionServer, secrets: KeyValues) -> str | None:
    bundle = wanted.spec.tls.ca_bundle if wanted.spec.tls else None
    if bundle is None:
        return None
    if bundle.config_map_ref is not None:
        return await secrets.config(wanted.metadata.namespace, bundle.config_map_ref)
    reference = bundle.secret_ref or KeyReference(name="-", key="-")
    value = await secrets.secret(wanted.metadata.namespace, reference)
    return value.get_secret_value()
