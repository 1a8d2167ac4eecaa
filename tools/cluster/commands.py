"""The command lines of the servers and the files they read; knows nothing of starting them."""

from dataclasses import dataclass
from pathlib import Path

from cluster.addresses import HOST
from cluster.binaries import Binaries
from cluster.servers import Server

ADMIN = "admin"
CONTROLLERS = (
    "garbage-collector-controller",
    "namespace-controller",
    "serviceaccount-controller",
    "deployment-controller",
    "replicaset-controller",
)


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on the loopback interface, held with SO_REUSEPORT."""

    etcd: int
    etcd_peers: int
    api_server: int


@dataclass(frozen=True, slots=True)
class Files:
    """Where the files of one control plane are, below its folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate that clients trust."""
        return self.folder / "ca.pem"

    @property
    def server_certificate(self) -> Path:
        """The API server's certificate."""
        return self.folder / "kube-apiserver.pem"

    @property
    def server_key(self) -> Path:
        """The API server's private key."""
        return self.folder / "kube-apiserver.key"

    @property
    def service_account_key(self) -> Path:
        """The private key that signs tokens."""
        return self.folder / "service-account.key"

    @property
    def tokens(self) -> Path:
        """The admin's token, as the API server reads it."""
        return self.folder / "tokens.csv"

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig."""
        return self.folder / "admin.kubeconfig"

    def log(self, name: str) -> Path:
        """Return where a server's output goes."""
        return self.folder / f"{name}.log"


def tokens_csv(token: str) -> str:
    """Return the API server's token file: one user, of the group that may do everything."""
    return f'{token},{ADMIN},{ADMIN},"system:masters"\n'


def etcd(binaries: Binaries, files: Files, ports: Ports) -> Server:
    """Return the store, without syncing to disk: nothing outlives the control plane."""
    clients = f"http://{HOST}:{ports.etcd}"
    peers = f"http://{HOST}:{ports.etcd_peers}"
    command = (
        str(binaries.etcd),
        f"--data-dir={files.folder / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--socket-reuse-port",
        "--log-level=error",
    )
    return Server("etcd", command, files.log("etcd"))


def api_server(binaries: Binaries, files: Files, ports: Ports) -> Server:
    """Return the API server.

    Nobody reaches it by an endpoint, so it need not look for the machine's network. Without a grace
    period for watches a single open one keeps it from stopping for a minute.
    """
    command = (
        str(binaries.api_server),
        f"--etcd-servers=http://{HOST}:{ports.etcd}",
        f"--secure-port={ports.api_server}",
        f"--bind-address={HOST}",
        "--permit-port-sharing",
        f"--tls-cert-file={files.server_certificate}",
        f"--tls-private-key-file={files.server_key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={files.service_account_key}",
        f"--service-account-signing-key-file={files.service_account_key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=Node,RBAC",
        f"--token-auth-file={files.tokens}",
        f"--advertise-address={HOST}",
        "--endpoint-reconciler-type=none",
        "--shutdown-watch-termination-grace-period=1s",
        "--allow-privileged",
    )
    return Server("kube-apiserver", command, files.log("kube-apiserver"))


def controller_manager(binaries: Binaries, files: Files) -> Server:
    """Return the controllers that make owners, namespaces and Deployments real; no kubelet."""
    command = (
        str(binaries.controller_manager),
        f"--kubeconfig={files.kubeconfig}",
        f"--service-account-private-key-file={files.service_account_key}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--controllers={','.join(CONTROLLERS)}",
    )
    return Server("kube-controller-manager", command, files.log("kube-controller-manager"))
