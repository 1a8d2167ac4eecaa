"""Reads objects as tables from the API server; knows nothing of what is expected of them."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
import yaml

from demonstration.errors import DemoError
from demonstration.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cluster import ControlPlane
    from demonstration.installation import Resource

NAMESPACE: Final = "default"
REQUEST_SECONDS: Final = 20
_AS_TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"


@dataclass(frozen=True, slots=True)
class Lookup:
    """An open connection to the API server as its admin."""

    _client: httpx.Client

    def table(self, resource: Resource) -> Table:
        """Return all objects of the kind in the namespace, rendered by the API server.

        Raises:
            DemoError: it does not answer, or refuses.
        """
        try:
            answer = self._client.get(
                resource.path(NAMESPACE), params={"includeObject": "Object"}
            ).raise_for_status()
        except httpx.HTTPError as exc:
            message = f"cannot list {resource.plural}: {exc or type(exc).__name__}"
            raise DemoError(message) from exc
        return Table.model_validate_json(answer.content)


@contextmanager
def open_lookup(plane: ControlPlane) -> Iterator[Lookup]:
    """Connect as the admin of the control plane; a person's proxy is not used."""
    login = yaml.safe_load(plane.kubeconfig.read_text("utf-8"))
    token = login["users"][0]["user"]["token"]
    with httpx.Client(
        base_url=plane.url,
        headers={"Authorization": f"Bearer {token}", "Accept": _AS_TABLE},
        verify=ssl.create_default_context(cafile=plane.ca_file),
        timeout=REQUEST_SECONDS,
        trust_env=False,
    ) as client:
        yield Lookup(client)
