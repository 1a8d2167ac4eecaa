"""Chooses the commands to try after the demonstration; runs none of them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from demonstration.examples import Example
    from demonstration.installation import Resource
    from demonstration.outcomes import Outcome

_RUN: Final = "TestExecution"


@dataclass(frozen=True, slots=True)
class Shell:
    """What another terminal needs to know: the login, kubectl, and where the examples are."""

    kubeconfig: Path
    kubectl: Path
    examples: Path

    def exports(self) -> tuple[str, ...]:
        """Return the lines that prepare a shell."""
        folder = shlex.quote(str(self.kubectl.parent))
        return (
            f"export KUBECONFIG={shlex.quote(str(self.kubeconfig))}",
            f'export PATH={folder}:"$PATH"',
        )


def commands(
    shell: Shell,
    examples: Iterable[Example],
    *,
    outcomes: Sequence[Outcome],
    resources: Iterable[Resource],
) -> tuple[str, ...]:
    """Return commands that work with these examples: look, understand, run once more."""
    short = {resource.kind: resource.short for resource in resources}
    kinds = dict.fromkeys(short[outcome.ending.about.kind] for outcome in outcomes)
    return (
        f"kubectl get {','.join(kinds)} -A",
        *(f"kubectl describe {short[_RUN]} {name}" for name in _interesting(outcomes)),
        *(_once_more(shell, example) for example in _simplest(examples)),
    )


def _interesting(outcomes: Iterable[Outcome]) -> list[str]:
    """Name one run at most: that which tells most, one that ended badly."""
    runs = [outcome for outcome in outcomes if outcome.ending.about.kind == _RUN]
    runs.sort(key=lambda run: run.seen is None or run.seen.value_of("phase") != "Failed")
    return [run.ending.about.name for run in runs[:1]]


def _simplest(examples: Iterable[Example]) -> list[Example]:
    """Choose one example at most: one that is a run and nothing else, and passes."""
    alone = [
        example
        for example in examples
        if [one.kind for one in example.objects] == [_RUN]
        and "Succeeded" in str(example.endings[0])
    ]
    return alone[:1]


def _once_more(shell: Shell, example: Example) -> str:
    name = example.objects[0].name
    change = shlex.quote(f"s/name: {name}$/name: {name}-again/")
    file = shlex.quote(str(shell.examples / example.file))
    return f"sed {change} {file} | kubectl apply -f -"
