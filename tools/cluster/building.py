"""Builds programs of a Go module once and keeps them; knows nothing of what they are for."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cluster.cache import Recipe, cache_folder, made_once
from cluster.go import find_go, go_environment
from cluster.gomod import GoModule
from cluster.report import Report, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Programs that are built together.

    Attributes:
        title: what people call them: `kubectl of Kubernetes v1.36.3`.
        module: the Go module that pins them.
        packages: what go is to install, in the module's folder.
        names: of all the programs, once they are built.
        renamed: their names by the ones go gives them, where those differ.
        ldflags: flags for the linker.
        effort: how long it takes and what it needs, for people.
    """

    title: str
    module: GoModule
    packages: tuple[str, ...]
    names: tuple[str, ...]
    effort: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    ldflags: str = "-s -w"


def built(programs: Programs, environ: Mapping[str, str], report: Report) -> Path:
    """Return the folder of the programs: from our cache, else build them.

    Raises:
        ClusterError: they cannot be built.
    """
    recipe = Recipe(
        cache_folder(environ) / programs.module.digest,
        is_whole=lambda folder: not missing(folder, programs.names),
        make=lambda folder: _build(programs, folder, environ=environ, report=report),
    )
    return made_once(recipe, report)


def missing(folder: Path, names: Iterable[str]) -> list[str]:
    """Name the programs that are not there or cannot be executed."""
    return [name for name in names if not _is_program(folder / name)]


def _build(programs: Programs, folder: Path, *, environ: Mapping[str, str], report: Report) -> None:
    module = programs.module
    go = find_go(environ, module.least_go, report)
    report.say(f"building {programs.title} with {go}")
    report.hint(programs.effort)
    report.run(
        Step(
            f"build {programs.title}",
            (
                # Before a -mod in somebody's GOFLAGS: the pins are never rewritten.
                *(str(go), "install", "-mod=readonly", "-ldflags", programs.ldflags),
                # Else go asks git about our own packages, and fails where git refuses the folder.
                *("-buildvcs=false", *programs.packages),
            ),
            folder=module.folder,
            environment=go_environment(environ) | {"GOBIN": str(folder)},
        )
    )
    for given, ours in programs.renamed.items():
        (folder / given).rename(folder / ours)
    report.say(f"built, kept in {cache_folder(environ) / module.digest}")


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
