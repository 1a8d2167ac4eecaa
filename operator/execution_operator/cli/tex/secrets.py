"""Secrets and ConfigMaps, read with the caller's rights and kept for as long as the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

from execution_operator.cli.tex.refusals import Ask
from execution_operator.runtime.secrets import value_in

if TYPE_CHECKING:
    from execution_operator.api.model import KeyReference
    from execution_operator.cli.tex.cluster import Cluster


class CallerSecrets:
    """The port to Secrets; a missing right or object ends the command and is named."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._kept: dict[tuple[str, str, str, str], SecretStr] = {}

    async def secret(
        self, namespace: str, reference: KeyReference, *, fresh: bool = False
    ) -> SecretStr:
        """The value of a Secret's key; raises Trouble, SecretProblem."""
        return await self._value("Secret", namespace, reference, fresh=fresh)

    async def config(self, namespace: str, reference: KeyReference) -> str:
        """The value of a ConfigMap's key, else as `secret`."""
        value = await self._value("ConfigMap", namespace, reference, fresh=False)
        return value.get_secret_value()

    async def _value(
        self, kind: str, namespace: str, reference: KeyReference, *, fresh: bool
    ) -> SecretStr:
        place = (kind, namespace, reference.name, reference.key)
        if fresh or place not in self._kept:
            ask = Ask(
                verb="get",
                resource=f"{kind.lower()}s",
                group="",
                namespace=namespace,
                name=reference.name,
            )
            found = await self._cluster.get_raw(ask)
            self._kept[place] = SecretStr(value_in(found.get("data") or {}, kind, reference))
        return self._kept[place]
