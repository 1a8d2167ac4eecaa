"""What people type: `python -m cluster`; knows nothing of how a control plane is made."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType

import kstatus
from cluster.binaries import make_available
from cluster.control_plane import ControlPlane, control_plane
from cluster.errors import ClusterError
from cluster.kubectl import own_kubectl_settings
from cluster.report import Report

CHECK_SECONDS = 1
INTERRUPTED = 130
NOT_FOUND = 127


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code."""
    ours, command = split(arguments)
    options = _parser().parse_args(ours)
    if command == []:
        _parser().error("a command is missing after --")
    if command and options.build_only:
        _parser().error("--build-only runs no command")
    # One way out: KeyboardInterrupt; also where a shell's background made SIGINT ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    report = Report()
    try:
        return _run(command, build_only=options.build_only, report=report)
    except ClusterError as exc:
        report.say(str(exc))
        return 1
    except KeyboardInterrupt:
        report.say("interrupted")
        return INTERRUPTED


def split(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Divide the arguments at the first `--` into ours and a command; None: there is no `--`."""
    given = list(arguments)
    if "--" not in given:
        return given, None
    at = given.index("--")
    return given[:at], given[at + 1 :]


def command_environment(plane: ControlPlane, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the cluster's login, and our kubectl first on the PATH."""
    path = os.pathsep.join([str(plane.kubectl.parent), environ.get("PATH", os.defpath)])
    settings = own_kubectl_settings(plane.folder / "kubectl-cache")
    return {**environ, **settings, "KUBECONFIG": str(plane.kubeconfig), "PATH": path}


def exit_code_of(return_code: int) -> int:
    """Return what a shell would: 128 and the signal's number for a process that a signal ended."""
    return return_code if return_code >= 0 else 128 - return_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cluster",
        usage="%(prog)s [--build-only | -- COMMAND ...]",
        description="Start a local Kubernetes control plane and keep it until Ctrl-C.",
        epilog="With a command: run it on the cluster, stop the cluster, exit with its code.",
    )
    parser.add_argument(
        "--build-only",
        action="store_true",
        help="only find or build the programs it needs, and those that tests need besides",
    )
    return parser


def _run(command: list[str] | None, *, build_only: bool, report: Report) -> int:
    binaries = make_available(os.environ, report)
    report.say(f"programs are in {binaries.folder}")
    if build_only:
        kstatus.make_available(os.environ, report)
        return 0
    with control_plane(report=report, binaries=binaries) as plane:
        code = _run_command(command, plane, report) if command else _stay(plane, report)
    report.say("stopped, nothing is left")
    return code


def _stay(plane: ControlPlane, report: Report) -> int:
    try:
        print(f"export KUBECONFIG={shlex.quote(str(plane.kubeconfig))}", flush=True)
        report.hint(f"kubectl is {plane.kubectl}")
        report.hint("Ctrl-C stops it")
        while True:
            time.sleep(CHECK_SECONDS)
            plane.check()
    except KeyboardInterrupt:
        report.say("stopping kube-controller-manager, kube-apiserver, etcd")
        return 0


def _run_command(command: Sequence[str], plane: ControlPlane, report: Report) -> int:
    try:
        process = subprocess.Popen(command, env=command_environment(plane, os.environ))
    except OSError as exc:
        report.say(f'cannot run "{command[0]}": {exc.strerror}')
        return NOT_FOUND

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    # A terminal has sent Ctrl-C to the command, too: it decides, and we wait for it.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    signal.signal(signal.SIGTERM, pass_on)
    return exit_code_of(process.wait())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
