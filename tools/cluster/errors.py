"""What can go wrong, in one line for a person; knows nothing of the causes."""

from collections.abc import Iterable


class ClusterError(Exception):
    """The control plane cannot do what was asked; the text is one line and says why."""


class KubectlError(ClusterError):
    """Kubectl ended with another exit code than 0.

    Attributes:
        exit_code: what kubectl exited with.
        stderr: everything it wrote to standard error.
    """

    def __init__(self, verb: str, *, exit_code: int, stderr: str) -> None:
        super().__init__(f'cannot run "kubectl {verb}": {one_line(stderr.splitlines())}')
        self.exit_code = exit_code
        self.stderr = stderr


def one_line(lines: Iterable[str]) -> str:
    """Join what a program wrote into one line: blank lines dropped, the others after semicolons."""
    return "; ".join(stripped for line in lines if (stripped := line.strip())) or "no output"
