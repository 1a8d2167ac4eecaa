"""What docs/command-line.md and the CI examples type must be what the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from execution_operator.cli.tex.commands import tex
from execution_operator.cli.tex.mistakes import Code
from execution_operator.cli.tex.program import as_kubectl
from execution_operator.crds import TEST_EXECUTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/command-line.md"
EXAMPLES = sorted((ROOT / "examples/ci").iterdir())
TYPED = re.compile(r"kubectl[ -]tex ((?:[^\n`)]|\\\n)*)")
SHELL = frozenset({"|", ">", ";", "&&"})


def commands_in(text: str) -> Iterator[list[str]]:
    """Each command line that is typed there, without what the shell does with it."""
    joined = re.sub(r"\$\([^)]*\)", "X", text.replace("\\\n", " "))
    for found in TYPED.finditer(joined):
        words = shlex.split(found[1], comments=True)
        ends = [at for at, word in enumerate(words) if word in SHELL]
        yield words[: ends[0]] if ends else words


def argued(document: Any) -> Iterator[list[str]]:
    """The commands that a YAML document gives as lists of arguments."""
    if isinstance(document, dict):
        if document.get("command") == ["kubectl-tex"]:
            yield document["args"]
        for part in document.values():
            yield from argued(part)
    elif isinstance(document, list):
        for part in document:
            yield from argued(part)


def all_commands() -> Iterator[Any]:
    text = "\n".join(re.findall(r"^\$ (.*)", PAGE.read_text().replace("\\\n", " "), re.MULTILINE))
    for words in commands_in(text):
        yield pytest.param(words, id=f"docs {' '.join(words)[:40]}")
    for file in EXAMPLES:
        typed = list(commands_in(_code(file)))
        if file.suffix == ".yaml":
            typed += [
                words for one in yaml.safe_load_all(file.read_text()) for words in argued(one)
            ]
        for words in typed:
            yield pytest.param(words, id=f"{file.name} {' '.join(words)[:40]}")


def _code(file: Path) -> str:
    lines = file.read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("#", "//", "- {")))


@pytest.mark.parametrize("words", list(all_commands()))
def test_command_that_is_shown_is_one_that_is_taken(words: list[str]) -> None:
    name, *rest = as_kubectl(words)
    command = tex.commands[name]

    context = command.make_context(name, rest)

    assert isinstance(context, click.Context)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_example_runs_or_waits_or_grants(file: Path) -> None:
    text = file.read_text()

    if file.suffix == ".yaml":
        assert all(yaml.safe_load_all(text))
    if file.name != "rights.yaml":
        assert "kubectl-tex" in text
        assert "test-runner" in text


def test_rights_are_those_of_run_and_stop() -> None:
    documents = yaml.safe_load_all((ROOT / "examples/ci/rights.yaml").read_text())
    (role,) = [one for one in documents if one["kind"] == "Role"]

    assert role["rules"] == [
        {
            "apiGroups": ["execution-operator.io"],
            "resources": [TEST_EXECUTIONS.plural],
            "verbs": ["create", "list", "watch", "patch"],
        }
    ]


def test_every_command_has_its_section() -> None:
    sections = set(re.findall(r"^## (\w+)$", PAGE.read_text(), re.MULTILINE))

    assert set(tex.commands) - {"completion"} <= sections


def test_every_exit_code_is_documented() -> None:
    documented = re.findall(r"^\| ([0-9]+) \|", PAGE.read_text(), re.MULTILINE)

    assert documented == [str(int(code)) for code in Code]


@pytest.mark.parametrize("name", ["run", "wait", "rerun"])
def test_every_exit_code_is_in_the_help(name: str) -> None:
    shown = tex.commands[name].epilog or ""

    assert re.findall(r"^  ([0-9]+) ", shown, re.MULTILINE) == [str(int(code)) for code in Code]
