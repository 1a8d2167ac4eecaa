"""ExecutionServer: a connection to an execution server; the model alone."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from execution_operator.api.model import (
    ApiModel,
    ByIdOrName,
    Duration,
    Id,
    KeyReference,
    Resource,
    Status,
    Text,
    Url,
)
from execution_operator.api.rules import one_of


def without_user(field: str, pattern: str, message: str) -> dict[str, object]:
    """A rule for a URL, by way of the object it is in.

    The API server repeats the value that a string's own rule refuses, and a URL that is refused
    for naming a user has a password in it.
    """
    rule = f"!has(self.{field}) || self.{field}.matches(r'{pattern}')"
    return {"rule": rule, "message": message, "fieldPath": f".{field}"}


_SERVER_URL: Final = without_user(
    "url",
    r"^[Hh][Tt][Tt][Pp][Ss]?://[^@\s]+$",
    "write the url as https://host/path, without user and password",
)
_PROXY_URL: Final = without_user(
    "proxyURL", r"^https?://[^@\s]+$", "write the proxy as http://host:port, without user"
)


class TestHubConnection(ApiModel, json_schema_extra={"x-kubernetes-validations": [_SERVER_URL]}):
    """A DevOps Test Hub (also OneTest Server, Rational Test Automation Server)."""

    url: Url
    """Where the server is, with its context path: https://hub.example.com/test for 11.x, no path
    for 10.x. Names no user."""
    offline_token_secret_ref: KeyReference
    """The Secret key that holds the user's offline token (User icon, Create Token)."""
    space: ByIdOrName | None = None
    """The team space in which project names, agents and docker hosts are looked up."""


class PerfectoConnection(ApiModel, json_schema_extra={"x-kubernetes-validations": [_SERVER_URL]}):
    """A Perfecto lab's execution manager."""

    url: Url
    """Where it is: https://acme.executions.perfectomobile.com."""
    security_token_secret_ref: KeyReference
    """The Secret key that holds the security token."""


class CaBundle(
    ApiModel,
    json_schema_extra=one_of("configMapRef", "secretRef", message="give configMapRef or secretRef"),
):
    """Certificates (PEM) that sign the server's; exactly one source."""

    config_map_ref: KeyReference | None = None
    """The ConfigMap key that holds them."""
    secret_ref: KeyReference | None = None
    """The Secret key that holds them."""


class Tls(ApiModel):
    """How the server's certificate is checked."""

    ca_bundle: CaBundle | None = None
    """Who signs it, when no public authority does."""
    insecure_skip_verify: bool = False
    """Do not check it: anybody on the way can read the token. For trying out only. Default
    false."""


class Timeouts(ApiModel):
    """How long requests to the server may take."""

    connect: Duration | None = None
    """Until a connection stands. Default 10s."""
    request: Duration | None = None
    """A whole request with its answer. Default 30s."""


class RateLimit(ApiModel):
    """How many requests the server gets."""

    requests_per_second: Annotated[int, Field(ge=1, le=1000)]
    """In the long run."""
    burst: Annotated[int, Field(ge=1, le=10000)] | None = None
    """At once. Default twice requestsPerSecond."""


_EXACTLY_ONE = {
    "rule": "has(self.testHub) != has(self.perfecto)",
    "message": "give exactly one of testHub and perfecto",
}
_PLAIN_HTTP = {
    "rule": (
        "(has(self.allowPlainHTTP) && self.allowPlainHTTP) ||"
        " !(has(self.testHub) && self.testHub.url.lowerAscii().startsWith('http://') ||"
        " has(self.perfecto) && self.perfecto.url.lowerAscii().startsWith('http://'))"
    ),
    "message": "the url is http, which anybody on the way can read: use https, or set"
    " allowPlainHTTP: true if you mean it",
}


class ExecutionServerSpec(
    ApiModel,
    json_schema_extra={"x-kubernetes-validations": [_EXACTLY_ONE, _PLAIN_HTTP, _PROXY_URL]},
):
    """How to reach an execution server, and how kindly."""

    test_hub: TestHubConnection | None = None
    """A DevOps Test Hub."""
    perfecto: PerfectoConnection | None = None
    """A Perfecto lab."""
    tls: Tls | None = None
    """How its certificate is checked. Default: against the public authorities."""
    allow_plain_http: Annotated[bool, Field(alias="allowPlainHTTP")] = False
    """Allow an http url. Default false."""
    proxy_url: Annotated[Url | None, Field(alias="proxyURL")] = None
    """The HTTP proxy to go through: http://proxy.example.com:3128. It gets no credentials, and
    nothing is taken from the environment."""
    timeouts: Timeouts = Timeouts()
    """How long requests may take."""
    rate_limit: RateLimit = RateLimit(requests_per_second=20, burst=40)
    """How many requests the server gets. Default 20 a second, 40 at once. Servers on one host share
    the largest of their limits."""
    max_active_runs: Annotated[int, Field(ge=1, le=100000)] | None = None
    """How many runs may be active at once; more wait. Default: no bound."""
    poll_interval: Duration | None = None
    """How often active runs are looked at, and agents and docker hosts while they change. Default
    5s."""


class SpaceStatus(ApiModel):
    """The team space in use."""

    id: Id
    """The server's id of it."""
    name: Text | None = None
    """Its name."""


class ExecutionServerStatus(Status):
    """What is known of the connection."""

    url: Url | None = None
    """The normalised URL in use."""
    space: SpaceStatus | None = None
    """The team space in use."""
    active_runs: int | None = None
    """How many runs of TestExecutions are active on it; renewed at most once a minute."""
    waiting_runs: int | None = None
    """How many TestExecutions wait for it; renewed at most once a minute."""


class ExecutionServer(Resource):
    """A connection to an execution server: URL, credentials, TLS, limits."""

    kind: Literal["ExecutionServer"] = "ExecutionServer"
    spec: ExecutionServerSpec
    """How to reach it."""
    status: ExecutionServerStatus = ExecutionServerStatus()
    """What is known of it; written by the operator."""
