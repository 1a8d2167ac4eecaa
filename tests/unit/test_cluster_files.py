import base64
import errno
import os
import socket
import ssl
import stat
from pathlib import Path

import pytest
import yaml

from cluster import commands
from cluster.addresses import HOST, held_port
from cluster.binaries import Binaries
from cluster.certificates import make_certificates
from cluster.commands import Files, Ports
from cluster.kubeconfig import Login, kubeconfig, write_private
from cluster.servers import Server

BINARIES = Binaries(Path("/programs"))
FILES = Files(Path("/folder"))
PORTS = Ports(etcd=1001, etcd_peers=1002, api_server=1003)
LOGIN = Login("https://127.0.0.1:1", b"PEM", user="sam", token="s3cret", namespace="team")


def all_servers() -> list[Server]:
    return [
        commands.etcd(BINARIES, FILES, PORTS),
        commands.api_server(BINARIES, FILES, PORTS),
        commands.controller_manager(BINARIES, FILES),
    ]


def test_kubeconfig_has_one_context_with_its_namespace() -> None:
    config = yaml.safe_load(kubeconfig(LOGIN))
    assert config["current-context"] == config["contexts"][0]["name"]
    assert config["contexts"][0]["context"]["namespace"] == "team"


def test_kubeconfig_needs_no_other_file() -> None:
    config = yaml.safe_load(kubeconfig(LOGIN))
    assert config["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:1",
        "certificate-authority-data": base64.b64encode(b"PEM").decode(),
    }
    assert config["users"][0] == {"name": "sam", "user": {"token": "s3cret"}}


def test_token_is_not_in_the_representation_of_a_login() -> None:
    assert "s3cret" not in repr(LOGIN)


def test_private_file_is_for_our_eyes_only(tmp_path: Path) -> None:
    write_private(tmp_path / "file", "text")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_private_file_takes_the_place_of_a_readable_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o644)
    write_private(tmp_path / "file", b"bytes")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert (tmp_path / "file").read_bytes() == b"bytes"


@pytest.mark.parametrize("server", all_servers(), ids=lambda server: server.name)
def test_servers_listen_on_the_loopback_interface_only(server: Server) -> None:
    listening = [word for word in server.command if "listen" in word or "bind-address" in word]
    assert all(HOST in word for word in listening)
    assert listening or "--secure-port=0" in server.command


@pytest.mark.parametrize("server", all_servers(), ids=lambda server: server.name)
def test_servers_keep_their_files_in_the_folder(server: Server) -> None:
    assert server.log == FILES.folder / f"{server.name}.log"
    assert server.command[0] == str(BINARIES.folder / server.name)


def test_admin_may_do_everything() -> None:
    assert commands.tokens_csv("t0ken") == 't0ken,admin,admin,"system:masters"\n'


def test_held_port_is_refused_to_others() -> None:
    taken = os.strerror(errno.EADDRINUSE)
    with held_port() as port, socket.socket() as other, pytest.raises(OSError, match=taken):
        other.bind((HOST, port))


def test_held_port_is_free_for_a_server_that_shares_it() -> None:
    with held_port() as port, socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind((HOST, port))
        server.listen()
        socket.create_connection((HOST, port), timeout=5).close()


def test_held_port_without_a_server_refuses_connections() -> None:
    with held_port() as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=5)


@pytest.mark.parametrize("name", ["localhost", HOST])
def test_certificate_is_good_for_both_names_of_the_loopback_interface(
    tmp_path: Path, name: str
) -> None:
    handshake(tmp_path, name)


def test_certificate_is_good_for_no_other_name(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, "example.org")


def handshake(folder: Path, name: str) -> None:
    """Shake hands in memory, as a client that trusts the authority and expects this name."""
    certificates = make_certificates()
    (folder / "pem").write_bytes(certificates.server_key + certificates.server)
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(folder / "pem")
    trusting = ssl.create_default_context(cadata=certificates.authority.decode())
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(down, up, server_hostname=name)
    server = offered.wrap_bio(up, down, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
