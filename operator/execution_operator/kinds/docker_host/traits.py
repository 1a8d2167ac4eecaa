"""What makes a machine a docker host: its members, its TLS material, the server's way to it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, ClassVar, Final

from execution_operator.api.docker_host import DockerConnectionStatus, DockerHost, DockerInfo
from execution_operator.api.reasons import Reason
from execution_operator.kinds.docker_host.connection import is_failure, label, steady, told
from execution_operator.kinds.machines.digest import is_shown
from execution_operator.kinds.machines.seen import Hidden
from execution_operator.kinds.machines.traits import Traits, chosen
from execution_operator.kinds.problems import Problem, problem_of_secret
from execution_operator.reconcile.ports import SecretProblem
from execution_operator.reconcile.status import one_line
from execution_operator.remote.redaction import Redactor
from execution_operator.remote.testhub.machine_wire import ConnectionStatus, DockerHostResource
from execution_operator.remote.testhub.machines import secrets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.kinds.connections import Connection
    from execution_operator.kinds.machines.seen import Memory, Seen
    from execution_operator.reconcile.ports import Clock, Secrets
    from execution_operator.remote.messages import JSON
    from execution_operator.remote.testhub.client import TestHub
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_wire import DockerHostInfo
    from execution_operator.remote.testhub.machines import Machines

_SENT: Final = ("hostName", "ipAddress", "name", "port", "username", "type", "secure")
_UNSUPPORTED: Final = Problem(
    reason=Reason.DOCKER_HOSTS_UNSUPPORTED,
    message=(
        "the server has no docker hosts: its API says so of their path, while it answers otherwise;"
        " use a StaticAgent instead, and delete this object"
    ),
    needs_person=True,
)


@dataclass(frozen=True, slots=True)
class DockerHostTraits(Traits[DockerHost, DockerHostResource]):
    """Docker hosts; their certificates are read when an object is looked at, and kept nowhere."""

    secrets: Secrets
    clock: Clock
    model: ClassVar = DockerHost
    thing: ClassVar = "docker host"
    unreached: ClassVar = Reason.CONNECTION_FAILED
    unsent: ClassVar = "its certificates are about to be sent"
    unsupported: ClassVar = _UNSUPPORTED

    def machines(self, hub: TestHub) -> Machines[DockerHostResource]:
        """The client's part for docker hosts."""
        return hub.docker_hosts

    def name_of(self, wanted: DockerHost) -> str:
        """Its host name, or its address in the one form that it has."""
        spec = wanted.spec
        return (spec.host_name or _one_form(spec.ip_address) or "").lower()

    def is_it(self, wanted: DockerHost, found: DockerHostResource) -> bool:
        """Whether the server's docker host has that host name or address."""
        host, address = wanted.spec.host_name, wanted.spec.ip_address
        if host is not None:
            return found.is_host(host)
        return address is not None and _one_form(found.ip_address) == _one_form(address)

    def members(self, wanted: DockerHost) -> dict[str, JSON]:
        """What the spec sets, under the API's own names (seed 000, DockerHost)."""
        return chosen(wanted.spec, _SENT)

    async def hidden(self, wanted: DockerHost) -> Hidden | Problem:
        """Certificates and key, read now; or why they cannot be used."""
        reference = wanted.spec.tls_secret_ref
        if reference is None:
            return Hidden()
        # Imported only where there is such a Secret: it takes 10 MiB (docs/adr/0007).
        from execution_operator.kinds.docker_host import tls  # noqa: PLC0415 - as said above

        meta = wanted.metadata
        try:
            entries = await self.secrets.entries("Secret", meta.namespace, reference.name)
        except SecretProblem as problem:
            return problem_of_secret(problem)
        now = self.clock.now().utc
        return tls.material(reference.name, entries.values, salt=meta.uid, now=now)

    async def look(
        self, connection: Connection, level: Level, machine_id: str, *, hidden: Hidden | None
    ) -> ConnectionStatus | None:
        """What the server found when it tried to reach it last."""
        found = await connection.hub.docker_hosts.status(level, machine_id)
        return _clean(found, hidden.members if hidden is not None else {})

    async def check(
        self, connection: Connection, wanted: DockerHost, members: Mapping[str, JSON]
    ) -> Problem | None:
        """With spec.testConnection: that the server cannot reach it as it is to be."""
        if not wanted.spec.test_connection:
            return None
        found = _clean(await connection.hub.docker_hosts.test_connection(members), members)
        if not is_failure(found):
            return None
        return _failed(found, "; nothing was changed there (spec.testConnection)")

    def mirrored(self, found: DockerHostResource | None) -> dict[str, object]:
        """Nothing without its key, which some servers repeat: see `linked`."""
        return dict.fromkeys(("connection", "info", "tls_fingerprint")) if found is None else {}

    def linked(self, wanted: DockerHost, seen: Seen) -> dict[str, object]:
        """The server's words on its way to it, what was sent for that, what it says of itself.

        One that cannot be reached said that before, and so did one whose key is not known now.
        """
        fields: dict[str, object] = {}
        if seen.hidden is not None:
            known, sent = seen.hidden.fingerprint, seen.memory.sent or wanted.status.sent
            fields["tls_fingerprint"] = sent if known is not None else None
        link = seen.memory.link
        if link is not None:
            fields["connection"] = (
                _shown(steady(link.said, wanted.status.connection)) if link.said else None
            )
        info = _newest_info(seen)
        if info is not None and seen.hidden is not None:
            fields["info"] = _info(info, Redactor(secrets_of(seen.hidden.members)))
        return fields

    def trouble(
        self, wanted: DockerHost, found: DockerHostResource, memory: Memory
    ) -> Problem | None:
        """That the server does not reach it; before it was asked, what it said last."""
        del found
        if memory.link is not None:
            said = steady(memory.link.said, wanted.status.connection) if memory.link.said else None
        else:
            before = wanted.status.connection
            said = ConnectionStatus(status=before.status, reason=before.reason) if before else None
        return _failed(said) if said is not None and is_failure(said) else None

    def state_of(self, wanted: DockerHost) -> str:
        """See `label`."""
        connection = wanted.status.connection
        if connection is None or not is_shown(wanted, Reason.CONNECTION_FAILED):
            return label(None)
        return label(connection.status)


def _one_form(address: str | None) -> str | None:
    """The address as all servers might write it; what is none stays as it is."""
    try:
        return str(ip_address((address or "").strip())) if address else None
    except ValueError:
        return address


def _failed(found: ConnectionStatus, more: str = "") -> Problem:
    text = (
        f"the server does not reach the docker host: {told(found)}{more}: look at the docker host,"
        " its port and certificates"
    )
    return Problem(reason=Reason.CONNECTION_FAILED, message=text)


def _clean(found: ConnectionStatus, members: Mapping[str, Any]) -> ConnectionStatus:
    """The same without certificates and key in its words, should the server repeat them."""
    hide = Redactor(secrets_of(members))
    return found.model_copy(
        update={
            "status": hide(found.status) if found.status else None,
            "reason": hide(found.reason) if found.reason else None,
        }
    )


def _shown(found: ConnectionStatus) -> DockerConnectionStatus:
    return DockerConnectionStatus(
        status=one_line(found.status) if found.status else None,
        reason=one_line(found.reason) if found.reason else None,
    )


def _newest_info(seen: Seen) -> DockerHostInfo | None:
    """What it says of itself, by the server's last try to reach it or else by the lists."""
    said = seen.memory.link.said if seen.memory.link is not None else None
    if said is not None and said.info is not None:
        return said.info
    return seen.machine.info if isinstance(seen.machine, DockerHostResource) else None


def _info(found: DockerHostInfo, hide: Redactor) -> DockerInfo:
    known = {
        name: one_line(hide(value)) if isinstance(value, str) else value
        for name, value in found.model_dump(include=set(DockerInfo.model_fields)).items()
    }
    return DockerInfo.model_validate(known)
