"""Says what kstatus (of Flux, Helm 4 and kpt) makes of objects; knows nothing of our kinds."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cluster.building import Programs, built
from cluster.errors import one_line
from cluster.gomod import read_module
from cluster.report import Report

NAME = "kstatus"
LIMIT_SECONDS = 60


def compute(objects: Iterable[Mapping[str, Any]], *, report: Report | None = None) -> list[str]:
    """Return the kstatus of each object: InProgress, Current, Failed or Terminating.

    Args:
        objects: as the API server stores them, with their metadata and status.
        report: whom to tell when the program is built; by default standard error.

    Raises:
        ClusterError: the program cannot be built.
        ValueError: kstatus cannot read an object.
    """
    program = make_available(os.environ, report or Report())
    ended = subprocess.run(
        [program],
        input="\n".join(map(json.dumps, objects)),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        message = f"cannot compute a kstatus: {one_line(ended.stderr.splitlines())}"
        raise ValueError(message)
    return [json.loads(line)["status"] for line in ended.stdout.splitlines()]


def make_available(environ: Mapping[str, str], report: Report) -> Path:
    """Return the program: from the cache of the cluster's programs, else build it.

    Raises:
        ClusterError: it cannot be built.
    """
    programs = Programs(
        title=NAME,
        module=read_module(Path(__file__).parent, "main.go"),
        packages=(".",),
        names=(NAME,),
        effort="the first time takes up to a minute; then it is kept",
    )
    return built(programs, environ, report) / NAME
