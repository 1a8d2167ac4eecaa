"""The same control plane, namespace, simulator and operator as the integration tests."""

from __future__ import annotations

from integration.conftest import (  # noqa: F401 - fixtures are found by name
    api,
    cluster,
    hub,
    hub_url,
    namespace,
    operator,
    simulator,
    start,
)
