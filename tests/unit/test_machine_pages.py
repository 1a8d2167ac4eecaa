"""The pages on StaticAgents and DockerHosts tell of every field and of every reason."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from execution_operator import kinds
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.crds import DOCKER_HOSTS, STATIC_AGENTS, definition
from execution_operator.kinds.docker_host import connection
from execution_operator.kinds.docker_host.traits import DockerHostTraits
from execution_operator.kinds.machines.traits import Traits
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.remote import errors
from support.pages import Page, fields, reasons_in, reasons_of_errors, shown

if TYPE_CHECKING:
    from execution_operator.crds import Definition
    from execution_operator.kinds.machines.traits import AnyTraits

KINDS = Path(kinds.__file__).parent
CONDITIONS = {"READY", "RECONCILING", "STALLED", "SYNCED"}


@dataclass(frozen=True)
class About:
    kind: Definition
    traits: type[AnyTraits]
    other_forms: frozenset[str]

    @property
    def page(self) -> Page:
        return Page(f"{self.kind.kind.lower()}.md")


PAGES = [
    About(STATIC_AGENTS, AgentTraits, frozenset({"space.id"})),
    About(DOCKER_HOSTS, DockerHostTraits, frozenset({"space.id"})),
]
BOTH = pytest.mark.parametrize("about", PAGES, ids=["StaticAgent", "DockerHost"])


NEVER_HERE = {errors.Gone}
"""What only logs can be."""
OF_SECRETS = {Reason.SECRET_NOT_FOUND, Reason.SECRET_KEY_MISSING}
"""What the shared part has for kinds that name a Secret."""


@BOTH
def test_every_reason_that_it_can_have_is_explained_and_no_other(about):
    shared = [*(KINDS / "machines").glob("*.py"), KINDS / "problems.py", KINDS / "standing.py"]
    package = Path(sys.modules[about.traits.__module__].__file__ or "").parent
    own = reasons_in(*shared, *package.glob("*.py"))
    of_errors = reasons_of_errors(but=NEVER_HERE)
    if about.traits.hidden is Traits.hidden:
        own -= OF_SECRETS
    assert about.page.first_cells("Reasons") - {"reason"} == own | of_errors


@BOTH
def test_every_field_of_the_status_and_every_condition_is_explained(about):
    told = about.page.first_cells("Status") - {"field", "condition"}
    assert told == set(_schema(about)["status"]["properties"]) | {
        ConditionType[one].value for one in CONDITIONS
    }


@BOTH
def test_the_examples_show_every_field_of_the_spec(about):
    specs = [one["spec"] for one in about.page.blocks() if one["kind"] == about.kind.kind]
    told = set().union(*map(shown, specs))
    assert fields(_schema(about)["spec"]) - about.other_forms - told == set()


def test_every_word_that_docker_hosts_are_counted_under_is_on_their_page():
    told = re.findall(r"^\| (`[^|]*) \|", Page("dockerhost.md").section("Metrics"), re.MULTILINE)
    words = set(re.findall(r"`(\w+)`", " ".join(told)))
    assert words == connection.REACHED | connection.FAILED | {connection.OTHER, connection.UNKNOWN}


@BOTH
def test_the_gauge_of_the_kind_is_on_the_page(about):
    shown_as = "agents" if about.kind is STATIC_AGENTS else "docker_hosts"
    assert f"`execution_operator_{shown_as}{{server, state}}`" in about.page.section("Metrics")


def _schema(about: About) -> Any:
    version = definition(about.kind)["spec"]["versions"][0]
    return version["schema"]["openAPIV3Schema"]["properties"]
