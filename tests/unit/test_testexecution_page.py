"""The page on TestExecutions tells of every field and of every reason that there is."""

from __future__ import annotations

from pathlib import Path

from execution_operator.crds import TEST_EXECUTIONS, definition
from execution_operator.kinds import problems, test_execution
from execution_operator.remote import errors
from support.pages import Page, fields, reasons_in, reasons_of_errors, shown

PAGE = Page("testexecution.md")
OF_LOGS = {errors.Gone}
"""Only who reads a log meets it."""
OTHER_FORMS = {
    "adopt.executionId",
    "cancel",
    "completion",
    "dataSources.source.assetId",
    "remoteLocations.agentOverride.replacement.id",
    "remoteLocations.dockerExecution.hostName",
    "remoteLocations.dockerExecution.resourceName",
    "requires.interceptRuleRef.name",
    "scheduled.at",
    "variablesFrom.configMapRef.key",
    "variablesFrom.configMapRef.optional",
    "variablesFrom.configMapRef.prefix",
}
"""What excludes something else in the full example, or comes only later."""


def test_every_reason_that_it_can_have_is_explained_and_no_other():
    package = Path(test_execution.__file__).parent
    own = reasons_in(*package.glob("*.py"), Path(problems.__file__))
    of_errors = reasons_of_errors(but=OF_LOGS)
    assert PAGE.first_cells("Reasons") - {"reason"} == own | of_errors


def test_every_field_of_the_status_is_explained():
    schema = definition(TEST_EXECUTIONS)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    names = set(schema["properties"]["status"]["properties"])
    told = PAGE.section("Status")
    assert {name for name in names if f"`{name}`" not in told} == set()


def test_the_full_example_shows_every_field_of_the_spec():
    schema = definition(TEST_EXECUTIONS)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    told = set().union(*(shown(one["spec"]) for one in PAGE.blocks()))
    assert fields(schema["properties"]["spec"]) - told == OTHER_FORMS
