"""What a person sees who starts the operator without all that it needs."""

from __future__ import annotations

import asyncio
import sys

import pytest

from cluster import control_plane
from execution_operator.crds import DEFINITIONS
from support.kube import until
from support.operator_process import start_operator

pytestmark = pytest.mark.executed


async def mistake(*flags: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "execution_operator", "run", "--ops-address=127.0.0.1:0", *flags),
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin"},
    )
    _, told = await asyncio.wait_for(process.communicate(), 60)
    lines = [line for line in told.decode().splitlines() if not line.startswith("{")]
    assert len(lines) == 1, lines
    return process.returncode or 0, lines[0]


@pytest.fixture(scope="module")
def empty_plane():
    with control_plane() as plane:
        yield plane


async def test_without_crds_one_line_says_what_to_apply(empty_plane):
    code, line = await mistake(f"--kubeconfig={empty_plane.kubeconfig}")
    assert code == 2
    assert "CRD of ExecutionServer is not installed" in line
    assert "execution-operator crds | kubectl apply" in line


async def test_without_rights_one_line_says_what_to_apply(cluster):
    cluster.plane.run_kubectl("create", "serviceaccount", "nobody", "-n", "default")
    kubeconfig = cluster.plane.service_account_kubeconfig("default", "nobody")
    code, line = await mistake(f"--kubeconfig={kubeconfig}")
    assert code == 2
    assert "may not list executionservers.execution-operator.io" in line
    assert "role.yaml" in line


async def test_a_missing_right_of_many_is_named(cluster, namespace):
    """All rights but the one on secrets, in this namespace alone."""
    name = namespace.name
    kubectl = cluster.plane.run_kubectl
    kubectl("create", "serviceaccount", "poor", "-n", name)
    kinds = [f"{one.plural}.execution-operator.io" for one in DEFINITIONS]
    kubectl(
        *("create", "role", "poor", "-n", name, "--verb=list,watch,patch,delete"),
        f"--resource={','.join([*kinds, *(f'{one}/status' for one in kinds)])}",
    )
    kubectl(
        *("create", "rolebinding", "poor", "-n", name),
        *("--role=poor", f"--serviceaccount={name}:poor"),
    )
    kubeconfig = cluster.plane.service_account_kubeconfig(name, "poor")
    code, line = await mistake(f"--kubeconfig={kubeconfig}", f"--namespace={name}")
    assert code == 2
    assert f'may not get secrets in namespace "{name}"' in line


async def test_a_kubeconfig_that_is_not_there_is_named(tmp_path):
    code, line = await mistake(f"--kubeconfig={tmp_path}/none")
    assert code == 2
    assert f"{tmp_path}/none" in line


async def test_an_api_server_that_is_not_there_yet_is_waited_for(empty_plane, cluster, tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(cluster.plane.kubeconfig.read_text())
    await asyncio.to_thread(cluster.plane.stop_api_server)
    try:
        waiting = await start_operator(
            kubeconfig, "default", tmp_path / "log", "--no-leader-election"
        )
        await waiting.logged("waiting for the API server")
        assert await asyncio.to_thread(waiting.probe, "/livez") == 200
        assert await asyncio.to_thread(waiting.probe, "/readyz") == 503
    finally:
        await asyncio.to_thread(cluster.plane.start_api_server)
    await waiting.leading()
    await waiting.ready()
    assert await waiting.stop() == 0
    assert empty_plane.url != cluster.plane.url


async def test_a_stop_while_waiting_ends_at_once(cluster, tmp_path):
    text = cluster.plane.kubeconfig.read_text().replace(cluster.plane.url, "https://127.0.0.1:1")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(text)
    waiting = await start_operator(kubeconfig, "default", tmp_path / "log")
    await waiting.logged("waiting for the API server")
    assert await waiting.stop() == 0


@pytest.mark.restarts_api_server
@pytest.mark.usefixtures("hub")
async def test_an_api_server_that_goes_and_comes_back_is_no_end(
    cluster, namespace, start, simulator
):
    simulator.scripts.replace(
        [script.model_copy(update={"run_seconds": 4.0}) for script in simulator.scripts]
    )
    operator = await start(lease_duration="60s", renew_deadline="50s")
    await namespace.run("smoke")
    await namespace.phase("smoke", "Running")
    await asyncio.to_thread(cluster.plane.stop_api_server)
    ended = lambda: simulator.ledger.all()[0].timeline[-1].at < simulator.clock.now()  # noqa: E731 - read twice below
    await until(ended, "the run's end on the server")
    await asyncio.to_thread(cluster.plane.start_api_server)
    await namespace.phase("smoke", "Succeeded")
    assert operator.process.returncode is None
    assert simulator.requests.counts()["start_execution"] == 1
