"""What is sent to start a run, and what tells it from all others."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.kinds.test_execution.identity import (
    Intent,
    cluster_tag,
    nobody_tag,
    run_tag,
)
from execution_operator.kinds.test_execution.specification import body, refusal, unsupported
from support.runs import intent, run

# Every field of the ExecutionSpecification (seed 000) but offlineToken, under the API's own names.
SENT = {
    "testAsset": {"assetId": "a1", "revision": "main", "requestedVersion": "22bd240"},
    "tags": ["nightly", "smoke"],
    "scheduled": {"at": "2026-12-01T15:00:25Z"},
    "secretsCollection": "team",
    "environment": "staging",
    "advancedSettings": {
        "jvmArguments": ["-Xmx1g"],
        "programArguments": ["--fast"],
        "environmentVariables": {"TZ": "UTC"},
        "configuration": {"log": "all"},
    },
    "variables": {"user": "demo"},
    "dataSources": [
        {"source": {"assetId": "d1"}, "replacement": {"datasetId": "s1"}},
        {"source": {"assetName": "Data/Users"}, "replacement": {"datasetId": "s2"}},
    ],
    "resourceMonitoringTags": ["cpu"],
    "remoteLocations": [
        {"agentOverride": {"source": "here", "replacement": {"id": "5"}}},
        {"agentOverride": {"source": "there", "replacement": {"hostName": "agent"}}},
        {"dockerExecution": {"id": "*"}},
        {"dockerExecution": {"hostName": "docker"}},
        {"dockerExecution": {"resourceName": "Big one"}},
    ],
}
OURS = {
    "timeouts": {"run": "1h"},
    "acceptedVerdicts": ["PASS", "INCONCLUSIVE"],
    "adopt": {"executionId": "e1"},
    "cancel": False,
    "stop": {"timeoutSeconds": 5},
    "deletionPolicy": "Orphan",
    "deletionTimeout": "1m",
    "completion": "Running",
    "retry": {"limit": 1},
    "ttlAfterFinished": "1h",
}


def spec(**fields):
    return run(spec=fields).spec


def sent(*tags, variables=None, **fields):
    wanted = spec(**fields)
    own = wanted.variables or {}
    return body(wanted, tags, asset_id="a1", variables=own if variables is None else variables)


def test_every_field_of_the_api_is_sent_under_its_own_name():
    assert sent(**SENT) == SENT


def test_the_smallest_run_sends_its_asset_and_our_tags():
    asset = {"assetId": "a1", "revision": "main"}
    assert sent("t1", "t2") == {"testAsset": asset, "tags": ["t1", "t2"]}


def test_a_name_that_was_looked_up_is_sent_as_the_id_that_was_found():
    named = {"name": "A/B.testsuite", "revision": "main", "requestedVersion": "22bd240"}
    assert sent(testAsset=named)["testAsset"] == SENT["testAsset"]


def test_our_tags_stand_beside_the_user_s():
    assert sent("t1", tags=["nightly"])["tags"] == ["nightly", "t1"]


def test_a_relative_schedule_is_sent_as_in():
    assert sent(scheduled={"in": "PT15M"})["scheduled"] == {"in": "PT15M"}


@pytest.mark.parametrize(
    ("written", "sent_as"),
    [
        ("2026-12-01T15:00:25.123456789Z", "2026-12-01T15:00:25Z"),
        ("2026-12-01T00:30:00+02:00", "2026-11-30T22:30:00Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00Z"),
    ],
    ids=["a fraction", "another zone", "long ago"],
)
def test_a_moment_is_sent_in_utc_to_the_second(written, sent_as):
    assert sent(scheduled={"at": written})["scheduled"] == {"at": sent_as}


@pytest.mark.parametrize(
    "moment",
    ["2027-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"],
    ids=["no leap year", "the year 0", "after all years"],
)
def test_a_moment_that_there_is_not_is_told(moment):
    told = refusal(spec(scheduled={"at": moment}))
    assert told == f"spec.scheduled.at: there is no moment {moment}: create a new TestExecution"


def test_variables_from_elsewhere_are_sent_as_variables():
    assert sent(variables={"user": "demo", "password": "x"}, variables_from=[])["variables"] == {
        "user": "demo",
        "password": "x",
    }


def test_where_variables_come_from_is_not_sent():
    fields = {"variablesFrom": [{"secretRef": {"name": "s"}}]}
    assert "variablesFrom" not in sent(**fields)


def test_what_is_for_kubernetes_is_not_sent():
    assert sent(**SENT, **OURS) == SENT


def test_the_offline_token_is_never_in_it():
    assert "offlineToken" not in json.dumps(sent("t", **SENT))


def test_it_is_json():
    assert json.loads(json.dumps(sent("t", **SENT)))["variables"] == {"user": "demo"}


def test_all_that_is_sent_is_supported():
    assert unsupported(spec(**SENT, **OURS)) is None


NOT_YET = {
    "requires": {"requires": [{"interceptRuleRef": {"name": "r"}}]},
}


@pytest.mark.parametrize(("name", "fields"), NOT_YET.items(), ids=NOT_YET)
def test_what_is_not_supported_yet_is_named(name, fields):
    text = f"not supported yet: spec.{name}; create the object without"
    assert unsupported(spec(**fields)) == text


@pytest.mark.parametrize(
    "fields",
    [
        {"completion": "Finished"},
        {"requires": []},
        {"variablesFrom": [{"secretRef": {"name": "s"}}]},
    ],
    ids=["default", "nothing required", "sources of variables"],
)
def test_what_asks_for_nothing_special_is_supported(fields):
    assert unsupported(spec(**fields)) is None


def test_every_part_of_a_spec_is_sent_or_refused_or_ours():
    handled = {*SENT, *OURS, "serverRef", "project", "variablesFrom"}
    handled |= {name for fields in NOT_YET.values() for name in fields}
    known = {field.alias for field in type(spec()).model_fields.values()}
    assert known == handled


BASE = ("c1", "u1", 1)


@pytest.mark.parametrize(
    "other",
    [("c2", "u1", 1), ("c1", "u2", 1), ("c1", "u1", 2), ("c1u", "1", 1), ("c", "1u1", 1)],
    ids=["cluster", "object", "attempt", "shifted right", "shifted left"],
)
def test_the_tag_of_another_run_is_another(other):
    assert run_tag(*other) != run_tag(*BASE)


@pytest.mark.parametrize("attempt", [1, 2, 10])
def test_attempts_have_tags_that_do_not_begin_alike(attempt):
    others = {run_tag("c1", "u1", number) for number in range(1, 12) if number != attempt}
    assert not any(tag.startswith(run_tag("c1", "u1", attempt)) for tag in others)


def test_a_tag_is_the_same_for_whoever_computes_it():
    # Recorded: another value would start every run in doubt a second time after an upgrade.
    assert run_tag(*BASE) == "execution-operator.run.6d83bc7aa15e48bd138c4f11be8e4a28"
    assert cluster_tag("c1") == "execution-operator.cluster.d0f631ca1ddba8db3bcfcb9e057cdc98"


def test_the_tags_of_clusters_differ():
    assert cluster_tag("c1") != cluster_tag("c2")


@given(st.text(), st.text(), st.integers(1, 100))
def test_a_tag_fits_the_api_whatever_it_is_made_of(cluster, uid, attempt):
    for tag in (run_tag(cluster, uid, attempt), cluster_tag(cluster), nobody_tag(uid)):
        assert tag.startswith("execution-operator.")
        assert len(tag) <= 128
        assert tag.isascii()
        assert not set(tag) & set(", \t\n&?#/%")


def test_nobody_has_the_tag_of_nobody():
    assert nobody_tag("s") not in {run_tag("s", "s", 1), cluster_tag("s")}


def test_an_intent_survives_its_annotation():
    assert Intent.load(intent().dump()) == intent()


INTENTS = st.builds(
    Intent,
    uid=st.text(),
    cluster=st.text(),
    server=st.text(),
    project=st.text(),
    attempt=st.integers(0, 10),
    writer=st.text(),
)


@given(INTENTS)
def test_any_intent_survives_its_annotation(written):
    assert Intent.load(written.dump()) == written


def test_an_intent_of_a_later_version_is_read():
    more = json.dumps(asdict(intent()) | {"more": True})
    assert Intent.load(more) == intent()


BROKEN = Intent(uid="", cluster="", server="", project="", attempt=0, writer="")


@pytest.mark.parametrize("field", sorted(asdict(intent())))
def test_an_intent_that_lacks_a_field_is_nobody_s(field):
    rest = {name: value for name, value in asdict(intent()).items() if name != field}
    assert Intent.load(json.dumps(rest)) == BROKEN


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="cut"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("7", id="a number"),
        pytest.param('"text"', id="a text"),
        pytest.param(json.dumps(asdict(intent()) | {"attempt": "x"}), id="attempt is no number"),
        pytest.param(json.dumps(asdict(intent()) | {"attempt": None}), id="attempt is null"),
        pytest.param(
            json.dumps(asdict(intent()) | {"attempt": float("inf")}),
            id="attempt has no end",
        ),
        pytest.param(
            "[" * 100_000,
            id="too deep",
        ),
    ],
)
def test_an_intent_that_somebody_broke_is_nobody_s(text):
    assert Intent.load(text) == BROKEN


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_intents(text):
    Intent.load(text)
