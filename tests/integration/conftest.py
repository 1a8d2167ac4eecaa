"""One control plane a session, a namespace a test, the operator as its own ServiceAccount."""

from __future__ import annotations

import asyncio
import re
import subprocess
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio import client

from cluster import ControlPlane, control_plane
from demonstration.installation import install_definitions
from execution_simulator import Simulator, serve
from support.forked import fork
from support.kube import Namespace, connected
from support.operator_process import OperatorProcess, execute, start_operator

ROOT = Path(__file__).parents[2]
SYSTEM = "execution-operator-system"
ACCOUNT = "execution-operator"
# As a word: it may be a part of a port too.
REFUSED = re.compile(r"\b403\b")
# A namespace that goes away takes its roles along.
FLEETING = ("being terminated", "leases.coordination")


@dataclass(frozen=True)
class Cluster:
    plane: ControlPlane
    operator_kubeconfig: Path


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with control_plane() as plane:
        crds = subprocess.run(
            [ROOT / ".venv/bin/execution-operator", "crds"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        install_definitions(plane, crds)
        plane.run_kubectl("create", "namespace", SYSTEM)
        plane.run_kubectl("create", "serviceaccount", ACCOUNT, "-n", SYSTEM)
        plane.run_kubectl("apply", "-f", str(ROOT / "charts/execution-operator/files/role.yaml"))
        for role in ("execution-operator", "execution-operator-cluster"):
            plane.run_kubectl(
                *("create", "clusterrolebinding", role, f"--clusterrole={role}"),
                f"--serviceaccount={SYSTEM}:{ACCOUNT}",
            )
        yield Cluster(plane, plane.service_account_kubeconfig(SYSTEM, ACCOUNT))


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[client.ApiClient]:
    async with connected(cluster.plane.kubeconfig) as opened:
        yield opened


@pytest.fixture
async def namespace(cluster: Cluster, api: client.ApiClient) -> Namespace:
    name = f"t-{uuid.uuid4().hex[:8]}"
    core = client.CoreV1Api(api)
    await core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    rules = str(ROOT / "charts/execution-operator/files/role.yaml")
    run = asyncio.to_thread
    lease_role = await run(_lease_role, rules)
    await run(cluster.plane.run_kubectl, "apply", "-n", name, "-f", "-", stdin=lease_role)
    await run(
        cluster.plane.run_kubectl,
        *("create", "rolebinding", "lease", "--role=execution-operator-lease", "-n", name),
        f"--serviceaccount={SYSTEM}:{ACCOUNT}",
    )
    return Namespace(name, api)


def _lease_role(path: str) -> str:
    documents = Path(path).read_text().split("\n---\n")
    return next(text for text in documents if "\nkind: Role\n" in text)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture
async def hub_url(simulator: Simulator) -> AsyncIterator[str]:
    async with serve(simulator) as url:
        yield url


@pytest.fixture
async def hub(namespace: Namespace, hub_url: str) -> str:
    """An ExecutionServer `hub` with the right token, and the URL that it names."""
    await namespace.secret("hub-token", token="demo-offline-token")
    await namespace.server(hub_url)
    return hub_url


Start = Callable[..., Awaitable[OperatorProcess]]


@pytest.fixture
async def start(
    request: pytest.FixtureRequest, cluster: Cluster, namespace: Namespace, tmp_path: Path
) -> AsyncIterator[Start]:
    """Starts operators for the test's namespace; they are gone at its end."""
    started: list[OperatorProcess] = []
    begin = execute if request.node.get_closest_marker("executed") else fork

    async def start_one(*flags: str, **periods: str) -> OperatorProcess:
        log_file = tmp_path / f"operator-{len(started)}.log"
        one = await start_operator(
            cluster.operator_kubeconfig, namespace.name, log_file, *flags, begin=begin, **periods
        )
        started.append(one)
        await one.ready()
        return one

    yield start_one
    for one in started:
        await one.kill()
    forgets = request.node.get_closest_marker("restarts_api_server") is not None
    refused = [
        line
        for one in started
        for line in one.lines
        if "bug" in line.get("event", "") or (not forgets and _lacks_a_right(line))
    ]
    assert not refused, "an operator logged a bug or a missing right"


def _lacks_a_right(line: dict[str, Any]) -> bool:
    cause = line.get("cause", "")
    return REFUSED.search(cause) is not None and not any(map(cause.__contains__, FLEETING))


@pytest.fixture
async def operator(start: Start) -> OperatorProcess:
    one = await start()
    await one.leading()
    return one
