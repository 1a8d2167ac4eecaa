import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

import cluster
from cluster import ClusterError, ControlPlane, KubectlError, control_plane
from cluster.binaries import NAMES, Binaries
from cluster.go import REQUIREMENTS
from cluster.gomod import read_pinned_tools
from cluster.probe import wait_until

# The limit is for the first build of the programs.
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

LIMIT_SECONDS = 60
TOOLS = Path(cluster.__file__).parents[1]
SERVERS = set(NAMES) - {"kubectl"}
OWNED = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: owned
  namespace: {namespace}
  ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: owner, uid: {uid}}}]
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: deployed}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: app}]}
"""


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as running:
        yield running


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start `python -m cluster` as a terminal would: with a process group of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "cluster", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        process_group=0,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def folder_told_by(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("export KUBECONFIG=")
    return Path(line.strip().removeprefix("export KUBECONFIG=")).parent


def servers_of(folder: Path) -> dict[str, int]:
    """Return the process ids of what runs with the folder in its arguments, by program."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(str(folder).encode() in word for word in words):
            found[Path(os.fsdecode(words[0])).name] = int(process.name)
    return found


def until(holds: Callable[[], bool]) -> None:
    wait_until(holds, limit_seconds=LIMIT_SECONDS, check=lambda: None)


def nothing_is_left_of(folder: Path) -> bool:
    return not folder.exists() and not servers_of(folder)


def address_of(plane: ControlPlane) -> tuple[str, int]:
    url = urlsplit(plane.url)
    assert url.hostname is not None
    assert url.port is not None
    return url.hostname, url.port


def test_server_calls_itself_by_the_pinned_version(plane: ControlPlane) -> None:
    version = json.loads(plane.run_kubectl("version", "--output=json"))
    pinned = read_pinned_tools(REQUIREMENTS.parent).kubernetes
    assert version["serverVersion"]["gitVersion"] == pinned


def test_namespaces_are_there_from_the_start(plane: ControlPlane) -> None:
    plane.run_kubectl("get", "namespaces", "default", "kube-system")


def test_certificate_is_accepted_for_localhost(plane: ControlPlane) -> None:
    trust = ssl.create_default_context(cafile=plane.ca_file)
    with (
        socket.create_connection(address_of(plane), timeout=LIMIT_SECONDS) as connection,
        trust.wrap_socket(connection, server_hostname="localhost") as encrypted,
    ):
        assert encrypted.version() == "TLSv1.3"


def test_dependent_goes_with_its_owner(plane: ControlPlane) -> None:
    plane.run_kubectl("create", "namespace", "owners")
    owner = (
        "create",
        "configmap",
        "owner",
        "--namespace=owners",
        "--output=jsonpath={.metadata.uid}",
    )
    uid = plane.run_kubectl(*owner)
    plane.run_kubectl("apply", "--filename=-", stdin=OWNED.format(namespace="owners", uid=uid))
    plane.run_kubectl("delete", "configmap", "owner", "--namespace=owners")
    plane.run_kubectl(
        *("wait", "--for=delete", "configmap/owned", "--namespace=owners", "--timeout=60s")
    )


def test_namespace_goes_with_what_is_in_it(plane: ControlPlane) -> None:
    plane.run_kubectl("create", "namespace", "short-lived")
    plane.run_kubectl("create", "configmap", "content", "--namespace=short-lived")
    plane.run_kubectl("delete", "namespace", "short-lived", "--timeout=60s")
    with pytest.raises(KubectlError, match="NotFound"):
        plane.run_kubectl("get", "namespace", "short-lived")


def test_deployment_makes_its_pods_objects(plane: ControlPlane) -> None:
    plane.run_kubectl("create", "namespace", "deployed")
    plane.run_kubectl("apply", "--filename=-", stdin=DEPLOYMENT)
    plane.run_kubectl(
        *("wait", "--for=create", "pod", "--selector=app=app"),
        *("--namespace=deployed", "--timeout=60s"),
    )


def test_service_account_logs_in_as_itself(plane: ControlPlane) -> None:
    plane.run_kubectl("create", "serviceaccount", "robot", "--namespace=default")
    login = plane.service_account_kubeconfig("default", "robot")
    who = plane.run_kubectl("auth", "whoami", "--output=yaml", kubeconfig=login)
    user = yaml.safe_load(who)["status"]["userInfo"]["username"]
    assert user == "system:serviceaccount:default:robot"


def test_service_account_may_do_nothing_by_itself(plane: ControlPlane) -> None:
    login = plane.service_account_kubeconfig("default", "default")
    with pytest.raises(KubectlError, match=r'^cannot run "kubectl get secrets": .*Forbidden'):
        plane.run_kubectl("get", "secrets", kubeconfig=login)


def test_logins_are_for_our_eyes_only(plane: ControlPlane) -> None:
    logins = (plane.kubeconfig, plane.service_account_kubeconfig("default", "default"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in logins} == {0o600}


def test_unknown_service_account_is_told_in_one_line(plane: ControlPlane) -> None:
    with pytest.raises(KubectlError, match=r'^cannot run "kubectl create token nobody": [^\n]+$'):
        plane.service_account_kubeconfig("default", "nobody")


def test_no_token_is_in_the_representation(plane: ControlPlane) -> None:
    login = yaml.safe_load(plane.kubeconfig.read_text())
    assert login["users"][0]["user"]["token"] not in repr(plane)


def test_stopped_api_server_refuses_connections_and_comes_back_with_its_data(
    plane: ControlPlane,
) -> None:
    plane.run_kubectl("create", "configmap", "kept", "--namespace=default")
    plane.stop_api_server()
    try:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address_of(plane))
    finally:
        plane.start_api_server()
    plane.run_kubectl("get", "configmap", "kept", "--namespace=default")


def test_controllers_begin_anew_after_an_outage(plane: ControlPlane) -> None:
    plane.stop_api_server()
    try:
        assert servers_of(plane.folder).keys() & SERVERS == {"etcd"}
    finally:
        plane.start_api_server()
    plane.run_kubectl("create", "namespace", "after-outage")
    plane.run_kubectl(
        *("wait", "--for=create", "serviceaccount/default"),
        *("--namespace=after-outage", "--timeout=20s"),
    )


def test_open_watch_does_not_keep_the_api_server_from_stopping(plane: ControlPlane) -> None:
    servers = plane._parts.servers  # noqa: SLF001 - only it knows how the server ended
    plane.run_kubectl("create", "configmap", "seen", "--namespace=kube-system")
    with watching(plane, "configmaps", "--namespace=kube-system"):
        servers.stop("kube-controller-manager")
        exit_code = servers.stop("kube-apiserver")
    plane.start_api_server()
    assert exit_code == 0


@contextmanager
def watching(plane: ControlPlane, *what: str) -> Iterator[None]:
    """Keep a watch open that has told one object at least."""
    with subprocess.Popen(
        [plane.kubectl, f"--kubeconfig={plane.kubeconfig}", "get", "--watch", *what],
        stdout=subprocess.PIPE,
    ) as watch:
        assert watch.stdout is not None
        watch.stdout.readline()
        try:
            yield
        finally:
            watch.kill()


def test_running_server_is_not_started_twice(plane: ControlPlane) -> None:
    with pytest.raises(ClusterError, match=r"^cannot start kube-apiserver: it runs already$"):
        plane.start_api_server()


def test_two_control_planes_stand_side_by_side(plane: ControlPlane) -> None:
    with control_plane() as other:
        other.run_kubectl("create", "namespace", "theirs")
        with pytest.raises(KubectlError, match="NotFound"):
            plane.run_kubectl("get", "namespace", "theirs")


def test_server_that_dies_at_its_start_is_told_with_its_log(
    tmp_path: Path, plane: ControlPlane
) -> None:
    (tmp_path / "etcd").symlink_to(plane.kubectl.with_name("etcd"))
    (tmp_path / "kube-apiserver").write_text("#!/bin/sh\necho no such flag\nexit 7\n")
    (tmp_path / "kube-apiserver").chmod(0o755)
    told = r"^cannot start kube-apiserver: .*has ended with exit code 7: no such flag$"
    with pytest.raises(ClusterError, match=told), control_plane(binaries=Binaries(tmp_path)):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_signal_to_the_whole_group_stops_it_and_leaves_nothing(number: signal.Signals) -> None:
    with started() as process:
        folder = folder_told_by(process)
        assert SERVERS.issubset(servers_of(folder))
        os.killpg(process.pid, number)
        assert process.wait(LIMIT_SECONDS) == 0
    assert nothing_is_left_of(folder)


def test_nothing_survives_a_killed_parent() -> None:
    with started() as process:
        folder = folder_told_by(process)
        assert SERVERS.issubset(servers_of(folder))
        process.kill()
    until(lambda: nothing_is_left_of(folder))


def test_dead_server_ends_the_command_with_its_last_lines() -> None:
    with started() as process:
        folder = folder_told_by(process)
        os.kill(servers_of(folder)["etcd"], signal.SIGKILL)
        assert process.wait(LIMIT_SECONDS) == 1
    assert nothing_is_left_of(folder)


def test_command_runs_on_the_cluster_and_its_exit_code_is_ours() -> None:
    script = "kubectl get namespace default --output=name; echo $KUBECONFIG; exit 7"
    with started("--", "sh", "-c", script) as process:
        out, _ = process.communicate(timeout=LIMIT_SECONDS)
    found, kubeconfig = out.split()
    assert (found, process.returncode) == ("namespace/default", 7)
    assert nothing_is_left_of(Path(kubeconfig).parent)


def test_unknown_command_is_told_as_a_shell_would() -> None:
    with started("--", "no-such-command") as process:
        assert process.wait(LIMIT_SECONDS) == 127
