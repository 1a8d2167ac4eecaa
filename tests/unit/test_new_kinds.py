"""What a kind takes is what the architecture page says, and each kind has it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from execution_operator.crds import DEFINITIONS
from support.pages import Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.crds import Definition

ROOT = Path(__file__).parents[2]
OPERATOR = ROOT / "operator"
PLACES = (ROOT, OPERATOR, OPERATOR / "execution_operator")
NAMED = sorted(
    set(re.findall(r"`([\w/.-]+/[\w.-]*)`", Page("architecture.md").section("A new kind")))
)
EACH = pytest.mark.parametrize("kind", DEFINITIONS, ids=lambda kind: kind.kind)


@pytest.mark.parametrize("path", NAMED)
def test_every_place_that_the_page_names_is_there(path: str) -> None:
    assert any((place / path).exists() for place in PLACES)


@EACH
def test_a_kind_has_a_page_and_an_example(kind: Definition) -> None:
    examples = [
        document["kind"]
        for path in (ROOT / "examples").glob("*.yaml")
        for document in yaml.safe_load_all(path.read_text())
        if document
    ]
    assert kind.kind in examples
    assert (ROOT / "docs" / f"{kind.kind.lower()}.md").exists()


@EACH
def test_a_kind_may_be_watched_held_and_told_of(kind: Definition) -> None:
    assert {"list", "watch", "patch"} <= verbs_on(kind.plural)
    assert verbs_on(f"{kind.plural}/status") == {"patch"}


def verbs_on(resource: str) -> set[str]:
    return {verb for rule in _rules() if resource in rule["resources"] for verb in rule["verbs"]}


def _rules() -> Iterable[dict[str, Any]]:
    role = ROOT / "charts" / "execution-operator" / "files" / "role.yaml"
    for document in yaml.safe_load_all(role.read_text()):
        yield from document["rules"]
