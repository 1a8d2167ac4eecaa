"""`kubectl-tex run`, `wait`, `rerun` and `stop` against the API server, operator and simulator."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING

import pytest
import yaml

from execution_simulator.scripts import Match, Script
from support.kube import until
from support.tex import FLAGS, RUNNER, SMOKE, account, begin, tex

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from execution_simulator import Simulator
    from support.kube import Namespace

    Start = Callable[..., Awaitable[object]]

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("hub")]


SMOKE_RUN = {
    "apiVersion": "execution-operator.io/v1alpha1",
    "kind": "TestExecution",
    "spec": {
        "serverRef": {"name": "hub"},
        "project": {"id": "1050"},
        "testAsset": {"name": "Shop/Tests/Smoke.testsuite", "revision": "main"},
    },
}


@pytest.fixture
async def kubeconfig(cluster, namespace: Namespace) -> Path:
    """May create, get, list and watch runs, and nothing else."""
    return await asyncio.to_thread(account, cluster.plane, namespace.name)


@pytest.fixture
async def stopper(cluster, namespace: Namespace) -> Path:
    """May also patch runs."""
    rights = (*RUNNER, "patch")
    return await asyncio.to_thread(
        account, cluster.plane, namespace.name, runs=rights, name="stopper"
    )


@pytest.fixture
def quick(simulator: Simulator) -> Simulator:
    simulator.scripts.put(Script(name="quick", transition_seconds=0.3, run_seconds=0.5))
    return simulator


def ending(simulator: Simulator, **script: object) -> None:
    simulator.scripts.put(
        Script(name="one", **({"transition_seconds": 0.2, "run_seconds": 0.2} | script))
    )


@pytest.mark.usefixtures("operator", "quick")
async def test_run_that_passes_shows_each_step_and_exits_with_0(kubeconfig: Path) -> None:
    done = await tex("run", *SMOKE, kubeconfig=kubeconfig)

    assert done.code == 0, done.err
    steps = [line.split()[1] for line in done.out.splitlines() if line.startswith("  ")]
    assert steps[-1] == "Succeeded"
    assert "smoke-" in done.out
    assert "result: http://127.0.0.1" in done.out
    assert "\x1b" not in done.out
    assert done.err == ""


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize(
    ("script", "code", "phase"),
    [
        pytest.param({"verdict": "FAIL"}, 1, "Failed", id="failed"),
        pytest.param({"end_status": "STOPPED_BY_USER"}, 3, "Stopped", id="stopped"),
        pytest.param({"end_status": "INCOMPLETE"}, 4, "Error", id="error"),
    ],
)
async def test_exit_code_is_the_verdict(
    kubeconfig: Path, simulator: Simulator, script: dict[str, object], code: int, phase: str
) -> None:
    ending(simulator, **script)

    done = await tex("run", *SMOKE, "--name=once", kubeconfig=kubeconfig)

    assert done.code == code, done.out
    assert f" {phase} " in done.out
    assert "kubectl tex logs once -n" in done.out


@pytest.mark.usefixtures("operator", "quick")
async def test_flags_are_what_the_server_is_asked_for(
    kubeconfig: Path, simulator: Simulator
) -> None:
    more = ("--var=user=demo", "--tag=nightly", "--environment=staging")

    done = await tex("run", *SMOKE, *more, "-o=json", kubeconfig=kubeconfig)

    assert done.code == 0, done.err
    assert json.loads(done.out)["status"]["phase"] == "Succeeded"
    (run,) = simulator.ledger.all()
    assert run.specification.variables == {"user": "demo"}
    assert run.specification.environment == "staging"
    assert "nightly" in (run.specification.tags or ())


@pytest.mark.usefixtures("operator", "quick")
async def test_run_takes_an_object_from_stdin(kubeconfig: Path) -> None:
    done = await tex("run", "-f", "-", "-o=name", kubeconfig=kubeconfig, stdin=yaml.dump(SMOKE_RUN))

    assert done.code == 0, done.err
    assert done.out.startswith("testexecution.execution-operator.io/smoke-")


async def test_timeout_is_over_first_and_the_run_goes_on(
    kubeconfig: Path, namespace: Namespace
) -> None:
    done = await tex("run", *SMOKE, "--name=slow", "--timeout=500ms", kubeconfig=kubeconfig)

    assert done.code == 5, done.out
    assert f"kubectl tex stop slow -n {namespace.name}" in done.out
    assert await namespace.get("TestExecution", "slow")


@pytest.mark.usefixtures("operator")
async def test_interrupt_leaves_the_run_alone_and_says_how_to_stop_it(
    kubeconfig: Path, namespace: Namespace, simulator: Simulator
) -> None:
    ending(simulator, never_ends=True)
    going = await begin("run", *SMOKE, "--name=mine", kubeconfig=kubeconfig)
    await going.printed(" Running")

    going.interrupt()
    done = await going.done()

    assert done.code == 130
    assert f"kubectl tex stop mine -n {namespace.name}" in done.out
    found = await namespace.get("TestExecution", "mine")
    assert found
    assert "cancel" not in found["spec"]


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
async def test_stop_on_interrupt_stops_the_run(
    stopper: Path, simulator: Simulator, number: signal.Signals
) -> None:
    ending(simulator, never_ends=True, stop_seconds=0.2)
    going = await begin("run", *SMOKE, "--stop-on-interrupt", kubeconfig=stopper)
    await going.printed(" Running")

    going.interrupt(number)
    done = await going.done()

    assert done.code == 3, done.out
    assert " Stopped " in done.out


@pytest.mark.usefixtures("operator", "quick")
async def test_wait_exits_with_the_highest_code_of_all(
    kubeconfig: Path, namespace: Namespace, simulator: Simulator
) -> None:
    simulator.scripts.put(
        Script(name="bad", match=Match(tag="bad"), run_seconds=0.2, verdict="FAIL")
    )
    await namespace.run("good")
    await namespace.run("bad", tags=["bad"])

    both = await tex("wait", "good", "bad", kubeconfig=kubeconfig)
    good = await tex("wait", "good", kubeconfig=kubeconfig)

    assert (both.code, good.code) == (1, 0), both.out
    assert "bad  Failed" in both.out


async def test_wait_for_what_is_not_there_names_what_is_like_it(
    kubeconfig: Path, namespace: Namespace
) -> None:
    await namespace.run("checkout")

    done = await tex("wait", "chekout", kubeconfig=kubeconfig)

    assert done.code == 2
    assert "did you mean checkout?" in done.only_line


@pytest.mark.usefixtures("operator")
async def test_stalled_run_is_an_error_with_its_reason(kubeconfig: Path) -> None:
    copied = {"execution-operator.io/intent": "of another object"}
    wanted = yaml.dump(SMOKE_RUN | {"metadata": {"name": "copy", "annotations": copied}})

    done = await tex("run", "-f", "-", kubeconfig=kubeconfig, stdin=wanted)

    assert done.code == 4, done.out
    assert "create a new" in done.out


async def test_deleted_run_ends_the_wait(kubeconfig: Path, namespace: Namespace) -> None:
    await namespace.run("brief")
    going = await begin("wait", "brief", kubeconfig=kubeconfig)
    await going.printed("Pending")

    await namespace.delete("TestExecution", "brief")
    done = await going.done()

    assert done.code == 2
    assert "deleted" in done.out


@pytest.mark.restarts_api_server
@pytest.mark.usefixtures("quick")
async def test_wait_survives_a_restart_of_the_api_server(
    cluster, kubeconfig: Path, namespace: Namespace, start: Start
) -> None:
    await namespace.run("long")
    going = await begin("wait", "long", kubeconfig=kubeconfig)
    await going.printed("Pending")

    await asyncio.to_thread(cluster.plane.stop_api_server)
    await going.printed("trying on")
    await asyncio.to_thread(cluster.plane.start_api_server)
    await start()
    done = await going.done()

    assert done.code == 0, done.out


@pytest.mark.usefixtures("operator", "quick")
async def test_rerun_runs_the_same_again_under_a_new_name(
    kubeconfig: Path, namespace: Namespace, simulator: Simulator
) -> None:
    await namespace.run("first", environment="staging")
    await namespace.finished("first")

    done = await tex("rerun", "first", kubeconfig=kubeconfig)

    assert done.code == 0, done.err
    assert "first-" in done.out
    runs = simulator.ledger.all()
    assert [run.specification.environment for run in runs] == ["staging", "staging"]


@pytest.mark.usefixtures("operator")
async def test_stop_waits_until_the_run_is_over(
    stopper: Path, namespace: Namespace, simulator: Simulator
) -> None:
    ending(simulator, never_ends=True, stop_seconds=0.5)
    await namespace.run("endless")
    await namespace.phase("endless", "Running")

    done = await tex("stop", "endless", kubeconfig=stopper)
    again = await tex("stop", "endless", kubeconfig=stopper)

    assert done.code == 0, done.out
    found = await namespace.get("TestExecution", "endless")
    assert found
    assert found["status"]["phase"] == "Stopped"
    assert (again.code, "over already" in again.out) == (0, True)


async def test_missing_right_is_named_with_verb_resource_and_namespace(
    kubeconfig: Path, namespace: Namespace
) -> None:
    await namespace.run("other")

    done = await tex("stop", "other", kubeconfig=kubeconfig)

    assert done.code == 2
    right = 'patch testexecutions.execution-operator.io "other" in namespace'
    assert f'you may not {right} "{namespace.name}"' in done.only_line


async def test_refused_object_is_told_in_one_line_without_values(kubeconfig: Path) -> None:
    asset = "--asset=x"
    done = await tex(
        "run", *FLAGS, asset, "--tag=a,b", "--var=pw=hunter2222", kubeconfig=kubeconfig
    )

    assert done.code == 2
    assert "a tag has no comma" in done.only_line
    assert "hunter2222" not in done.err


async def test_list_shows_what_the_caller_may_see(kubeconfig: Path, namespace: Namespace) -> None:
    await namespace.run("two")
    found = await namespace.get("TestExecution", "two")
    assert found
    await namespace.create("TestExecution", "one", found["spec"], labels={"team": "a"})

    both = await tex("list", kubeconfig=kubeconfig)
    chosen = await tex("list", "-l", "team=a", "-o=name", kubeconfig=kubeconfig)
    all_of_them = await tex("list", "-A", kubeconfig=kubeconfig)

    header, *rows = [line.split() for line in both.out.splitlines()]
    assert header[:3] == ["NAME", "PHASE", "VERDICT"]
    assert sorted(row[0] for row in rows) == ["one", "two"]
    assert chosen.out == "testexecution.execution-operator.io/one\n"
    assert "you may not list testexecutions.execution-operator.io in all" in all_of_them.only_line


async def test_missing_right_to_watch_is_told_at_once(cluster, namespace: Namespace) -> None:
    await namespace.run("other")
    kubeconfig = await asyncio.to_thread(
        account, cluster.plane, namespace.name, runs=("get", "list"), name="lister"
    )

    done = await tex("wait", "other", kubeconfig=kubeconfig)

    assert done.code == 2
    assert "you may not watch testexecutions" in done.only_line


async def test_list_goes_on_with_each_change(kubeconfig: Path, namespace: Namespace) -> None:
    going = await begin("list", "--watch", kubeconfig=kubeconfig)
    await going.printed("NAME")

    await namespace.run("late")
    await going.printed("late")
    going.interrupt()
    done = await going.done()

    assert done.code == 130


@pytest.mark.usefixtures("operator", "quick")
async def test_open_prints_the_link_through_a_pipe(kubeconfig: Path, namespace: Namespace) -> None:
    await namespace.run("linked")
    found = await namespace.finished("linked")

    done = await tex("open", "linked", kubeconfig=kubeconfig)

    assert done.out.strip() == found["status"]["execution"]["resultURL"]


async def test_names_are_completed_as_kubectl_asks_for_it(
    kubeconfig: Path, namespace: Namespace
) -> None:
    await namespace.run("smoke-1")
    program = str(_complete())

    process = await asyncio.create_subprocess_exec(
        program,
        *("wait", "smo"),
        env={"PATH": "/usr/bin:/bin", "KUBECONFIG": str(kubeconfig)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()

    assert out.decode().splitlines() == ["smoke-1", ":4"]


def _complete() -> Path:
    from support.tex import PROGRAM  # noqa: PLC0415 - beside it

    return PROGRAM.with_name("kubectl_complete-tex")


async def test_unwatched_run_is_created_only(kubeconfig: Path, namespace: Namespace) -> None:
    done = await tex("run", *SMOKE, "--no-wait", "-o=name", kubeconfig=kubeconfig)

    name = done.out.strip().rpartition("/")[2]
    assert done.code == 0
    await until(lambda: namespace.get("TestExecution", name), "the run")
