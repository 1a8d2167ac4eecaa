"""Puts the operator's resources and rights into a cluster; knows nothing of its process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from cluster import ControlPlane, KubectlError
from cluster.probe import wait_until
from demonstration.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterable

SYSTEM: Final = "execution-operator-system"
ACCOUNT: Final = "execution-operator"
SERVED_SECONDS: Final = 60
_ROLES: Final = Path(__file__).parents[2] / "charts/execution-operator/files/role.yaml"
_ACCOUNT: Final = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {SYSTEM}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {ACCOUNT}, namespace: {SYSTEM}}}
"""
_BINDING: Final = """
apiVersion: rbac.authorization.k8s.io/v1
kind: {binding}
metadata: {{name: {role}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {role}}}
subjects: [{{kind: ServiceAccount, name: {account}, namespace: {namespace}}}]
"""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind that the operator brings: how kubectl calls it, and where the API server has it."""

    kind: str
    plural: str
    short: str
    group: str
    version: str

    def path(self, namespace: str) -> str:
        """Return where the objects of a namespace are listed."""
        return f"/apis/{self.group}/{self.version}/namespaces/{namespace}/{self.plural}"


def printed_definitions() -> str:
    """Return what `execution-operator crds` prints.

    Raises:
        DemoError: it failed.
    """
    answer = subprocess.run(
        [sys.executable, "-m", "execution_operator", "crds"],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode == 0:
        return answer.stdout
    last = (answer.stderr.strip().splitlines() or ["no output"])[-1]
    message = f'cannot run "execution-operator crds": {last}'
    raise DemoError(message)


def resources_in(definitions: str) -> tuple[Resource, ...]:
    """Read the kinds from CustomResourceDefinitions in YAML."""
    return tuple(map(_resource, yaml.safe_load_all(definitions)))


def _resource(definition: Any) -> Resource:  # noqa: ANN401 - YAML of a published shape
    spec = definition["spec"]
    names = spec["names"]
    return Resource(
        names["kind"],
        names["plural"],
        short=names["shortNames"][0],
        group=spec["group"],
        version=spec["versions"][0]["name"],
    )


def install_definitions(plane: ControlPlane, definitions: str) -> None:
    """Apply the CustomResourceDefinitions and wait until kubectl finds their kinds.

    Raises:
        ClusterError: they are refused, or not served in time.
    """
    plane.run_kubectl("apply", "--server-side", "--filename=-", stdin=definitions)
    kinds = ",".join(f"{one.plural}.{one.group}" for one in resources_in(definitions))
    try:
        # Established says that the names are accepted; what kubectl reads comes some time later.
        wait_until(lambda: _finds(plane, kinds), limit_seconds=SERVED_SECONDS, check=plane.check)
    except TimeoutError as exc:
        message = f'cannot find "{kinds}" in the cluster: {exc}'
        raise DemoError(message) from exc


def _finds(plane: ControlPlane, kinds: str) -> bool:
    try:
        plane.run_kubectl("get", kinds)
    except KubectlError:
        return False
    return True


def install_account(plane: ControlPlane) -> Path:
    """Give the operator an account of its own with no more than its role; return its kubeconfig.

    Raises:
        ClusterError: something is refused.
    """
    _apply(plane, (_ACCOUNT,))
    _apply(plane, (_ROLES.read_text("utf-8"), *_bindings()))
    return plane.service_account_kubeconfig(SYSTEM, ACCOUNT)


def _bindings() -> Iterable[str]:
    roles = (
        ("ClusterRole", "execution-operator"),
        ("ClusterRole", "execution-operator-cluster"),
        ("Role", "execution-operator-lease"),
    )
    for kind, role in roles:
        yield _BINDING.format(
            binding=f"{kind}Binding", kind=kind, role=role, account=ACCOUNT, namespace=SYSTEM
        )


def _apply(plane: ControlPlane, documents: Iterable[str]) -> None:
    """Apply the documents; those that name no namespace and need one go to the operator's."""
    plane.run_kubectl(
        *("apply", "--server-side", f"--namespace={SYSTEM}", "--filename=-"),
        stdin="\n---\n".join(documents),
    )
