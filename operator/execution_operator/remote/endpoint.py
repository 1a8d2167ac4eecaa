"""Where a server is and how it is reached: values alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from execution_operator.remote.addresses import HostPolicy


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is and how it is reached; URLs are normalised, times are seconds.

    Attributes:
        ca_bundle: PEM text of the only authorities trusted; None trusts the public ones.
        request_seconds: bounds a request from connecting to the last byte of the answer.
    """

    base_url: str
    ca_bundle: str | None = None
    insecure_skip_verify: bool = False
    proxy_url: str | None = None
    connect_seconds: float = 10.0
    request_seconds: float = 30.0
    hosts: HostPolicy = field(default_factory=HostPolicy)
