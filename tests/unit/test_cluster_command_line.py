import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from cluster.__main__ import exit_code_of, main, split
from cluster.errors import ClusterError, KubectlError, one_line
from cluster.kubectl import Kubectl, verb_of
from cluster.probe import wait_until
from cluster.report import Report, Step


@pytest.mark.parametrize(
    ("given", "ours", "command"),
    [
        pytest.param([], [], None, id="nothing"),
        pytest.param(["--build-only"], ["--build-only"], None, id="no command"),
        pytest.param(["--", "a", "b"], [], ["a", "b"], id="command"),
        pytest.param(["--", "a", "--", "b"], [], ["a", "--", "b"], id="the first one divides"),
        pytest.param(["--"], [], [], id="empty command"),
    ],
)
def test_arguments_are_divided_at_the_first_double_dash(
    given: list[str], ours: list[str], command: list[str] | None
) -> None:
    assert split(given) == (ours, command)


@pytest.mark.parametrize(
    ("return_code", "expected"), [(0, 0), (3, 3), (-15, 143)], ids=["good", "bad", "signal"]
)
def test_exit_code_is_what_a_shell_would_say(return_code: int, expected: int) -> None:
    assert exit_code_of(return_code) == expected


@pytest.mark.parametrize("arguments", [["--"], ["--nonsense"], ["--build-only", "--", "true"]])
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "python -m cluster: error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["a", "b"], "a; b", id="several"),
        pytest.param(["  a \n", "\n", "b\n"], "a; b", id="blank"),
        pytest.param([], "no output", id="none"),
    ],
)
def test_output_becomes_one_line(lines: list[str], expected: str) -> None:
    assert one_line(lines) == expected


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [
        (["get", "pods", "-A"], "get pods"),
        (["create", "secret", "generic", "x", "--from-literal=a=b"], "create secret generic x"),
        (["--token=abc", "get"], ""),
    ],
)
def test_error_names_nothing_behind_the_first_flag(arguments: list[str], verb: str) -> None:
    assert verb_of(arguments) == verb


def fake_kubectl(folder: Path, script: str) -> Kubectl:
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Kubectl(program, folder / "kubeconfig", folder / "cache")


def test_failed_kubectl_is_told_in_one_line_with_what_it_wrote(tmp_path: Path) -> None:
    kubectl = fake_kubectl(tmp_path, "echo one >&2; echo two >&2; exit 4")
    with pytest.raises(KubectlError, match=r'^cannot run "kubectl get pods": one; two$') as failed:
        kubectl.run(["get", "pods", "--token=x"])
    assert (failed.value.exit_code, failed.value.stderr) == (4, "one\ntwo\n")


def test_kubectl_reads_the_given_text(tmp_path: Path) -> None:
    assert fake_kubectl(tmp_path, "cat").run(["apply"], stdin="kind: X") == "kind: X"


def test_kubectl_keeps_off_a_persons_own_files(tmp_path: Path) -> None:
    kubectl = fake_kubectl(tmp_path, 'echo "$1 $KUBECACHEDIR $KUBERC"')
    assert kubectl.run([]) == f"--kubeconfig={tmp_path}/kubeconfig {tmp_path}/cache off\n"


def test_waiting_ends_when_the_condition_holds() -> None:
    answers = iter([False, False, True])
    wait_until(lambda: next(answers), limit_seconds=30, check=lambda: None)
    assert list(answers) == []


def test_waiting_ends_at_the_limit() -> None:
    with pytest.raises(TimeoutError, match=r"^not ready after 0 s$"):
        wait_until(lambda: False, limit_seconds=0, check=lambda: None)


def test_waiting_ends_when_the_check_gives_up() -> None:
    def give_up() -> None:
        message = "a server has ended"
        raise ClusterError(message)

    with pytest.raises(ClusterError, match=r"^a server has ended$"):
        wait_until(lambda: True, limit_seconds=30, check=give_up)


def test_report_says_how_long_it_has_taken() -> None:
    out = io.StringIO()
    Report(Console(file=out), elapsed_seconds=lambda: 61.25).say("something [bold]")
    assert out.getvalue() == "  61.2 s  something [bold]\n"


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_step_runs_in_its_folder_with_its_environment(tmp_path: Path, terminal: bool) -> None:  # noqa: FBT001 - a table's column
    report = Report(Console(file=io.StringIO(), force_terminal=terminal))
    code = "import os, pathlib; pathlib.Path('made').write_text(os.environ['WORD'])"
    step = Step("make", (sys.executable, "-c", code), tmp_path, environment={"WORD": "hello"})
    report.run(step)
    assert (tmp_path / "made").read_text() == "hello"


def test_step_that_cannot_start_is_told_in_one_line(tmp_path: Path) -> None:
    step = Step("build it", (str(tmp_path / "none"),), tmp_path, environment={})
    with pytest.raises(ClusterError, match=r"^cannot build it: .*No such file"):
        Report(Console(file=io.StringIO())).run(step)
