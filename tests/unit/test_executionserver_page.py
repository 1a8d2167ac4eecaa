"""The page on ExecutionServers tells of every field and of every reason that there is."""

from __future__ import annotations

from pathlib import Path

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.reasons import ConditionType
from execution_operator.crds import EXECUTION_SERVERS, definition
from execution_operator.kinds import execution_server, problems
from execution_operator.remote import errors
from support.pages import Page, fields, reasons_in, reasons_of_errors, shown

PAGE = Page("executionserver.md")
NEVER_HERE = {errors.Ambiguous, errors.Gone}
"""What only a start or a log can end as."""


def test_every_reason_that_it_can_have_is_explained_and_no_other():
    package = Path(execution_server.__file__).parent
    own = reasons_in(*package.glob("*.py"), Path(problems.__file__))
    of_errors = reasons_of_errors(but=NEVER_HERE)
    assert PAGE.first_cells("Reasons") - {"reason"} == own | of_errors


def test_every_field_of_the_status_and_every_condition_is_explained():
    schema = definition(EXECUTION_SERVERS)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    told = PAGE.first_cells("Status") - {"field", "condition"}
    conditions = {"READY", "RECONCILING", "STALLED", "REACHABLE", "AUTHENTICATED"}
    assert told == set(schema["properties"]["status"]["properties"]) | {
        ConditionType[one].value for one in conditions
    }


def test_the_examples_show_every_field_of_the_spec():
    schema = definition(EXECUTION_SERVERS)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    specs = [one["spec"] for one in PAGE.blocks() if one["kind"] == "ExecutionServer"]
    told = set().union(*map(shown, specs))
    leaves = {path for path in fields(schema["properties"]["spec"]) if path not in _OTHER_FORMS}
    assert leaves - told == set()


_OTHER_FORMS = {
    "testHub.space.id",
    "tls.caBundle.secretRef.name",
    "tls.caBundle.secretRef.key",
}


def test_the_full_example_shows_the_defaults():
    full = next(one for one in PAGE.blocks() if one["metadata"]["name"] == "hub-full")
    least = next(
        one
        for one in PAGE.blocks()
        if one["metadata"]["name"] == "hub" and one["kind"] == "ExecutionServer"
    )
    spec = ExecutionServer.model_validate(least).spec
    assert full["spec"]["rateLimit"]["requestsPerSecond"] == spec.rate_limit.requests_per_second
    assert full["spec"]["allowPlainHTTP"] == spec.allow_plain_http
