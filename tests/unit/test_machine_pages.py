"""The pages on StaticAgents and DockerHosts tell of every field and of every reason."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from execution_operator import kinds
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.crds import DOCKER_HOSTS, STATIC_AGENTS, definition
from execution_operator.remote import errors

if TYPE_CHECKING:
    from execution_operator.crds import Definition

ROOT = Path(__file__).parents[2]
KINDS = Path(kinds.__file__).parent
CONDITIONS = {"READY", "RECONCILING", "STALLED", "SYNCED"}


@dataclass(frozen=True)
class Page:
    kind: Definition
    package: str
    other_forms: frozenset[str]

    @property
    def text(self) -> str:
        return (ROOT / "docs" / f"{self.kind.kind.lower()}.md").read_text()

    def blocks(self) -> list[dict[str, Any]]:
        texts = re.findall(r"^```yaml\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return [document for text in texts for document in yaml.safe_load_all(text)]

    def first_cells(self, heading: str) -> set[str]:
        section = self.text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        return set(re.findall(r"^\| `?(\w+)`? \|", section, re.MULTILINE))


PAGES = [
    Page(STATIC_AGENTS, "static_agent", frozenset({"space.id"})),
    Page(DOCKER_HOSTS, "docker_host", frozenset({"space.id"})),
]
BOTH = pytest.mark.parametrize("page", PAGES, ids=["StaticAgent", "DockerHost"])


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


NEVER_HERE = {errors.Gone}
"""What only logs can be."""
OF_HOSTS = {
    Reason.SECRET_NOT_FOUND,
    Reason.SECRET_KEY_MISSING,
    Reason.INVALID_SPEC,
    Reason.CONNECTION_FAILED,
    Reason.DOCKER_HOSTS_UNSUPPORTED,
}
"""What the shared part has for docker hosts alone: an agent names no Secret."""


@BOTH
def test_every_reason_that_it_can_have_is_explained_and_no_other(page):
    shared = [*(KINDS / "machines").glob("*.py"), KINDS / "problems.py", KINDS / "standing.py"]
    own = reasons_in(*shared, *(KINDS / page.package).glob("*.py"))
    of_errors = {one.reason for one in subclasses(errors.RemoteError) - NEVER_HERE}
    if page.package == "static_agent":
        own -= OF_HOSTS
    assert page.first_cells("Reasons") - {"reason"} == own | of_errors


@BOTH
def test_every_field_of_the_status_and_every_condition_is_explained(page):
    told = page.first_cells("Status") - {"field", "condition"}
    assert told == set(_schema(page)["status"]["properties"]) | {
        ConditionType[one].value for one in CONDITIONS
    }


@BOTH
def test_the_examples_show_every_field_of_the_spec(page):
    specs = [one["spec"] for one in page.blocks() if one["kind"] == page.kind.kind]
    shown = set().union(*map(_paths, specs))
    leaves = set(_fields(_schema(page)["spec"])) - page.other_forms
    assert leaves - shown == set()


def _schema(page: Page) -> Any:
    version = definition(page.kind)["spec"]["versions"][0]
    return version["schema"]["openAPIV3Schema"]["properties"]


def _paths(spec: Any, prefix: str = "") -> set[str]:
    if isinstance(spec, list):
        return set().union(*(_paths(one, prefix) for one in spec))
    if not isinstance(spec, dict):
        return {prefix.rstrip(".")}
    return set().union(*(_paths(value, f"{prefix}{name}.") for name, value in spec.items()))


def _fields(schema: Any, prefix: str = "") -> set[str]:
    if "items" in schema:
        return _fields(schema["items"], prefix)
    if "properties" not in schema:
        return {prefix.rstrip(".")}
    parts = schema["properties"].items()
    return set().union(*(_fields(part, f"{prefix}{name}.") for name, part in parts))
