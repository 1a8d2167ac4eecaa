"""A control plane from start to end; knows nothing of command lines, builds and processes."""

import os
import secrets
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cluster import commands
from cluster.addresses import HOST, held_port
from cluster.binaries import Binaries, make_available
from cluster.certificates import Certificates, make_certificates
from cluster.commands import Files, Ports
from cluster.errors import ClusterError
from cluster.kubeconfig import Login, kubeconfig, write_private
from cluster.kubectl import Kubectl
from cluster.probe import Probe, wait_until
from cluster.report import Report
from cluster.servers import Server, Servers, open_servers

START_SECONDS = 120
TOKEN_DURATION = "24h"  # noqa: S105 - how long, not the token
# The first two are the API server's own doing, the last one is the controller manager's.
_SIGNS_OF_LIFE = (
    "/api/v1/namespaces/default",
    "/api/v1/namespaces/kube-system",
    "/api/v1/namespaces/default/serviceaccounts/default",
)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the methods of a control plane work with."""

    servers: Servers
    api_server: Server
    controller_manager: Server
    probe: Probe
    kubectl: Kubectl
    authority: bytes


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A running control plane.

    Attributes:
        url: of the API server.
        ca_file: the certificate to trust it by.
        kubeconfig: the admin's login.
        folder: everything it has written, logs too; removed at its end.
        kubectl: the program.
    """

    url: str
    ca_file: Path
    kubeconfig: Path
    folder: Path
    kubectl: Path
    _parts: _Parts = field(repr=False)

    def run_kubectl(
        self, *args: str, stdin: str | None = None, kubeconfig: Path | None = None
    ) -> str:
        """Run kubectl as the admin, or with another kubeconfig, and return its standard output.

        Raises:
            KubectlError: it failed; one line with what it wrote to standard error.
        """
        kubectl = self._parts.kubectl
        if kubeconfig is not None:
            kubectl = replace(kubectl, kubeconfig=kubeconfig)
        return kubectl.run(args, stdin=stdin)

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """Write a kubeconfig with a new token of the ServiceAccount, which must be there.

        Only we can read the file; the token is valid for a day.

        Raises:
            KubectlError: there is no such ServiceAccount.
        """
        token = self.run_kubectl(
            *("create", "token", name, f"--namespace={namespace}", f"--duration={TOKEN_DURATION}")
        ).strip()
        # A namespace has no dot in its name, so no two accounts share a file.
        path = self.folder / f"{namespace}.{name}.kubeconfig"
        login = Login(self.url, self._parts.authority, user=name, token=token, namespace=namespace)
        write_private(path, kubeconfig(login))
        return path

    def check(self) -> None:
        """See that all servers run.

        Raises:
            ClusterError: one has ended by itself; with the last lines of its log.
        """
        self._parts.servers.check()

    def stop_api_server(self) -> None:
        """Take the API server away: its port refuses connections. etcd keeps the data.

        The controller manager goes with it: after an outage of 20 s it would be idle for a minute.

        Raises:
            ClusterError: it does not run.
        """
        self._parts.servers.stop(self._parts.controller_manager.name)
        self._parts.servers.stop(self._parts.api_server.name)

    def start_api_server(self) -> None:
        """Bring the API server back at the same url, and wait until it is ready.

        Raises:
            ClusterError: it runs already, or does not become ready.
        """
        _start(self._parts)


@contextmanager
def control_plane(
    *, report: Report | None = None, binaries: Binaries | None = None
) -> Iterator[ControlPlane]:
    """Start etcd, kube-apiserver and kube-controller-manager; stop them at the end.

    They also stop when this process ends without getting there, even by SIGKILL.

    Args:
        report: whom to tell; by default standard error.
        binaries: the programs; by default they are found or built.

    Raises:
        ClusterError: the programs are not to be had, or a server does not become ready.
    """
    report = report or Report()
    binaries = binaries or make_available(os.environ, report)
    with ExitStack() as stack:
        ports = Ports(*(stack.enter_context(held_port()) for _ in range(3)))
        servers = stack.enter_context(open_servers())
        files = Files(servers.folder)
        report.say(f"starting etcd, kube-apiserver, kube-controller-manager in {servers.folder}")
        certificates = make_certificates()
        token = secrets.token_urlsafe()
        _write_files(files, certificates, login=_admin(ports, certificates, token))
        servers.start(commands.etcd(binaries, files, ports))
        parts = _Parts(
            servers,
            commands.api_server(binaries, files, ports),
            commands.controller_manager(binaries, files),
            probe=Probe(ports.api_server, token, _trust(certificates)),
            kubectl=Kubectl(binaries.kubectl, files.kubeconfig, servers.folder / "kubectl-cache"),
            authority=certificates.authority,
        )
        _start(parts)
        url = _url(ports)
        report.say(f"ready at {url}")
        yield ControlPlane(
            url,
            files.authority,
            files.kubeconfig,
            folder=servers.folder,
            kubectl=binaries.kubectl,
            _parts=parts,
        )


def _start(parts: _Parts) -> None:
    parts.servers.start(parts.api_server)
    _await(parts, parts.api_server, paths=("/readyz",))
    parts.servers.start(parts.controller_manager)
    _await(parts, parts.controller_manager, paths=_SIGNS_OF_LIFE)


def _await(parts: _Parts, server: Server, *, paths: tuple[str, ...]) -> None:
    for path in paths:
        try:
            wait_until(
                partial(parts.probe.finds, path),
                limit_seconds=START_SECONDS,
                check=parts.servers.check,
            )
        except TimeoutError as exc:
            last = parts.servers.last_lines(server.name)
            message = f"cannot start {server.name}: {exc}; its log ends: {last}"
            raise ClusterError(message) from exc
        except ClusterError as exc:
            message = f"cannot start {server.name}: {exc}"
            raise ClusterError(message) from exc


def _url(ports: Ports) -> str:
    return f"https://{HOST}:{ports.api_server}"


def _admin(ports: Ports, certificates: Certificates, token: str) -> Login:
    return Login(_url(ports), certificates.authority, user=commands.ADMIN, token=token)


def _trust(certificates: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificates.authority.decode())


def _write_files(files: Files, certificates: Certificates, *, login: Login) -> None:
    files.authority.write_bytes(certificates.authority)
    files.server_certificate.write_bytes(certificates.server)
    write_private(files.server_key, certificates.server_key)
    write_private(files.service_account_key, certificates.service_account_key)
    write_private(files.tokens, commands.tokens_csv(login.token))
    write_private(files.kubeconfig, kubeconfig(login))
