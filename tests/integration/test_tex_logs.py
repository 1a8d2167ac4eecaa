"""`kubectl-tex logs` against the API server, the operator and the simulator."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from execution_simulator.faults import AnswerStatus
from execution_simulator.scripts import Script
from support.tex import SMOKE, account, begin, tex

if TYPE_CHECKING:
    from pathlib import Path

    from execution_simulator import Simulator
    from support.kube import Namespace

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("hub", "operator")]
HERE = {"EXECUTION_OPERATOR_ALLOW_LOOPBACK": "true", "EXECUTION_OPERATOR_SHORT_PERIODS": "true"}


@pytest.fixture
async def reader(cluster, namespace: Namespace) -> Path:
    """May also read servers and Secrets."""
    return await asyncio.to_thread(
        account, cluster.plane, namespace.name, servers=("get",), secrets=("get",)
    )


def logging(simulator: Simulator, **script: object) -> None:
    known = {"transition_seconds": 0.2, "run_seconds": 0.2, "log": "hello\nworld\n"}
    simulator.scripts.put(Script(name="logged", **(known | script)))


async def test_log_of_a_run_that_is_over(
    reader: Path, namespace: Namespace, simulator: Simulator
) -> None:
    logging(simulator, log="hello\ndemo-offline-token\n", init_log="pulled\n")
    await namespace.run("over")
    await namespace.finished("over")

    done = await tex("logs", "over", kubeconfig=reader, **HERE)
    init = await tex("logs", "over", "--init", "--allow-loopback", kubeconfig=reader)

    assert (done.code, done.out, done.err) == (0, "hello\n***\n", "")
    assert init.out == "pulled\n"


async def test_log_is_followed_from_before_it_begins_until_the_run_is_over(
    reader: Path, namespace: Namespace, simulator: Simulator
) -> None:
    lines = "".join(f"line {number}\n" for number in range(8))
    logging(simulator, log=lines, log_grows=True, run_seconds=40, transition_seconds=1)
    simulator.clock.freeze()
    await namespace.run("growing")

    going = await begin("logs", "growing", "-f", kubeconfig=reader, **HERE)
    await namespace.phase("growing", "InTransition")
    simulator.clock.advance(11)
    await going.printed("line 1\n")
    before = "".join(going.out)
    simulator.clock.advance(60)
    done = await going.done()

    assert before == "line 0\nline 1\n"
    assert (done.code, done.out) == (0, lines), done.err


async def test_scheduled_run_has_no_log_yet(
    reader: Path, namespace: Namespace, simulator: Simulator
) -> None:
    logging(simulator)
    await namespace.run("later", scheduled={"in": "PT1H"})
    await namespace.phase("later", "Scheduled")

    done = await tex("logs", "later", kubeconfig=reader, **HERE)
    going = await begin("logs", "later", "-f", kubeconfig=reader, **HERE)
    await going.printed("waiting: Scheduled")
    simulator.clock.advance(3601)
    followed = await going.done()

    assert done.code == 2
    assert "has no log yet (Scheduled" in done.only_line
    assert "wait for it with -f" in done.only_line
    assert (followed.code, followed.out) == (0, "hello\nworld\n")


async def test_log_that_the_server_keeps_no_longer_is_explained(
    reader: Path, namespace: Namespace, simulator: Simulator
) -> None:
    logging(simulator)
    await namespace.run("old")
    await namespace.finished("old")
    simulator.clock.advance(90_000)

    done = await tex("logs", "old", kubeconfig=reader, **HERE)

    assert done.code == 2
    assert "for about a day" in done.only_line


async def test_missing_right_to_the_token_is_named(
    cluster, namespace: Namespace, simulator: Simulator
) -> None:
    logging(simulator)
    await namespace.run("closed")
    await namespace.finished("closed")
    kubeconfig = await asyncio.to_thread(account, cluster.plane, namespace.name, servers=("get",))

    done = await tex("logs", "closed", kubeconfig=kubeconfig, **HERE)

    assert done.code == 2
    right = f'get secrets "hub-token" in namespace "{namespace.name}"'
    assert f"you may not {right}" in done.only_line


@pytest.mark.parametrize(
    ("env", "says"),
    [
        pytest.param({}, "this machine itself, which is not allowed", id="loopback"),
        pytest.param(
            HERE | {"EXECUTION_OPERATOR_ALLOWED_SERVER_HOSTS": "*.example.com"},
            'host "127.0.0.1" is not among the allowed',
            id="host",
        ),
    ],
)
async def test_hosts_are_refused_as_the_operator_refuses_them(
    reader: Path, namespace: Namespace, simulator: Simulator, env: dict[str, str], says: str
) -> None:
    logging(simulator)
    await namespace.run("held")
    await namespace.finished("held")
    simulator.requests.clear()

    done = await tex("logs", "held", kubeconfig=reader, **env)

    assert done.code == 2
    assert says in done.only_line
    assert "get_log" not in simulator.requests.counts()


async def test_run_of_another_server_is_not_asked_for_here(
    reader: Path, namespace: Namespace, simulator: Simulator
) -> None:
    logging(simulator)
    await namespace.run("moved")
    await namespace.finished("moved")
    await namespace.patch(
        "ExecutionServer", "hub", {"spec": {"testHub": {"url": "https://hub.example.com"}}}
    )

    done = await tex("logs", "moved", kubeconfig=reader, **HERE)

    assert done.code == 2
    assert "https://hub.example.com now" in done.only_line


async def test_log_goes_on_through_an_outage_of_the_server(
    reader: Path, namespace: Namespace, simulator: Simulator
) -> None:

    logging(simulator, log="a\nb\n", log_grows=True, run_seconds=40)
    simulator.clock.freeze()
    await namespace.run("rough")
    await namespace.phase("rough", "InTransition")
    simulator.clock.advance(21)
    await namespace.phase("rough", "Running")
    simulator.faults.add(AnswerStatus(operation="get_log", status=502, skip=1, times=1))

    going = await begin("logs", "rough", "-f", kubeconfig=reader, **HERE)
    await going.printed("trying on")
    simulator.clock.advance(60)
    done = await going.done()

    assert (done.code, done.out) == (0, "a\nb\n"), done.err


async def test_failed_run_names_the_command_that_shows_its_log(
    reader: Path, namespace: Namespace, simulator: Simulator
) -> None:
    logging(simulator, verdict="FAIL")
    del namespace

    done = await tex("run", *SMOKE, kubeconfig=reader)
    command = next(line for line in done.out.splitlines() if line.startswith("log: "))
    shown = await tex(*command.split()[3:], kubeconfig=reader, **HERE)

    assert shown.out == "hello\nworld\n"
