"""Opens clients of Test Hubs: from an ExecutionServer's blueprint to transport, limits, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.model import KeyReference
from execution_operator.reconcile.ports import ObjectsUnavailable, SecretProblem
from execution_operator.remote.addresses import HostPolicy
from execution_operator.remote.bucket import RateLimit
from execution_operator.remote.endpoint import Endpoint
from execution_operator.remote.errors import Unauthorized, Unreachable
from execution_operator.remote.hosts import Hosts
from execution_operator.remote.testhub.client import TestHub
from execution_operator.remote.transport import Transport

if TYPE_CHECKING:
    from execution_operator.kinds.connections import Blueprint
    from execution_operator.reconcile.ports import Clock, Key, KeyValues
    from execution_operator.remote.transport import RequestMeter
    from execution_operator.settings import Settings


class TestHubs:
    """Makes clients that share limiter and breaker per host."""

    __test__ = False

    def __init__(
        self, settings: Settings, secrets: KeyValues, *, clock: Clock, meter: RequestMeter
    ) -> None:
        self._policy = HostPolicy(
            allowed_hosts=tuple(map(str.lower, settings.allowed_server_hosts)),
            allow_loopback=settings.allow_loopback,
        )
        self._refusal_seconds = settings.secret_period.total_seconds()
        self._secrets = secrets
        self._clock = clock
        self._meter = meter
        self._hosts = Hosts(self._monotonic)

    def __call__(self, key: Key, blueprint: Blueprint) -> TestHub:
        """A client for the ExecutionServer of that key; nothing is sent yet."""
        endpoint = Endpoint(
            base_url=blueprint.url,
            ca_bundle=blueprint.ca_bundle,
            insecure_skip_verify=blueprint.insecure_skip_verify,
            proxy_url=blueprint.proxy_url,
            connect_seconds=blueprint.connect_seconds,
            request_seconds=blueprint.request_seconds,
            hosts=self._policy,
        )
        limit = RateLimit(blueprint.requests_per_second, blueprint.burst)
        transport = Transport(
            endpoint,
            lane=self._hosts.lane(blueprint.url, limit, proxy_url=blueprint.proxy_url),
            meter=self._meter,
            server=f"{key.namespace}/{key.name}",
        )
        name, secret_key = blueprint.token_place
        reference = KeyReference(name=name, key=secret_key)

        async def offline_token(fresh: bool) -> str:  # noqa: FBT001 - the client's signature
            try:
                value = await self._secrets.secret(key.namespace, reference, fresh=fresh)
            except SecretProblem as problem:
                raise Unauthorized(str(problem)) from problem
            except ObjectsUnavailable as problem:
                raise Unreachable(str(problem)) from problem
            return value.get_secret_value()

        return TestHub(
            transport,
            offline_token,
            clock=self._monotonic,
            refusal_seconds=self._refusal_seconds,
        )

    def _monotonic(self) -> float:
        return self._clock.now().monotonic
