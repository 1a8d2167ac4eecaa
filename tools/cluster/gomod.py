"""What our Go modules pin, read from go.mod and go.sum; knows nothing of running Go."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cluster.errors import ClusterError

_BEFORE_FIRST_PATCH = -1


@dataclass(frozen=True, slots=True, order=True)
class GoVersion:
    """A version of Go, in the order of releases; a beta or release candidate has the patch -1."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `1.26.0`, `go1.26.8`, `go1.27rc1` or a text around one of them; None: no version."""
        found = re.search(r"(\d+)\.(\d+)(?:\.(\d+)|((?:rc|beta)\d+))?", text)
        if found is None:
            return None
        major, minor, patch, candidate = found.groups()
        return cls(int(major), int(minor), _BEFORE_FIRST_PATCH if candidate else int(patch or 0))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{max(self.patch, 0)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoModule:
    """A folder with go.mod and go.sum, and the source of programs, if it has its own.

    Attributes:
        folder: where they are.
        least_go: the oldest Go that builds it.
        digest: changes with each change of go.mod, go.sum and the source; 16 hexadecimal digits.
    """

    folder: Path
    least_go: GoVersion
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedTools(GoModule):
    """The tools of a go.mod that requires Kubernetes.

    Attributes:
        kubernetes: the version of Kubernetes, such as `v1.36.3`.
    """

    kubernetes: str

    @property
    def ldflags(self) -> str:
        """Flags for the linker: no debug information, and the version of Kubernetes.

        Without it the server calls itself v0.0.0, which Helm's version checks refuse.
        """
        major, minor, _ = self.kubernetes.removeprefix("v").split(".", 2)
        values = {"gitVersion": self.kubernetes, "gitMajor": major, "gitMinor": minor}
        package = "k8s.io/component-base/version"
        return " ".join(["-s -w", *(f"-X {package}.{k}={v}" for k, v in values.items())])


def read_module(folder: Path, *sources: str) -> GoModule:
    """Read the module in the folder; the sources are files there.

    Raises:
        ClusterError: go.mod has no `go` line.
    """
    module = _text_of(folder)
    least = GoVersion.parse(_pin(r"^go (\S+)$", module))
    if least is None:
        message = "cannot read go.mod: its go line has no version"
        raise ClusterError(message)
    contents = [(folder / name).read_bytes() for name in ("go.mod", "go.sum", *sources)]
    digest = hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]
    return GoModule(folder=folder, least_go=least, digest=digest)


def read_pinned_tools(folder: Path) -> PinnedTools:
    """Read the pins in the folder.

    Raises:
        ClusterError: go.mod has no `go` line, or no requirement of k8s.io/kubernetes.
    """
    module = read_module(folder)
    kubernetes = _pin(r"^\s*(?:require )?k8s\.io/kubernetes (v\d+\.\d+\.\S+)", _text_of(folder))
    return PinnedTools(
        folder=folder, least_go=module.least_go, digest=module.digest, kubernetes=kubernetes
    )


def _text_of(folder: Path) -> str:
    return (folder / "go.mod").read_text(encoding="utf-8")


def _pin(pattern: str, module: str) -> str:
    found = re.search(pattern, module, re.MULTILINE)
    if found is None:
        message = f"cannot read go.mod: no line matches {pattern}"
        raise ClusterError(message)
    return found[1]
