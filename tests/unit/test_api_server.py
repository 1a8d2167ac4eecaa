"""Where in the API server a resource is."""

from __future__ import annotations

import pytest

from execution_operator.runtime.api_server import core_path, group_path, objects_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            core_path("namespaces", "shop", "secrets", "hub"),
            "/api/v1/namespaces/shop/secrets/hub",
            id="core",
        ),
        pytest.param(
            group_path("coordination.k8s.io", "v1", "namespaces", "ops", "leases"),
            "/apis/coordination.k8s.io/v1/namespaces/ops/leases",
            id="group",
        ),
        pytest.param(
            objects_path("x.io", "v1", "shop", "runs", "smoke", "status"),
            "/apis/x.io/v1/namespaces/shop/runs/smoke/status",
            id="an object's status",
        ),
        pytest.param(
            objects_path("x.io", "v1", "", "runs"), "/apis/x.io/v1/runs", id="in all namespaces"
        ),
        pytest.param(
            core_path("namespaces", "shop", "secrets", "../../ops/secrets/a?b#c"),
            "/api/v1/namespaces/shop/secrets/..%2F..%2Fops%2Fsecrets%2Fa%3Fb%23c",
            id="a name that would lead elsewhere",
        ),
    ],
)
def test_a_resource_has_its_path(path, expected):
    assert path == expected
