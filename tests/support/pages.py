"""Reads pages of docs/: their YAML, the first cells of their tables; and what they must tell."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

from execution_operator.api.reasons import Reason
from execution_operator.remote import errors

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    def __init__(self, name: str) -> None:
        self.text = (DOCS / name).read_text()
        self.yaml = re.findall(r"^```yaml\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)

    def blocks(self) -> list[dict[str, Any]]:
        """All objects that it shows."""
        return [document for text in self.yaml for document in yaml.safe_load_all(text)]

    def section(self, heading: str) -> str:
        """The text below a heading of the second level."""
        return self.text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]

    def first_cells(self, heading: str) -> set[str]:
        """The words in the first cells of a section's tables."""
        return set(re.findall(r"^\| `?(\w+)`? \|", self.section(heading), re.MULTILINE))


def reasons_in(*paths: Path) -> set[str]:
    """The reasons that code names."""
    found = (node for path in paths for node in ast.walk(ast.parse(path.read_text())))
    return {
        Reason[node.attr].value
        for node in found
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Reason"
    }


def reasons_of_errors(*, but: set[type[errors.RemoteError]]) -> set[str]:
    """The reasons of what a server can do wrong."""
    return {str(kind.reason) for kind in _subclasses(errors.RemoteError) - but}


def shown(spec: Any, prefix: str = "") -> set[str]:
    """The paths of what an example sets; what a list holds has the list's path."""
    if isinstance(spec, list):
        return set().union(*(shown(one, prefix) for one in spec))
    if not isinstance(spec, dict):
        return {prefix.rstrip(".")}
    parts = (shown(value, f"{prefix}{name}.") for name, value in spec.items())
    return {prefix.rstrip(".")}.union(*parts)


def fields(schema: Any, prefix: str = "") -> set[str]:
    """The paths of what can be set; what a list holds has the list's path."""
    if "items" in schema:
        return fields(schema["items"], prefix)
    if "properties" not in schema:
        return {prefix.rstrip(".")}
    parts = schema["properties"].items()
    return set().union(*(fields(part, f"{prefix}{name}.") for name, part in parts))


def _subclasses(kind: type[errors.RemoteError]) -> set[type[errors.RemoteError]]:
    below = set(kind.__subclasses__())
    return below.union(*map(_subclasses, below))
