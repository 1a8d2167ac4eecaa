from pathlib import Path

import pytest

from cluster.errors import ClusterError
from cluster.go import REQUIREMENTS
from cluster.gomod import GoVersion, read_module, read_pinned_tools

PINNED = REQUIREMENTS.parent
MODULE = "module example.org/x\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes v1.36.3\n"


def module_in(folder: Path, *, module: str = MODULE, sums: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text(module)
    (folder / "go.sum").write_text(sums)
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1.26.0", GoVersion(1, 26, 0), id="go.mod"),
        pytest.param("1.26", GoVersion(1, 26, 0), id="no patch"),
        pytest.param("go1.26.8\n", GoVersion(1, 26, 8), id="release"),
        pytest.param("go1.26.8 X:nodwarf5", GoVersion(1, 26, 8), id="experiment"),
        pytest.param("go1.27rc1", GoVersion(1, 27, -1), id="candidate"),
        pytest.param("devel go1.28-3af7c2f", GoVersion(1, 28, 0), id="development"),
        pytest.param("", None, id="nothing"),
        pytest.param("no such thing", None, id="no version"),
    ],
)
def test_version_of_go_is_read_from_text(text: str, expected: GoVersion | None) -> None:
    assert GoVersion.parse(text) == expected


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.9.7", "1.26.0"), ("1.26.0", "1.26.8"), ("go1.26rc2", "1.26"), ("1.26.9", "go1.27beta1")],
)
def test_versions_of_go_are_in_the_order_of_their_release(older: str, newer: str) -> None:
    first, second = GoVersion.parse(older), GoVersion.parse(newer)
    assert first is not None
    assert second is not None
    assert first < second


def test_pins_are_read_from_our_own_go_mod() -> None:
    tools = read_pinned_tools(PINNED)
    assert tools.kubernetes.startswith("v1.")
    assert tools.least_go >= GoVersion(1, 26, 0)


def test_wheel_of_go_is_new_enough_for_our_go_mod() -> None:
    pin = GoVersion.parse(REQUIREMENTS.read_text())
    assert pin is not None
    assert pin >= read_pinned_tools(PINNED).least_go


def test_linker_is_told_the_version_of_kubernetes(tmp_path: Path) -> None:
    flags = read_pinned_tools(module_in(tmp_path)).ldflags
    package = "k8s.io/component-base/version"
    assert flags == (
        f"-s -w -X {package}.gitVersion=v1.36.3 -X {package}.gitMajor=1 -X {package}.gitMinor=36"
    )


@pytest.mark.parametrize(
    ("module", "sums"),
    [
        pytest.param(MODULE.replace("v1.36.3", "v1.36.4"), "", id="go.mod"),
        pytest.param(MODULE, "k8s.io/api v0.36.3 h1:x\n", id="go.sum"),
    ],
)
def test_digest_changes_with_each_file(tmp_path: Path, module: str, sums: str) -> None:
    before = read_pinned_tools(module_in(tmp_path / "before"))
    after = read_pinned_tools(module_in(tmp_path / "after", module=module, sums=sums))
    assert before.digest != after.digest


def test_digest_changes_with_the_source(tmp_path: Path) -> None:
    source = module_in(tmp_path) / "main.go"
    source.write_text("package main")
    before = read_module(tmp_path, source.name).digest
    source.write_text("package main // and more")
    assert read_module(tmp_path, source.name).digest != before


@pytest.mark.parametrize("missing", ["go 1.26.0", "require k8s.io/kubernetes v1.36.3"])
def test_go_mod_without_a_pin_is_refused_in_one_line(tmp_path: Path, missing: str) -> None:
    module = module_in(tmp_path, module=MODULE.replace(missing, ""))
    with pytest.raises(ClusterError, match=r"^cannot read go\.mod: [^\n]*$"):
        read_pinned_tools(module)
