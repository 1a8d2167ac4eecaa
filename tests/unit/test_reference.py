"""The reference pages: every field of every kind, in a table that reads well."""

from __future__ import annotations

from typing import Any

import pytest

from execution_operator.crds import DEFINITIONS, EXECUTION_SERVERS, TEST_EXECUTIONS, definition
from reference import page


def _names(schema: Any) -> set[str]:
    found = set(schema.get("properties", {}))
    for part in (*schema.get("properties", {}).values(), schema.get("items")):
        if isinstance(part, dict):
            found |= _names(part)
    return found


@pytest.mark.parametrize("kind", DEFINITIONS, ids=lambda kind: kind.kind)
def test_every_field_has_its_row(kind):
    schema = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    rows = [line for line in page(kind).splitlines() if line.startswith("| `")]
    shown = {line.split("`")[1].rpartition(".")[2] for line in rows}
    assert (_names(schema["spec"]) | _names(schema["status"])) - shown == set()


@pytest.mark.parametrize("kind", DEFINITIONS, ids=lambda kind: kind.kind)
def test_every_row_has_as_many_cells_as_its_head(kind):
    width = 0
    for line in page(kind).splitlines():
        cells = line.replace("\\|", "").count("|")
        if line.startswith("|---"):
            width = cells
        assert not (line.startswith("| `") and cells != width), line


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        pytest.param(
            EXECUTION_SERVERS,
            "| `rateLimit.burst` | integer | at least 1; at most 10000 |",
            id="bounds",
        ),
        pytest.param(EXECUTION_SERVERS, "| `testHub.url` | string | required;", id="required"),
        pytest.param(TEST_EXECUTIONS, "| `deletionPolicy` | `Stop` or `Orphan` |", id="enum"),
        pytest.param(TEST_EXECUTIONS, "| `variables` | map to string | at most 200", id="map"),
        pytest.param(TEST_EXECUTIONS, "| `dataSources[].source.assetId` | string |", id="list"),
        pytest.param(
            EXECUTION_SERVERS, "- `spec.tls.caBundle`: give configMapRef or secretRef", id="rule"
        ),
    ],
)
def test_a_row_tells_what_the_schema_says(kind, row):
    assert row in page(kind)
