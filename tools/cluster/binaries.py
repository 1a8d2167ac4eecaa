"""Finds or builds the programs of a control plane; knows nothing of running them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster.building import Programs, built, missing
from cluster.gomod import PinnedTools, read_pinned_tools
from cluster.report import Report

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


def make_available(environ: Mapping[str, str], report: Report) -> Binaries:
    """Return the programs: from `KUBEBUILDER_ASSETS`, else from our cache, else build them.

    Raises:
        ClusterError: they can be neither found nor built.
    """
    assets = environ.get(ASSETS_VARIABLE)
    if assets:
        lacking = missing(Path(assets), NAMES)
        if not lacking:
            return Binaries(Path(assets).absolute())
        report.say(f"{ASSETS_VARIABLE} {assets} lacks {', '.join(lacking)}: looking further")
    programs = _programs(read_pinned_tools(Path(__file__).parent))
    return Binaries(built(programs, environ, report))


def _programs(tools: PinnedTools) -> Programs:
    return Programs(
        title=f"{', '.join(NAMES)} of Kubernetes {tools.kubernetes}",
        module=tools,
        packages=("tool",),
        names=NAMES,
        renamed={"server": "etcd"},  # go names a program after its package
        ldflags=tools.ldflags,
        effort="the first time takes 3 to 5 minutes and up to 4 GB in Go's caches;"
        " then they are kept",
    )
