"""The page on ExecutionServers tells of every field and of every reason that there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.crds import EXECUTION_SERVERS, definition
from execution_operator.kinds import execution_server, problems
from execution_operator.remote import errors

PAGE = (Path(__file__).parents[2] / "docs" / "executionserver.md").read_text()
NEVER_HERE = {errors.Ambiguous, errors.Gone}
"""What only a start or a log can end as."""


def blocks() -> list[dict[str, Any]]:
    texts = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [document for text in texts for document in yaml.safe_load_all(text)]


def first_cells(heading: str) -> set[str]:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `?(\w+)`? \|", section, re.MULTILINE))


def reasons_in(*paths: Path) -> set[str]:
    found = (node for path in paths for node in ast.walk(ast.parse(path.read_text())))
    return {
        Reason[node.attr].value
        for node in found
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Reason"
    }


def subclasses(kind: type[errors.RemoteError]) -> set[type[errors.RemoteError]]:
    below = set(kind.__subclasses__())
    return below.union(*map(subclasses, below))


def test_every_reason_that_it_can_have_is_explained_and_no_other():
    package = Path(execution_server.__file__).parent
    own = reasons_in(*package.glob("*.py"), Path(problems.__file__))
    of_errors = {one.reason for one in subclasses(errors.RemoteError) - NEVER_HERE}
    assert first_cells("Reasons") - {"reason"} == own | of_errors


def test_every_field_of_the_status_and_every_condition_is_explained():
    schema = definition(EXECUTION_SERVERS)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    told = first_cells("Status") - {"field", "condition"}
    conditions = {"READY", "RECONCILING", "STALLED", "REACHABLE", "AUTHENTICATED"}
    assert told == set(schema["properties"]["status"]["properties"]) | {
        ConditionType[one].value for one in conditions
    }


def test_the_examples_show_every_field_of_the_spec():
    schema = definition(EXECUTION_SERVERS)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    specs = [one["spec"] for one in blocks() if one["kind"] == "ExecutionServer"]
    shown = set().union(*map(_paths, specs))
    leaves = {path for path in _fields(schema["properties"]["spec"]) if path not in _OTHER_FORMS}
    assert leaves - shown == set()


_OTHER_FORMS = {
    "testHub.space.id",
    "tls.caBundle.secretRef.name",
    "tls.caBundle.secretRef.key",
}


def test_the_full_example_shows_the_defaults():
    full = next(one for one in blocks() if one["metadata"]["name"] == "hub-full")
    least = next(
        one
        for one in blocks()
        if one["metadata"]["name"] == "hub" and one["kind"] == "ExecutionServer"
    )
    spec = ExecutionServer.model_validate(least).spec
    assert full["spec"]["rateLimit"]["requestsPerSecond"] == spec.rate_limit.requests_per_second
    assert full["spec"]["allowPlainHTTP"] == spec.allow_plain_http


def _paths(spec: Any, prefix: str = "") -> set[str]:
    if not isinstance(spec, dict):
        return {prefix.rstrip(".")}
    return set().union(*(_paths(value, f"{prefix}{name}.") for name, value in spec.items()))


def _fields(schema: Any, prefix: str = "") -> set[str]:
    if "properties" not in schema:
        return {prefix.rstrip(".")}
    parts = schema["properties"].items()
    return set().union(*(_fields(part, f"{prefix}{name}.") for name, part in parts))
