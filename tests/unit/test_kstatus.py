import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import kstatus
from cluster.binaries import NAMES
from cluster.cache import cache_folder
from cluster.gomod import read_module

SOURCE = Path(kstatus.__file__).parent
DIGEST = read_module(SOURCE, "main.go").digest
LIMIT_SECONDS = 60


def thing(*, generation: int = 1, observed: int = 1, **conditions: str) -> dict[str, Any]:
    told = [{"type": type_, "status": status} for type_, status in conditions.items()]
    return {
        "apiVersion": "example.org/v1",
        "kind": "Thing",
        "metadata": {"name": "one", "generation": generation},
        "status": {"observedGeneration": observed, "conditions": told},
    }


def test_each_object_is_answered_in_its_order() -> None:
    objects = [
        thing(Ready="True"),
        thing(Ready="False", Stalled="True"),
        thing(Ready="Unknown"),
        thing(Ready="True", generation=2),
    ]
    assert kstatus.compute(objects) == ["Current", "Failed", "InProgress", "InProgress"]


def test_no_object_has_no_answer() -> None:
    assert kstatus.compute([]) == []


def test_what_is_no_object_is_told_in_one_line() -> None:
    told = r"^cannot compute a kstatus: object 2: Object 'Kind' is missing in [^\n]*$"
    with pytest.raises(ValueError, match=told):
        kstatus.compute([thing(), {"status": {}}])


def test_build_only_builds_it_once_and_beside_the_programs_of_the_cluster(tmp_path: Path) -> None:
    environ = machine(tmp_path)
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-m", "cluster", "--build-only"],
            check=True,
            timeout=LIMIT_SECONDS,
            env=environ,
        )
    assert (cache_folder(environ) / DIGEST / kstatus.NAME).exists()
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call == f"{SOURCE} install -mod=readonly -ldflags -s -w -buildvcs=false ."


def machine(folder: Path) -> dict[str, str]:
    """The environment of one with a go of our own and with all programs of the cluster."""
    assets = folder / "assets"
    assets.mkdir()
    for name in NAMES:
        (assets / name).touch(mode=0o755)
    go = folder / "go"
    go.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = env ]; then echo go1.99.0; exit; fi\n'
        f'echo "$PWD $*" >> {folder}/calls\n'
        'touch "$GOBIN/kstatus" && chmod +x "$GOBIN/kstatus"\n'
    )
    go.chmod(0o755)
    return {
        "PATH": f"{folder}{os.pathsep}{os.defpath}",
        "PYTHONPATH": str(SOURCE.parent),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "KUBEBUILDER_ASSETS": str(assets),
    }
