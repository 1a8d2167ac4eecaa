"""Objects of different ages: creation times are whole seconds."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from kubernetes.aio import client

from support.kube import until

if TYPE_CHECKING:
    from support.kube import Json, Namespace


async def a_second_after(namespace: Namespace, created: Json) -> None:
    """Wait until a new object would be younger than that one."""

    async def look() -> bool:
        name = f"probe-{uuid.uuid4().hex[:8]}"
        body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name))
        made = await namespace.core.create_namespaced_config_map(namespace.name, body)
        now = made.metadata.creation_timestamp.isoformat()[:19]
        return now > created["metadata"]["creationTimestamp"][:19]

    await until(look, "the next second")
