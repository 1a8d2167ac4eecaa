"""Finds or builds the programs of a control plane; knows nothing of running them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster.cache import Recipe, cache_folder, made_once
from cluster.go import find_go, go_environment
from cluster.gomod import PinnedTools, read_pinned_tools
from cluster.report import Report, Step

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder that holds all four programs under their own names."""

    folder: Path

    @property
    def etcd(self) -> Path:
        """The store."""
        return self.folder / "etcd"

    @property
    def api_server(self) -> Path:
        """The API server."""
        return self.folder / "kube-apiserver"

    @property
    def controller_manager(self) -> Path:
        """The controllers."""
        return self.folder / "kube-controller-manager"

    @property
    def kubectl(self) -> Path:
        """The command line client."""
        return self.folder / "kubectl"


def missing_from(folder: Path) -> list[str]:
    """Name the programs that are not there or cannot be executed."""
    return [name for name in NAMES if not _is_program(folder / name)]


def make_available(environ: Mapping[str, str], report: Report) -> Binaries:
    """Return the programs: from `KUBEBUILDER_ASSETS`, else from our cache, else build them.

    Raises:
        ClusterError: they can be neither found nor built.
    """
    assets = environ.get(ASSETS_VARIABLE)
    if assets:
        missing = missing_from(Path(assets))
        if not missing:
            return Binaries(Path(assets).absolute())
        report.say(f"{ASSETS_VARIABLE} {assets} lacks {', '.join(missing)}: looking further")
    return Binaries(_cached(read_pinned_tools(Path(__file__).parent), environ, report))


def _cached(tools: PinnedTools, environ: Mapping[str, str], report: Report) -> Path:
    recipe = Recipe(
        cache_folder(environ) / tools.digest,
        is_whole=lambda folder: not missing_from(folder),
        make=lambda folder: _build(tools, folder, environ=environ, report=report),
    )
    return made_once(recipe, report)


def _build(tools: PinnedTools, folder: Path, *, environ: Mapping[str, str], report: Report) -> None:
    go = find_go(environ, tools.least_go, report)
    report.say(f"building {', '.join(NAMES)} of Kubernetes {tools.kubernetes} with {go}")
    report.hint(
        "the first time takes 3 to 5 minutes and up to 4 GB in Go's caches; then they are kept"
    )
    report.run(
        Step(
            f"build the programs of Kubernetes {tools.kubernetes}",
            # -mod before a -mod in somebody's GOFLAGS: the pins are never rewritten.
            (str(go), "install", "-mod=readonly", "-ldflags", tools.ldflags, "tool"),
            folder=tools.folder,
            environment=go_environment(environ) | {"GOBIN": str(folder)},
        )
    )
    (folder / "server").rename(folder / "etcd")  # go names a program after its package
    report.say(f"built, kept in {cache_folder(environ) / tools.digest}")


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
