import io
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from rich.console import Console

from cluster.binaries import NAMES, make_available
from cluster.cache import cache_folder
from cluster.errors import ClusterError
from cluster.go import REQUIREMENTS, find_go, wheel_folder
from cluster.gomod import GoVersion, read_pinned_tools
from cluster.probe import wait_until
from cluster.report import Report

LIMIT_SECONDS = 30
DIGEST = read_pinned_tools(REQUIREMENTS.parent).digest
BUILDS = """
for name in server kube-apiserver kube-controller-manager kubectl; do
  printf x > "$GOBIN/$name" && chmod +x "$GOBIN/$name"
done
"""


def programs_in(folder: Path, names: Iterable[str] = NAMES) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch(mode=0o755)
    return folder


def silent() -> Report:
    return Report(Console(file=io.StringIO(), width=500))


def said(report: Report) -> str:
    file = report.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


class Machine:
    """A go command of our own, first on the PATH, and an empty cache."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        self.environ = {
            "PATH": f"{self.bin}{os.pathsep}{os.defpath}",
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        self.cached = cache_folder(self.environ) / DIGEST

    def has_go(self, script: str, *, version: str = "go1.99.0") -> None:
        go = self.bin / "go"
        go.write_text(
            "#!/bin/sh\n"
            f'if [ "$1" = env ]; then echo {version}; exit; fi\n'
            f'echo "$GOTOOLCHAIN $GOWORK $CGO_ENABLED $*" >> {self.calls}\n'
            f"{script}\n"
        )
        go.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_cache_is_where_xdg_says(tmp_path: Path) -> None:
    assert cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "execution-operator"


@pytest.mark.parametrize("environ", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}])
def test_cache_is_below_the_home_folder_otherwise(environ: dict[str, str]) -> None:
    assert cache_folder(environ) == Path.home() / ".cache" / "execution-operator"


def test_assets_come_before_the_cache(machine: Machine, tmp_path: Path) -> None:
    programs_in(machine.cached)
    assets = programs_in(tmp_path / "assets")
    found = make_available({**machine.environ, "KUBEBUILDER_ASSETS": str(assets)}, silent())
    assert found.folder == assets


def test_incomplete_assets_are_named_and_left(machine: Machine, tmp_path: Path) -> None:
    programs_in(machine.cached)
    assets = programs_in(tmp_path / "assets", ["etcd", "kube-apiserver", "kubectl"])
    report = silent()
    found = make_available({**machine.environ, "KUBEBUILDER_ASSETS": str(assets)}, report)
    assert found.folder == machine.cached
    assert f"KUBEBUILDER_ASSETS {assets} lacks kube-controller-manager" in said(report)


def test_program_that_cannot_be_executed_is_missing(machine: Machine, tmp_path: Path) -> None:
    programs_in(machine.cached)
    assets = programs_in(tmp_path / "assets")
    (assets / "etcd").chmod(0o644)
    found = make_available({**machine.environ, "KUBEBUILDER_ASSETS": str(assets)}, silent())
    assert found.folder == machine.cached


def test_cached_programs_are_not_built_again(machine: Machine) -> None:
    machine.has_go("exit 1")
    programs_in(machine.cached)
    make_available(machine.environ, silent())
    assert not machine.calls.exists()


def test_built_programs_are_in_the_cache_under_their_own_names(machine: Machine) -> None:
    machine.has_go(BUILDS)
    found = make_available(machine.environ, silent())
    assert found.folder == machine.cached
    assert sorted(path.name for path in machine.cached.iterdir()) == sorted(NAMES)


def test_build_keeps_to_the_pins_whatever_the_environment_says(machine: Machine) -> None:
    machine.has_go(f'[ -z "$GOOS" ] || exit 1\n{BUILDS}')
    environ = {"GOTOOLCHAIN": "auto", "GOWORK": "on", "GOOS": "plan9"}
    make_available({**machine.environ, **environ}, silent())
    assert machine.calls.read_text().startswith("local off 0 install -mod=readonly -ldflags -s -w ")


def test_damaged_cache_is_built_again(machine: Machine) -> None:
    machine.has_go(BUILDS)
    programs_in(machine.cached, ["etcd"])
    make_available(machine.environ, silent())
    assert sorted(path.name for path in machine.cached.iterdir()) == sorted(NAMES)


def test_failed_build_tells_its_last_lines_in_one(machine: Machine) -> None:
    machine.has_go("echo go: no network; echo; echo go: giving up >&2; exit 1")
    with pytest.raises(ClusterError, match=r"^cannot build .*: go: no network; go: giving up$"):
        make_available(machine.environ, silent())


def test_failed_build_leaves_nothing_in_the_cache(machine: Machine) -> None:
    machine.has_go('touch "$GOBIN/kubectl"; exit 1')
    with pytest.raises(ClusterError):
        make_available(machine.environ, silent())
    assert [path.name for path in machine.cached.parent.iterdir()] == [f"{DIGEST}.lock"]


def test_remains_of_a_killed_build_are_removed(machine: Machine) -> None:
    machine.has_go(BUILDS)
    remains = programs_in(machine.cached.parent / f"{DIGEST}.abc.making")
    make_available(machine.environ, silent())
    assert not remains.exists()


def test_second_process_waits_for_the_first_and_builds_nothing(
    machine: Machine, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    machine.has_go(f"until [ -e {release} ]; do sleep 0.05; done\n{BUILDS}")
    reports = [silent(), silent()]
    builders = [
        threading.Thread(target=make_available, args=(machine.environ, report))
        for report in reports
    ]
    builders[0].start()
    try:
        until(machine.calls.exists)
        builders[1].start()
        until(lambda: "waiting for it" in said(reports[1]))
    finally:
        release.touch()
    for builder in builders:
        builder.join(LIMIT_SECONDS)
    assert len(machine.calls.read_text().splitlines()) == 1


def test_unwritable_cache_is_told_in_one_line(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {**machine.environ, "XDG_CACHE_HOME": str(tmp_path / "file")}
    with pytest.raises(ClusterError, match=r'^cannot make "[^\n]*XDG_CACHE_HOME[^\n]*$'):
        make_available(environ, silent())


def test_go_on_the_path_is_taken_when_new_enough(machine: Machine) -> None:
    machine.has_go("", version="go1.26.0")
    assert find_go(machine.environ, GoVersion(1, 26, 0), silent()) == machine.bin / "go"


def test_wheel_of_go_is_taken_when_the_one_on_the_path_is_too_old(machine: Machine) -> None:
    machine.has_go("", version="go1.25.9")
    wheel = has_wheel_of_go(machine)
    report = silent()
    assert find_go(machine.environ, GoVersion(1, 26, 0), report) == wheel
    assert "is Go 1.25.9, Go 1.26.0 or newer is needed" in said(report)


def test_wheel_of_go_is_taken_when_none_is_on_the_path(machine: Machine) -> None:
    wheel = has_wheel_of_go(machine)
    environ = {**machine.environ, "PATH": str(machine.bin)}
    report = silent()
    assert find_go(environ, GoVersion(1, 26, 0), report) == wheel
    assert "no go on the PATH" in said(report)


def has_wheel_of_go(machine: Machine) -> Path:
    """Put a go where the installed wheel would be."""
    return programs_in(wheel_folder(machine.environ) / "go" / "bin", ["go"]) / "go"


def until(holds: Callable[[], bool]) -> None:
    wait_until(holds, limit_seconds=LIMIT_SECONDS, check=lambda: None)
