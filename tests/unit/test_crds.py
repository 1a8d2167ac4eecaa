"""The CustomResourceDefinitions: bounded, described, and the same as the files."""

from __future__ import annotations

import pytest
import yaml

from execution_operator.api.test_execution import Phase, Verdict
from execution_operator.crds import (
    DEFINITIONS,
    EXECUTION_SERVERS,
    TEST_EXECUTIONS,
    definition,
    render,
)
from generate import generated, there
from support.schemas import at, parts, paths, rules, schema_of, version_of

EACH = pytest.mark.parametrize("kind", DEFINITIONS, ids=lambda kind: kind.kind)


@EACH
def test_every_property_is_described(kind):
    assert schema_of(kind)["description"]
    assert paths(kind, lambda part: part.is_property and not part.schema.get("description")) == []


@EACH
def test_every_description_is_one_line(kind):
    for part in parts(schema_of(kind)):
        text = part.schema.get("description", "")
        assert text == " ".join(text.split()), part.path


def is_unbounded_string(part):
    schema = part.schema
    return schema.get("type") == "string" and not (
        "maxLength" in schema or "enum" in schema or schema.get("format") == "date-time"
    )


@EACH
def test_every_string_is_bounded(kind):
    assert paths(kind, is_unbounded_string) == []


@EACH
def test_every_string_of_a_spec_is_bounded(kind):
    assert [
        path for path in paths(kind, is_unbounded_string) if path.partition(".")[0] == "spec"
    ] == []


@EACH
def test_every_list_is_bounded(kind):
    lists = set(paths(kind, lambda part: part.schema.get("type") == "array"))
    assert lists == set(paths(kind, lambda part: "maxItems" in part.schema))


@EACH
def test_every_map_is_bounded(kind):
    maps = set(paths(kind, lambda part: "additionalProperties" in part.schema))
    assert maps == set(paths(kind, lambda part: "maxProperties" in part.schema))


@EACH
def test_every_part_has_one_type(kind):
    types = {"object", "array", "string", "integer", "boolean"}
    assert paths(kind, lambda part: part.schema.get("type") not in types) == []


@EACH
def test_every_object_says_what_is_in_it(kind):
    def is_open(part):
        known = {"properties", "additionalProperties"}
        return part.schema["type"] == "object" and not known & set(part.schema)

    assert paths(kind, is_open) == []


@EACH
def test_every_list_says_how_it_is_merged(kind):
    def is_silent(part):
        return part.schema["type"] == "array" and part.schema.get("x-kubernetes-list-type") not in {
            "atomic",
            "set",
            "map",
        }

    assert paths(kind, is_silent) == []


@EACH
def test_conditions_are_one_entry_a_type(kind):
    conditions = at(kind, "status.conditions")
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]


@EACH
def test_only_the_status_has_a_default(kind):
    defaults = {
        part.path: part.schema["default"]
        for part in parts(schema_of(kind))
        if "default" in part.schema
    }
    assert defaults == {"status": {"observedGeneration": -1}}


@EACH
def test_the_schema_is_structural(kind):
    forbidden = {"$ref", "$defs", "anyOf", "allOf", "oneOf", "not", "nullable", "title", "const"}
    assert [part.path for part in parts(schema_of(kind)) if forbidden & set(part.schema)] == []


@EACH
def test_the_spec_is_required_and_the_status_is_not(kind):
    assert schema_of(kind)["required"] == ["spec"]


@EACH
def test_transition_rules_stand_on_specs_alone_and_not_on_a_server_s(kind):
    found = {path for path, texts in rules(kind).items() if "oldSelf" in " ".join(texts)}
    assert found == (set() if kind is EXECUTION_SERVERS else {"spec"})


IMMUTABLE = [
    "serverRef",
    "project",
    "testAsset",
    "environment",
    "secretsCollection",
    "tags",
    "scheduled",
    "variables",
    "variablesFrom",
    "dataSources",
    "resourceMonitoringTags",
    "requires",
    "remoteLocations",
    "completion",
    "acceptedVerdicts",
]
MUTABLE = {
    "adopt",
    "cancel",
    "stop",
    "timeouts",
    "retry",
    "deletionPolicy",
    "deletionTimeout",
    "ttlAfterFinished",
    "advancedSettings",
}


@pytest.mark.parametrize("field", IMMUTABLE)
def test_what_was_asked_for_cannot_be_changed_added_or_removed(field):
    new, old = f"has(self.{field})", f"has(oldSelf.{field})"
    rule = f"{new} == {old} && (!{new} || self.{field} == oldSelf.{field})"
    assert rule in rules(TEST_EXECUTIONS)["spec"]


def test_every_field_of_a_run_either_stays_or_may_change():
    assert set(at(TEST_EXECUTIONS, "spec")["properties"]) == {*IMMUTABLE} | MUTABLE


def test_no_rule_reads_inside_advanced_settings_that_may_be_absent():
    for rule in rules(TEST_EXECUTIONS)["spec"]:
        for side in ("self", "oldSelf"):
            inside = f"has({side}.advancedSettings."
            guarded = f"has({side}.advancedSettings) && {inside}"
            assert rule.count(inside) == rule.count(guarded)


@EACH
def test_every_rule_says_what_to_do(kind):
    for part in parts(schema_of(kind)):
        for rule in part.schema.get("x-kubernetes-validations", ()):
            assert rule["message"], part.path


def columns(kind):
    return [
        column["name"] + (" (wide)" if column.get("priority") else "")
        for column in version_of(kind)["additionalPrinterColumns"]
    ]


def test_the_columns_of_a_run():
    assert columns(TEST_EXECUTIONS) == [
        "Phase",
        "Verdict",
        "Server",
        "Asset (wide)",
        "Execution (wide)",
        "Started",
        "Duration (wide)",
        "Age",
    ]


def test_the_columns_of_a_server():
    assert columns(EXECUTION_SERVERS) == [
        "Ready",
        "Reason",
        "URL",
        "Active",
        "Waiting (wide)",
        "Space (wide)",
        "Age",
    ]


@EACH
def test_every_column_shows_something_that_is_there(kind):
    known = {part.path for part in parts(schema_of(kind))}
    for column in version_of(kind)["additionalPrinterColumns"]:
        path = column["jsonPath"].removeprefix(".").partition("[?")[0]
        assert path in known or path.startswith("metadata.")


def test_the_phases_of_a_run():
    assert at(TEST_EXECUTIONS, "status.phase")["enum"] == [*Phase]
    assert [*Phase] == [
        "Pending",
        "Scheduled",
        "Submitting",
        "InTransition",
        "Running",
        "Stopping",
        "Succeeded",
        "Failed",
        "Stopped",
        "Error",
        "Lost",
    ]


def test_the_verdicts_of_a_run():
    assert at(TEST_EXECUTIONS, "status.verdict")["enum"] == [*Verdict]
    assert [*Verdict] == ["PASS", "FAIL", "ERROR", "INCONCLUSIVE"]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        pytest.param(
            EXECUTION_SERVERS,
            ("ExecutionServer", "executionservers", "executionserver", "exs"),
            id="ExecutionServer",
        ),
        pytest.param(
            TEST_EXECUTIONS,
            ("TestExecution", "testexecutions", "testexecution", "tex"),
            id="TestExecution",
        ),
    ],
)
def test_what_a_kind_is_called(kind, names):
    spec = definition(kind)["spec"]
    found = spec["names"]
    assert (found["kind"], found["plural"], found["singular"], *found["shortNames"]) == names
    assert (found["categories"], spec["scope"]) == (["execution"], "Namespaced")
    assert definition(kind)["metadata"]["name"] == f"{found['plural']}.execution-operator.io"


@EACH
def test_the_status_is_written_on_its_own(kind):
    assert version_of(kind)["subresources"] == {"status": {}}


def test_the_files_are_what_the_models_say():
    wanted = generated()
    assert set(wanted) == there()
    assert {path: path.read_text() for path in there()} == wanted


def test_the_same_models_give_the_same_text():
    assert render() == render()
    assert [*yaml.safe_load_all(render())] == [definition(kind) for kind in DEFINITIONS]
