"""What people type, and what they read when it was wrong."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from execution_operator.cli.main import main
from execution_operator.crds import DEFINITIONS, render
from execution_operator.settings import Settings

FLAGS = [
    "--" + name.replace("_", "-")
    for name, field in Settings.model_fields.items()
    if "timedelta" in str(field.annotation)
]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in os.environ:
        if name.startswith("EXECUTION_OPERATOR_") or name == "KUBECONFIG":
            monkeypatch.delenv(name)


def typed(*arguments, env=None):
    return CliRunner(env=env).invoke(main, arguments, prog_name="execution-operator")


def run_for_real(*arguments):
    """The operator as a process of its own, since it sets up logs and signals."""
    return subprocess.run(
        [sys.executable, "-m", "execution_operator", "run", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_one_line(text):
    return text.endswith("\n") and text.count("\n") == 1


@pytest.mark.parametrize("flag", FLAGS)
def test_help_lists_every_period(flag):
    assert f" {flag} DURATION" in typed("run", "--help").stdout


@pytest.mark.parametrize(
    ("flag", "default"), [("--poll-period", "5s"), ("--lease-duration", "15s")]
)
def test_help_gives_the_default_of_a_period(flag, default):
    text = " ".join(typed("run", "--help").stdout.split())
    after = text.split(f"{flag} DURATION", maxsplit=1)[1].split(" --", maxsplit=1)[0]
    assert f"[default: {default}]" in after


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["run", "-h"], ["crds", "--help"]])
def test_help_is_no_mistake(arguments):
    result = typed(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Usage: execution-operator" in result.stdout


def test_version_is_one_line():
    result = typed("--version")
    assert result.exit_code == 0
    assert is_one_line(result.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ["--poll-period", "soon"], "--poll-period: Invalid duration soon", id="no duration"
        ),
        pytest.param(
            ["--poll-period", "10ms"],
            "--poll-period: give at least 1s",
            id="too short",
        ),
        pytest.param(
            ["--probe-period=-5m"],
            "--probe-period: give at least 10s",
            id="negative",
        ),
        pytest.param(
            ["--renew-deadline", "20s"],
            "give retry_period < renew_deadline < lease_duration",
            id="does not fit",
        ),
    ],
)
def test_a_wrong_period_is_told_in_one_line(arguments, said):
    result = typed("run", *arguments)
    assert result.exit_code == 2
    assert (result.stdout, result.stderr) == ("", f"execution-operator: {said}\n")


def test_several_wrong_periods_are_told_in_one_line():
    result = typed("run", "--poll-period", "soon", "--lost-period", "never")
    assert is_one_line(result.stderr)
    assert "--poll-period: " in result.stderr
    assert "--lost-period: " in result.stderr


def test_a_wrong_variable_is_told_in_one_line():
    result = typed("run", env={"EXECUTION_OPERATOR_WORKERS": "many"})
    assert result.exit_code == 2
    assert is_one_line(result.stderr)
    assert result.stderr.startswith("execution-operator: --workers: ")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["run", "--workers", "0"], id="out of range"),
        pytest.param(["run", "--log-format", "xml"], id="no such choice"),
        pytest.param(["run", "--nonsense"], id="no such flag"),
        pytest.param(["crds", "--kind", "Pod"], id="no such kind"),
        pytest.param(["walk"], id="no such command"),
    ],
)
def test_a_wrong_command_is_told_without_traceback(arguments):
    result = typed(*arguments)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert isinstance(result.exception, SystemExit)


def test_crds_prints_all_definitions():
    result = typed("crds")
    assert (result.exit_code, result.stdout) == (0, render())
    kinds = [one["spec"]["names"]["kind"] for one in yaml.safe_load_all(result.stdout)]
    assert kinds == [definition.kind for definition in DEFINITIONS]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.kind)
def test_crds_prints_one_kind(definition):
    assert typed("crds", "--kind", definition.kind).stdout == render([definition])


def refused(*arguments):
    """What is said of arguments that are only found wrong when the operator starts."""
    result = run_for_real("--ops-address", "127.0.0.1:0", "--log-level", "error", *arguments)
    assert "Traceback" not in result.stderr
    assert (result.returncode, result.stdout) == (2, "")
    return result.stderr


def test_a_missing_kubeconfig_is_told_in_one_line(tmp_path):
    said = refused("--kubeconfig", str(tmp_path / "missing"))
    assert said == (
        f'execution-operator: cannot use kubeconfig "{tmp_path}/missing": there is no such file;'
        " give --kubeconfig FILE or set KUBECONFIG\n"
    )


TOKEN_ASTRAY = """
current-context: a
contexts: [{name: a, context: {cluster: c, user: u}}]
users: [{name: u, token: hunter2}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
"""


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param("- 1\n", "it is no map", id="a list"),
        pytest.param("{}\n", "Invalid kube-config file. ", id="no context"),
        pytest.param("a: [b\n", "line 2 is no YAML", id="no YAML"),
        pytest.param("\0", "it is no YAML", id="binary"),
        pytest.param("contexts: 7\ncurrent-context: a\n", "one of its entries ", id="no list"),
        pytest.param(TOKEN_ASTRAY, "Invalid kube-config file. ", id="a token in a wrong place"),
    ],
)
def test_an_unusable_kubeconfig_is_told_in_one_line(content, cause, tmp_path):
    path = tmp_path / "config"
    path.write_text(content)
    said = refused("--kubeconfig", str(path))
    assert is_one_line(said)
    assert said.startswith(f'execution-operator: cannot use kubeconfig "{path}": {cause}')
    assert "hunter2" not in said


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:http", "127.0.0.1:99999"])
def test_an_ops_address_that_is_none_is_told_in_one_line(address, tmp_path):
    said = refused("--kubeconfig", str(tmp_path / "missing"), "--ops-address", address)
    assert is_one_line(said)
