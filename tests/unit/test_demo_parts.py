"""What the demonstration reads from the parts it starts, and what it proposes to try."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from demonstration.examples import parse_ending, read_example
from demonstration.installation import Resource, printed_definitions, resources_in
from demonstration.next_steps import Shell, commands
from demonstration.outcomes import Outcome
from demonstration.parts import operator_in, ops_address, simulator_url
from demonstration.tables import Seen

RUN = """# Ends: TestExecution/{name} phase={phase}
apiVersion: execution-operator.io/v1alpha1
kind: TestExecution
metadata:
  name: {name}
"""
SERVER = """# Ends: ExecutionServer/hub ready=True
apiVersion: execution-operator.io/v1alpha1
kind: ExecutionServer
metadata:
  name: hub
"""
SHELL = Shell(Path("/a b/kubeconfig"), Path("/my bin/kubectl"), Path("/the examples"))
RESOURCES = (
    Resource("TestExecution", "testexecutions", "tex", group="g", version="v1"),
    Resource("ExecutionServer", "executionservers", "exs", group="g", version="v1"),
)


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        pytest.param([], None, id="nothing yet"),
        pytest.param(["a warning", "listening on http://h:1/test"], "http://h:1/test", id="there"),
    ],
)
def test_the_simulator_says_where_it_listens(lines: list[str], url: str | None) -> None:
    assert simulator_url(lines) == url


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        pytest.param([], None, id="nothing yet"),
        pytest.param(['{"event": "star'], None, id="half a line"),
        pytest.param(["null", "7"], None, id="not an object"),
        pytest.param(["noise", '{"ops_address": "127.0.0.1:9"}'], "127.0.0.1:9", id="there"),
    ],
)
def test_the_operator_says_where_it_is_ready(lines: list[str], address: str | None) -> None:
    assert ops_address(lines) == address


def test_the_operator_is_started_as_its_own_account() -> None:
    operator = operator_in(Path("/logs"), Path("/login"))
    assert "--kubeconfig=/login" in operator.command
    assert operator.log == Path("/logs/operator.log")


def test_kinds_are_read_from_the_printed_definitions() -> None:
    found = {one.kind: one for one in resources_in(printed_definitions())}
    run = found["TestExecution"]
    assert run.short == "tex"
    path = "/apis/execution-operator.io/v1alpha1/namespaces/default/testexecutions"
    assert run.path("default") == path


def outcome(said: str, phase: str) -> Outcome:
    found = {"metadata": {"name": "any"}, "status": {"phase": phase}}
    return Outcome(parse_ending(said), Seen.model_validate(found))


def tried() -> tuple[str, ...]:
    texts = {
        "a.yaml": RUN.format(name="bad", phase="Failed"),
        "b.yaml": SERVER + "---\n" + RUN.format(name="both", phase="Succeeded"),
        "c.yaml": RUN.format(name="good", phase="Succeeded"),
    }
    outcomes = (
        outcome("ExecutionServer/hub ready=True", ""),
        outcome("TestExecution/good phase=Succeeded", "Succeeded"),
        outcome("TestExecution/bad phase=Failed", "Failed"),
    )
    examples = [read_example(file, text) for file, text in texts.items()]
    return commands(SHELL, examples, outcomes=outcomes, resources=RESOURCES)


def test_all_kinds_are_looked_at_first() -> None:
    assert tried()[0] == "kubectl get exs,tex -A"


def test_the_run_that_failed_is_described() -> None:
    assert tried()[1] == "kubectl describe tex bad"


def test_the_passing_run_alone_is_applied_once_more_under_another_name() -> None:
    command = tried()[2]
    assert shlex.split(command)[:3] == [
        "sed",
        "s/name: good$/name: good-again/",
        "/the examples/c.yaml",
    ]
    assert command.endswith(" | kubectl apply -f -")


def test_the_shell_is_prepared_also_with_blanks_in_paths() -> None:
    assert SHELL.exports() == (
        "export KUBECONFIG='/a b/kubeconfig'",
        "export PATH='/my bin':\"$PATH\"",
    )
