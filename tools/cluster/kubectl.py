"""Runs kubectl and says in one line why it failed; knows nothing of the control plane."""

import itertools
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.errors import KubectlError


@dataclass(frozen=True, slots=True)
class Kubectl:
    """A kubectl: the program, whom it logs in as, and where it may keep what it learns."""

    program: Path
    kubeconfig: Path
    cache: Path

    def run(self, arguments: Sequence[str], *, stdin: str | None = None) -> str:
        """Run it and return its standard output.

        Raises:
            KubectlError: it failed.
        """
        answer = subprocess.run(
            [self.program, f"--kubeconfig={self.kubeconfig}", *arguments],
            env={**os.environ, **own_kubectl_settings(self.cache)},
            input=stdin or "",
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode == 0:
            return answer.stdout
        raise KubectlError(
            verb_of(arguments), exit_code=answer.returncode, stderr=answer.stderr or answer.stdout
        )


def own_kubectl_settings(cache: Path) -> dict[str, str]:
    """Return variables that keep kubectl from a person's own files.

    Its cache knows a server by its port, so it would take a new control plane for an old one.
    """
    return {"KUBECACHEDIR": str(cache), "KUBERC": "off"}


def verb_of(arguments: Sequence[str]) -> str:
    """Return the words before the first flag: what comes later may be somebody's secret."""
    return " ".join(itertools.takewhile(lambda word: not word.startswith("-"), arguments))
