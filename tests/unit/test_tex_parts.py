"""The pure parts of `kubectl-tex`: what is created, what it came to, what it looks like."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml

from execution_operator.api.test_execution import TestExecution
from execution_operator.cli.tex.manifest import (
    Asked,
    again,
    from_flags,
    from_text,
    read_variables,
)
from execution_operator.cli.tex.mistakes import Code, NotThere, Trouble, Unavailable
from execution_operator.cli.tex.objects import read_run
from execution_operator.cli.tex.outcome import outcome_of, worst
from execution_operator.cli.tex.output import aligned, fitted
from execution_operator.cli.tex.program import as_kubectl
from execution_operator.cli.tex.refusals import Ask, refusal
from execution_operator.cli.tex.wanted import read
from execution_operator.cli.tex.words import newest_last, period, row
from support.runs import START, run

API = "execution-operator.io/v1alpha1"
UUID = "cb260cbf-7901-4c89-a60c-bf79011c890f"


def asked(**changes: Any) -> Asked:
    known = {"server": "hub", "project": "1050", "asset": "a/Smoke.testsuite", "revision": "main"}
    return Asked(**(known | changes))


@pytest.mark.parametrize(
    ("given", "spec"),
    [
        pytest.param("1050", {"id": "1050"}, id="digits"),
        pytest.param("Shop", {"name": "Shop"}, id="name"),
        pytest.param("name:1050", {"name": "1050"}, id="name of digits"),
        pytest.param("id:p-7", {"id": "p-7"}, id="id of letters"),
        pytest.param("A: B", {"name": "A: B"}, id="name with a colon"),
    ],
)
def test_project_is_an_id_or_a_name(given: str, spec: dict[str, str]) -> None:
    assert from_flags(asked(project=given))["spec"]["project"] == spec


@pytest.mark.parametrize(
    ("given", "spec", "base"),
    [
        pytest.param(UUID, {"assetId": UUID}, "run-", id="uuid"),
        pytest.param("0" * 64, {"assetId": "0" * 64}, "run-", id="hash"),
        pytest.param("a/B c.suite", {"name": "a/B c.suite"}, "b-c-", id="path"),
        pytest.param("id:x", {"assetId": "x"}, "x-", id="other id"),
        pytest.param("a/" + "ü" * 9, {"name": "a/" + "ü" * 9}, "run-", id="no letter of ours"),
        pytest.param("x" * 99, {"name": "x" * 99}, "x" * 57 + "-", id="long"),
    ],
)
def test_asset_is_an_id_or_a_path_and_names_the_run(
    given: str, spec: dict[str, str], base: str
) -> None:
    made = from_flags(asked(asset=given))

    assert made["spec"]["testAsset"] == spec | {"revision": "main"}
    assert made["metadata"] == {"generateName": base}


def test_every_flag_has_its_field() -> None:
    made = from_flags(
        asked(
            name="mine",
            environment="staging",
            tags=("a", "b"),
            variables=read_variables(("user=demo", "empty=", "eq=a=b")),
            scheduled_in="PT15M",
        )
    )

    assert made["metadata"] == {"name": "mine"}
    assert made["spec"]["variables"] == {"user": "demo", "empty": "", "eq": "a=b"}
    assert made["spec"]["scheduled"] == {"in": "PT15M"}
    assert made["spec"]["environment"] == "staging"
    assert made["spec"]["tags"] == ["a", "b"]


def test_values_of_variables_are_in_no_repr() -> None:
    assert "hunter2" not in repr(asked(variables=read_variables(("pw=hunter2",))))


@pytest.mark.parametrize("given", ["pw", "=x", ""])
def test_variable_without_name_or_value_is_refused(given: str) -> None:
    with pytest.raises(Trouble, match="--var name=value"):
        read_variables((given,))


def document(**changes: Any) -> str:
    spec = {"testAsset": {"name": "x/Load.suite"}}
    return yaml.safe_dump({"apiVersion": API, "kind": "TestExecution", "spec": spec} | changes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "holds no objects", id="nothing"),
        pytest.param(f"{document()}---\n{document()}", "holds 2 objects", id="two"),
        pytest.param("a: [", r"is not YAML \(line 1\)|is not YAML \(line 2\)", id="broken"),
        pytest.param("- a", "holds no object", id="list"),
        pytest.param(document(kind="Job"), "holds a execution-operator.io/v1alpha1 Job", id="job"),
        pytest.param(document(metadata={"namespace": "b"}), 'for namespace "b"', id="elsewhere"),
    ],
)
def test_file_that_is_not_one_run_is_refused(text: str, says: str) -> None:
    with pytest.raises(Trouble, match=says):
        from_text(text, source="f.yaml", name=None, namespace="a")


def test_file_without_a_name_gets_one_and_a_name_wins() -> None:
    unnamed = from_text(document(status={"phase": "Failed"}), source="-", name=None, namespace=None)
    named = from_text(
        document(metadata={"generateName": "x-", "labels": {"a": "b"}}),
        source="-",
        name="mine",
        namespace=None,
    )

    assert unnamed["metadata"] == {"generateName": "load-"}
    assert "status" not in unnamed
    assert named["metadata"] == {"labels": {"a": "b"}, "name": "mine"}


def test_another_run_takes_nothing_along_that_is_about_the_first() -> None:
    old = {
        "metadata": {"name": "nightly", "uid": "u", "labels": {"argocd": "x"}, "namespace": "n"},
        "spec": {
            "serverRef": {"name": "hub"},
            "scheduled": {"at": "2026-12-01T15:00:25Z"},
            "cancel": True,
            "adopt": {"executionId": "1"},
            "variables": {"a": "b"},
        },
        "status": {"phase": "Failed"},
    }

    made = again(old, None)
    kept = again({**old, "spec": {"scheduled": {"in": "PT1M"}}}, "mine")

    assert made["spec"] == {"serverRef": {"name": "hub"}, "variables": {"a": "b"}}
    assert made["metadata"] == {"generateName": "nightly-"}
    assert kept["spec"] == {"scheduled": {"in": "PT1M"}}
    assert kept["metadata"] == {"name": "mine"}


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        pytest.param({}, "give --server, --project, --asset, --revision, or -f", id="none"),
        pytest.param(
            {"server": "a", "project": "b", "asset": "c"}, "give --revision, or -f", id="one"
        ),
        pytest.param(
            {
                **dict.fromkeys(("server", "project", "asset", "revision"), "x"),
                "scheduled_in": "PT1M",
                "scheduled_at": "x",
            },
            "not both",
            id="both times",
        ),
    ],
)
def test_flags_that_are_missing_are_named(flags: dict[str, str], says: str) -> None:
    names = ("server", "project", "asset", "revision", "scheduled_in", "scheduled_at")

    with pytest.raises(Trouble, match=says):
        read(None, dict.fromkeys(names) | flags, (), namespace=None)


def test_file_and_flags_do_not_go_together() -> None:
    with pytest.raises(Trouble, match="leave out --scheduled-in, --var"):
        read("x.yaml", {"scheduled_in": "PT1M", "name": "n"}, ("a=b",), namespace=None)


READY = "Ready"


def ended(phase: str, **more: Any) -> dict[str, Any]:
    return {"phase": phase, "observedGeneration": 1} | more


def conditions(*known: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    at = START.isoformat()
    names = ("type", "status", "reason", "message")
    return [dict(zip(names, one, strict=True)) | {"lastTransitionTime": at} for one in known]


STUB = conditions((READY, "True", "StubRunning", "the stub runs"))
STALLED = conditions(
    (READY, "False", "InvalidSpec", "bad"), ("Stalled", "True", "InvalidSpec", "bad")
)
WAITS = conditions((READY, "Unknown", "Pending", "waits"), ("Reconciling", "True", "Pending", ""))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param({"observedGeneration": -1}, None, id="not looked at"),
        pytest.param(ended("Running", conditions=WAITS), None, id="goes on"),
        pytest.param(ended("Stopping"), None, id="stopping"),
        pytest.param(ended("Succeeded"), Code.PASSED, id="passed"),
        pytest.param(ended("Failed", verdict="FAIL"), Code.FAILED, id="failed"),
        pytest.param(ended("Stopped"), Code.STOPPED, id="stopped"),
        pytest.param(ended("Error"), Code.ERROR, id="error"),
        pytest.param(ended("Lost"), Code.ERROR, id="lost"),
        pytest.param(ended("Running", conditions=STUB), Code.PASSED, id="stub runs"),
        pytest.param(ended("Pending", conditions=STALLED), Code.ERROR, id="stalled"),
        pytest.param(
            {"phase": "Pending", "observedGeneration": 0, "conditions": STALLED},
            None,
            id="stalled before the change",
        ),
    ],
)
def test_status_is_an_exit_code(status: dict[str, Any], code: Code | None) -> None:
    outcome = outcome_of(run(status=status))

    assert (outcome.code if outcome else None) == code


def test_exit_codes_are_what_was_promised() -> None:
    assert {code.name: int(code) for code in Code} == {
        "PASSED": 0,
        "FAILED": 1,
        "MISTAKE": 2,
        "STOPPED": 3,
        "ERROR": 4,
        "TIMEOUT": 5,
        "INTERRUPTED": 130,
    }
    assert worst([Code.PASSED, Code.STOPPED, Code.FAILED]) is Code.STOPPED
    assert worst([]) is Code.PASSED


def test_end_says_verdict_counts_and_reason() -> None:
    counts = {"total": 4, "passed": 2, "failed": 1, "errors": 1, "skipped": 0}
    ready = conditions((READY, "False", "TestsFailed", "tests did not pass"))
    outcome = outcome_of(
        run(status=ended("Failed", verdict="FAIL", tests=counts, conditions=ready))
    )

    assert outcome is not None
    assert outcome.text == "verdict FAIL; 2 passed, 1 failed, 1 in error; tests did not pass"


RBAC = '{"kind":"Status","message":"x is forbidden: User \\"u\\" cannot get resource \\"x\\""}'
QUOTA = '{"kind":"Status","message":"forbidden: exceeded quota: runs"}'
ONE = Ask(verb="get", resource="testexecutions", namespace="shop", name="a")
ALL = Ask(verb="list", resource="testexecutions")
NEW = Ask(verb="create", resource="testexecutions", namespace="shop")


@pytest.mark.parametrize(
    ("ask", "status", "body", "kind", "says"),
    [
        pytest.param(ONE, 401, "", Trouble, "sign in again", id="401"),
        pytest.param(
            ONE,
            403,
            RBAC,
            Trouble,
            'you may not get testexecutions.execution-operator.io "a" in namespace "shop"',
            id="right",
        ),
        pytest.param(ONE, 403, QUOTA, Trouble, "exceeded quota", id="quota"),
        pytest.param(
            ONE, 404, "{}", NotThere, 'no testexecution "a" in namespace "shop"', id="object"
        ),
        pytest.param(
            ALL, 404, "404 page not found", Trouble, "execution-operator crds", id="definitions"
        ),
        pytest.param(
            NEW,
            404,
            '{"message":"namespaces \\"shop\\" not found"}',
            Trouble,
            '"shop" not found',
            id="namespace",
        ),
        pytest.param(NEW, 409, '{"message":"it exists"}', Trouble, "another --name", id="taken"),
        pytest.param(NEW, 422, '{"message":"spec.x:\\nbad"}', Trouble, "spec.x: bad", id="schema"),
        pytest.param(ALL, 429, "", Unavailable, "HTTP 429", id="throttled"),
        pytest.param(ALL, 500, "<html>", Unavailable, "cannot list", id="broken"),
    ],
)
def test_refusal_says_what_to_do(
    ask: Ask, status: int, body: str, kind: type[Trouble], says: str
) -> None:
    trouble = refusal(ask, status, body)

    assert type(trouble) is kind
    assert says in str(trouble)
    assert "\n" not in str(trouble)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (900, "15m"),
        (3600, "1h"),
        (15_000, "4h10m"),
        (100_000, "27h"),
        (200_000, "2d"),
    ],
)
def test_length_of_time_is_as_kubectl_writes_it(seconds: int, text: str) -> None:
    assert period(timedelta(seconds=seconds)) == text


def listed(name: str, **meta: Any) -> dict[str, Any]:
    spec = {
        "serverRef": {"name": "hub"},
        "project": {"id": "1"},
        "testAsset": {"name": "a/b.suite", "revision": "main"},
    }
    created = {"creationTimestamp": START.isoformat(), "managedFields": [{}]}
    return {"metadata": {"name": name, "namespace": "shop"} | created | meta, "spec": spec}


def test_row_shows_what_answers_the_question() -> None:
    found = read_run(
        listed("a")
        | {"status": {"phase": "Running", "startTime": START.isoformat(), "conditions": []}}
    )
    now = START + timedelta(seconds=90)

    cells = row(found, now=now, with_namespace=True)

    assert cells == ("shop", "a", "Running", "-", "hub", "a/b.suite", "90s", "90s")


def test_objects_of_a_list_are_shown_whole_and_without_bookkeeping() -> None:
    found = read_run(listed("a"))

    assert (found.raw["kind"], found.raw["apiVersion"]) == ("TestExecution", API)
    assert "managedFields" not in found.raw["metadata"]


def test_newest_run_is_last() -> None:
    later = (START + timedelta(hours=1)).isoformat()
    items = [read_run(listed("b", creationTimestamp=later)), read_run(listed("c"))]

    assert [found.name for found in newest_last(items)] == ["c", "b"]


def test_word_that_this_version_does_not_know_is_told() -> None:
    with pytest.raises(Trouble, match="older than the operator"):
        read_run(listed("a") | {"status": {"phase": "Dreaming"}})


def test_columns_have_no_blanks_at_the_end() -> None:
    assert aligned([("A", "B"), ("long", "x")]) == ["A     B", "long  x"]
    assert aligned([]) == []


def test_path_is_cut_at_its_left_to_fit_a_terminal() -> None:
    rows = [("NAME", "ASSET", "AGE"), ("smoke", "Shop/Tests/Smoke.testsuite", "3m")]

    assert aligned(fitted(rows, 30, cuttable=1))[1] == "smoke  …s/Smoke.testsuite  3m"
    assert fitted(rows, 80, cuttable=1) == rows
    assert fitted(rows, 5, cuttable=1)[1][1] == "…stsuite"


def test_short_options_may_have_an_equals_sign() -> None:
    assert as_kubectl(["-o=json", "--var=a=b", "-n", "x=y"]) == ["-ojson", "--var=a=b", "-n", "x=y"]


def test_what_flags_make_is_what_the_model_reads() -> None:
    made = from_flags(asked(name="n", environment="e", tags=("t",), scheduled_in="PT1M"))

    spec = TestExecution.model_validate(made).spec
    read_again = spec.model_dump(mode="json", by_alias=True, exclude_unset=True)

    assert read_again == made["spec"]
