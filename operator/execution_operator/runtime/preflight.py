"""What must be there before the operator starts: an API server, the CRDs, the rights."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from execution_operator.api.model import GROUP, VERSION
from execution_operator.reconcile.ports import ObjectConflict, ObjectsUnavailable
from execution_operator.runtime.api_server import core_path, group_path, objects_path
from execution_operator.runtime.kubernetes_api import Refused, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from execution_operator.runtime.api_server import ApiServer

_log = structlog.stdlib.get_logger(__name__)

_WAIT_SECONDS: Final = 1.0
_AUTHORIZATION: Final = "authorization.k8s.io"


class NotInstalled(Exception):  # noqa: N818 - a person's mistake, in one line
    """A CRD or a right is missing; the message says what to apply."""


@dataclass(frozen=True, slots=True)
class Right:
    """Something that the operator must be allowed to do."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        where = f' in namespace "{self.namespace}"' if self.namespace else ""
        group = f".{self.group}" if self.group else ""
        return f"{self.verb} {self.resource}{group}{where}"


def rights(
    plurals: Mapping[str, str], namespaces: tuple[str, ...], lease_namespace: str | None
) -> Iterator[Right]:
    """All that the operator does with the API server; the chart grants exactly this."""
    for namespace in namespaces or ("",):
        for plural in plurals.values():
            for verb in ("list", "watch", "patch"):
                yield Right(verb, GROUP, plural, namespace)
            yield Right("patch", GROUP, f"{plural}/status", namespace)
        yield Right("get", "", "secrets", namespace)
        yield Right("get", "", "configmaps", namespace)
        yield Right("create", "", "events", namespace)
    if lease_namespace is not None:
        for verb in ("get", "create", "update"):
            yield Right(verb, "coordination.k8s.io", "leases", lease_namespace)


class Preflight:
    """Waits for the API server, then looks whether everything is installed."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    async def check(
        self, plurals: Mapping[str, str], namespaces: tuple[str, ...], lease_namespace: str | None
    ) -> None:
        """Return when all is there.

        Raises:
            NotInstalled: a CRD or a right is missing.
        """
        await self._patiently(self._crds, plurals, namespaces)
        await self._patiently(self._rights, [*rights(plurals, namespaces, lease_namespace)])

    async def cluster_id(self) -> str:
        """The uid of namespace kube-system; raises NotInstalled when it may not be read."""
        found: str = await self._patiently(self._cluster_id)
        return found

    async def _patiently(self, step: Any, *arguments: Any) -> Any:  # noqa: ANN401 - any step
        told = ""
        while True:
            try:
                return await step(*arguments)
            except ObjectsUnavailable as exc:
                if told != str(exc):
                    told = str(exc)
                    _log.warning("waiting for the API server", cause=told)
                await asyncio.sleep(_WAIT_SECONDS)

    async def _crds(self, plurals: Mapping[str, str], namespaces: tuple[str, ...]) -> None:
        for kind, plural in plurals.items():
            try:
                async with translated(f"list {plural}"):
                    await self._list_one(plural, namespaces)
            except ObjectConflict as exc:
                text = (
                    f"the CRD of {kind} is not installed:"
                    " run `execution-operator crds | kubectl apply -f -`"
                )
                raise NotInstalled(text) from exc
            except Refused as exc:
                raise NotInstalled(_refused(exc, Right("list", GROUP, plural))) from exc

    async def _list_one(self, plural: str, namespaces: tuple[str, ...]) -> None:
        for namespace in namespaces or ("",):
            await self._api.get(
                objects_path(GROUP, VERSION, namespace, plural), query={"limit": "1"}
            )

    async def _rights(self, wanted: list[Right]) -> None:
        path = group_path(_AUTHORIZATION, "v1", "selfsubjectaccessreviews")
        for right in wanted:
            try:
                async with translated("review rights"):
                    answer = await self._api.create(path, _review(right))
            except (Refused, ObjectConflict) as exc:
                text = f"cannot ask the API server for our rights: {exc}"
                raise NotInstalled(text) from exc
            if not answer.get("status", {}).get("allowed"):
                raise NotInstalled(_missing(right))

    async def _cluster_id(self) -> str:
        try:
            async with translated("read namespace kube-system"):
                found = await self._api.get(core_path("namespaces", "kube-system"))
        except (Refused, ObjectConflict) as exc:
            text = (
                "may not read namespace kube-system, whose uid names this cluster:"
                " grant get on it, or give --cluster-id"
            )
            raise NotInstalled(text) from exc
        return str(found["metadata"]["uid"])


def _review(right: Right) -> dict[str, Any]:
    resource, _, sub = right.resource.partition("/")
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": sub,
        "namespace": right.namespace,
        "name": right.name,
    }
    return {
        "apiVersion": f"{_AUTHORIZATION}/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {name: one for name, one in attributes.items() if one}},
    }


def _missing(right: Right) -> str:
    return (
        f"may not {right}: apply the operator's role"
        " (charts/execution-operator/files/role.yaml) and bind it to this account"
    )


def _refused(exc: Refused, right: Right) -> str:
    if exc.status == 403:  # noqa: PLR2004 - HTTP's number
        return _missing(right)
    if exc.status == 401:  # noqa: PLR2004 - HTTP's number
        return "the API server does not know this account: check the kubeconfig's credentials"
    return f"cannot {right}: {exc}"
