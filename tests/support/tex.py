"""`kubectl-tex` as a process of its own, as an account with few rights in the test's namespace."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.kube import PATIENCE_SECONDS, until

if TYPE_CHECKING:
    from cluster import ControlPlane

PROGRAM = Path(__file__).parents[2] / ".venv/bin/kubectl-tex"
RUNNER = ("create", "get", "list", "watch")
FLAGS = ("--server=hub", "--project=1050", "--revision=main")
SMOKE = (*FLAGS, "--asset=Shop/Tests/Smoke.testsuite")


def account(  # noqa: PLR0913 - rights by resource
    plane: ControlPlane,
    namespace: str,
    *,
    runs: tuple[str, ...] = RUNNER,
    servers: tuple[str, ...] = (),
    secrets: tuple[str, ...] = (),
    name: str = "tester",
) -> Path:
    """A ServiceAccount that may do these verbs and nothing else; its kubeconfig."""
    group = "execution-operator.io"
    rules = [
        {"apiGroups": [group], "resources": ["testexecutions"], "verbs": list(runs)},
        {"apiGroups": [group], "resources": ["executionservers"], "verbs": list(servers)},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": list(secrets)},
    ]
    meta = {"name": name, "namespace": namespace}
    rbac = "rbac.authorization.k8s.io"
    items = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "Role",
            "metadata": meta,
            "rules": [rule for rule in rules if rule["verbs"]],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
    ]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    plane.run_kubectl("apply", "-f", "-", stdin=listed)
    return plane.service_account_kubeconfig(namespace, name)


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def only_line(self) -> str:
        """The one line of the errors."""
        (line,) = self.err.splitlines()
        return line


@dataclass
class Going:
    """A command that runs; what it printed so far is in `out` and `err`."""

    process: asyncio.subprocess.Process
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    readers: list[asyncio.Task[None]] = field(default_factory=list)

    async def printed(self, text: str) -> None:
        await until(lambda: text in "".join([*self.out, *self.err]), f"{text!r} printed")

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        self.process.send_signal(number)

    async def done(self) -> Done:
        code = await asyncio.wait_for(self.process.wait(), PATIENCE_SECONDS)
        await asyncio.gather(*self.readers)
        return Done(code, "".join(self.out), "".join(self.err))


async def begin(*arguments: str, kubeconfig: Path | None, stdin: str = "", **env: str) -> Going:
    """Start `kubectl-tex`."""
    more = {"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *arguments,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **more, **env},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(stdin.encode())
    process.stdin.close()
    going = Going(process)
    going.readers = [
        asyncio.create_task(_read(process.stdout, going.out)),
        asyncio.create_task(_read(process.stderr, going.err)),
    ]
    return going


async def tex(*arguments: str, kubeconfig: Path | None, stdin: str = "", **env: str) -> Done:
    """Run `kubectl-tex` to its end."""
    going = await begin(*arguments, kubeconfig=kubeconfig, stdin=stdin, **env)
    return await going.done()


async def _read(stream: Any, kept: list[str]) -> None:
    async for raw in stream:
        kept.append(raw.decode())  # noqa: PERF401 - seen while it grows
