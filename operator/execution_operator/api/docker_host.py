"""DockerHost: a docker host known to the server, and who may use it; the model alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from execution_operator.api.machine import (
    HostName,
    IpAddress,
    MachineObject,
    MachineSpec,
    MachineStatus,
    identity,
)
from execution_operator.api.model import ApiModel, Id, LocalReference, Name, Text, Word
from execution_operator.api.rules import one_of

_PORT = {
    "rule": "self.matches(r'^[1-9][0-9]{0,4}$') && int(self) <= 65535",
    "message": 'write the port as a number from 1 to 65535 in quotes, as "2376"',
}
Port = Annotated[
    str,
    StringConstraints(min_length=1, max_length=5),
    Field(json_schema_extra={"x-kubernetes-validations": [_PORT]}),
]


_TLS = {
    "rule": "!has(self.tlsSecretRef) || (has(self.secure) && self.secure)",
    "message": "set secure: true with tlsSecretRef: the server need not use TLS without it",
}


class DockerHostSpec(
    MachineSpec,
    json_schema_extra=one_of(
        "hostName",
        "ipAddress",
        message="give either hostName or ipAddress, not both",
        also=(_TLS,),
    ),
):
    """Which docker host, how it is reached, and who may use it. Only what is set is sent."""

    host_name: HostName | None = None
    """Its host name, by which it is found on the server; compared in lower case."""
    ip_address: IpAddress | None = None
    """Its IP address, by which it is found where it has no host name."""
    name: Name | None = None
    """What the server calls it, for people."""
    port: Port | None = None
    """The port of its API, in quotes. Usual are "2376" secured and "2375" unsecured."""
    username: Name | None = None
    """The user on the host."""
    secure: bool | None = None
    """Whether the server uses TLS towards it; has to be true with tlsSecretRef."""
    tls_secret_ref: LocalReference | None = None
    """The Secret with ca.crt, tls.crt and tls.key that the server uses towards it."""
    test_connection: bool | None = None
    """Let the server reach it before it is created or changed, and do neither when that fails.
    Default false."""


class DockerConnectionStatus(ApiModel):
    """Whether the server reaches it."""

    status: Text | None = None
    """The server's own word."""
    reason: Text | None = None
    """The server's own words why."""


class DockerInfo(ApiModel):
    """What the docker host says of itself."""

    server: Text | None = None
    """What runs there."""
    version: Text | None = None
    """Its version."""
    api_version: Text | None = None
    """The version of its API."""
    go_version: Text | None = None
    """What it was built with."""
    git_commit: Text | None = None
    """What it was built from."""
    build_date: Text | None = None
    """When it was built."""
    os_arch: Text | None = None
    """Operating system and architecture."""
    experimental: bool | None = None
    """Whether it has experimental features."""


class DockerHostStatus(MachineStatus):
    """What the server says of the docker host."""

    machine_id: Id | None = Field(default=None, alias="dockerHostId")
    """The server's id of it."""
    connection: DockerConnectionStatus | None = None
    """Whether the server reaches it, as last seen."""
    info: DockerInfo | None = None
    """What it says of itself."""
    tls_fingerprint: Word | None = None
    """Changes with what the Secret held when it was sent; tells nothing of it."""

    @property
    def sent(self) -> str | None:
        """The fingerprint of certificates and key as they were sent last."""
        return self.tls_fingerprint


class DockerHost(MachineObject):
    """A remote docker host known to the server, and the projects that may use it."""

    kind: Literal["DockerHost"] = "DockerHost"
    spec: Annotated[
        DockerHostSpec,
        Field(json_schema_extra=identity("serverRef", "space", "hostName", "ipAddress")),
    ]
    """Which docker host, and who may use it."""
    status: DockerHostStatus = DockerHostStatus()
    """What the server says of it; written by the operator."""
