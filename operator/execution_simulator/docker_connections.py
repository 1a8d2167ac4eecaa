"""What docker hosts answer when the server tries to reach them; knows no HTTP and no registry."""

from typing import Final

from execution_simulator.machine_bodies import DockerHostInfo, Members
from execution_simulator.models import ControlModel

INFO: Final = DockerHostInfo(
    server="Docker Engine",
    version="27.3.1",
    apiVersion="1.47",
    goVersion="go1.22.7",
    gitCommit="41ca978",
    buildDate="2024-09-20T11:41:11Z",
    osArch="linux/amd64",
    experimental=False,
)


class DockerConnection(ControlModel):
    """What a host answers. The words are free: seed 000 has no enum for them."""

    host: str
    """Its host name or IP address."""
    status: str = "SUCCESS"
    reason: str | None = None
    reachable: bool = True
    """Whether it tells what it is (`info`)."""


UNSECURED: Final = "the CA certificate, the client certificate and the key are needed"


class DockerConnections:
    """The answers that were scripted; every other host can be reached."""

    def __init__(self) -> None:
        self._scripted: dict[str, DockerConnection] = {}

    def put(self, connection: DockerConnection) -> None:
        """Answer so from now on."""
        self._scripted[connection.host.casefold()] = connection

    def all(self) -> tuple[DockerConnection, ...]:
        """Those that were scripted."""
        return tuple(self._scripted.values())

    def clear(self) -> None:
        """Every host can be reached again."""
        self._scripted = {}

    def attempt(self, members: Members) -> DockerConnection:
        """What comes of an attempt to reach the host that has these members."""
        names = [members.get("hostName"), members.get("ipAddress")]
        for host in (str(name) for name in names if name):
            scripted = self._scripted.get(host.casefold())
            if scripted:
                return scripted
        keys = [members.get(name) for name in ("caCert", "clientCert", "clientKey")]
        if members.get("secure") and not all(keys):
            return DockerConnection(host="", status="FAILURE", reason=UNSECURED, reachable=False)
        return DockerConnection(host="")
