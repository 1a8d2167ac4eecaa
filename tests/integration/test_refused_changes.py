"""What of a TestExecution stays as it was asked for, what may change, and that status may."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import pytest
from kubernetes.aio import client

from support.kube import GROUP, PLURALS, VERSION, Json, Namespace
from support.refusals import RUN

LOCATION: Json = {"dockerExecution": {"id": "*"}}
OVERRIDE: Json = {"source": {"assetId": "1"}, "replacement": {"datasetId": "501"}}
REQUIRED = {
    "serverRef": {"name": "other"},
    "project": {"id": "1100"},
    "testAsset": {"name": "Shop/Tests/Checkout.testsuite", "revision": "main"},
}
IMMUTABLE = {
    "environment": ("staging", "production"),
    "secretsCollection": ("one", "two"),
    "tags": (["nightly"], ["nightly", "more"]),
    "scheduled": ({"in": "PT15M"}, {"in": "PT16M"}),
    "variables": ({"user": "demo"}, {"user": "other"}),
    "variablesFrom": (
        [{"secretRef": {"name": "one"}}],
        [{"secretRef": {"name": "one", "key": "k"}}],
    ),
    "dataSources": ([OVERRIDE], [OVERRIDE, OVERRIDE]),
    "resourceMonitoringTags": (["a"], ["b"]),
    "requires": (
        [{"interceptRuleRef": {"name": "one"}}],
        [{"interceptRuleRef": {"name": "two"}}],
    ),
    "remoteLocations": ([LOCATION], [{"dockerExecution": {"hostName": "h"}}]),
    "completion": ("Finished", "Running"),
    "acceptedVerdicts": (["PASS"], ["PASS", "INCONCLUSIVE"]),
}
IMMUTABLE_SETTINGS = {
    "jvmArguments": (["-Xmx1g"], ["-Xmx2g"]),
    "programArguments": (["--fast"], ["--slow"]),
    "environmentVariables": ({"TZ": "UTC"}, {"TZ": "CET"}),
}
MUTABLE = {
    "stop": ({"timeoutSeconds": 5}, {"timeoutSeconds": 6, "captureResults": False}),
    "timeouts": ({"run": "1h"}, {"run": "2h", "queue": "5m"}),
    "retry": ({"limit": 1}, {"limit": 2, "backoff": "1m"}),
    "deletionPolicy": ("Stop", "Orphan"),
    "deletionTimeout": ("10m", "1m"),
    "ttlAfterFinished": ("24h", "1h"),
    "advancedSettings": ({"configuration": {"a": "1"}}, {"configuration": {"a": "2", "b": "3"}}),
}


@dataclass(frozen=True)
class Change:
    """A field before and after; None is absent."""

    before: object
    after: object


def three_ways(first: object, second: object) -> dict[str, Change]:
    return {
        "changed": Change(first, second),
        "added": Change(None, first),
        "removed": Change(first, None),
    }


def each(table: dict[str, tuple[object, object]]) -> pytest.MarkDecorator:
    known = {
        f"{field} {how}": (field, change)
        for field, values in table.items()
        for how, change in three_ways(*values).items()
    }
    return pytest.mark.parametrize(("field", "change"), known.values(), ids=known.keys())


@pytest.fixture
async def namespace(api: client.ApiClient) -> Namespace:
    """One in which no operator works."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    meta = client.V1ObjectMeta(name=name)
    await client.CoreV1Api(api).create_namespace(client.V1Namespace(metadata=meta))
    return Namespace(name, api)


def spec(**fields: object) -> Json:
    return RUN | {name: value for name, value in fields.items() if value is not None}


async def refusal(namespace: Namespace, before: Json, after: Json) -> str:
    """What the API server says to the change; fails if it makes it."""
    await namespace.create("TestExecution", "one", before)
    with pytest.raises(client.ApiException) as refused:
        await replace(namespace, after)
    assert refused.value.status == 422
    return json.loads(refused.value.body)["message"]


async def replace(namespace: Namespace, after: Json) -> Json:
    found = await namespace.get("TestExecution", "one")
    return await namespace.custom.replace_namespaced_custom_object(
        GROUP, VERSION, namespace.name, PLURALS["TestExecution"], "one", found | {"spec": after}
    )


@pytest.mark.parametrize("field", REQUIRED)
async def test_what_the_run_is_cannot_be_changed(namespace, field):
    sentence = await refusal(namespace, RUN, RUN | {field: REQUIRED[field]})
    assert f"spec.{field} cannot be changed" in sentence
    assert "create a new TestExecution" in sentence


@each(IMMUTABLE)
async def test_what_was_asked_for_cannot_be_changed_added_or_removed(namespace, field, change):
    before, after = spec(**{field: change.before}), spec(**{field: change.after})
    sentence = await refusal(namespace, before, after)
    assert f"spec.{field} cannot be changed" in sentence
    assert "create a new TestExecution" in sentence


@pytest.mark.parametrize("other", [None, {"configuration": {"a": "1"}}], ids=["alone", "beside"])
@each(IMMUTABLE_SETTINGS)
async def test_settings_of_the_start_cannot_be_changed_added_or_removed(
    namespace, field, change, other
):
    """Alone: advancedSettings itself comes and goes with them."""

    def settings(value: object) -> Json | None:
        return ((other or {}) | ({field: value} if value else {})) or None

    before = spec(advancedSettings=settings(change.before))
    after = spec(advancedSettings=settings(change.after))
    sentence = await refusal(namespace, before, after)
    assert f"spec.advancedSettings.{field} cannot be changed" in sentence
    assert "create a new TestExecution" in sentence


@each(MUTABLE)
async def test_what_guides_a_run_can_be_changed_added_and_removed(namespace, field, change):
    await namespace.create("TestExecution", "one", spec(**{field: change.before}))
    stored = await replace(namespace, spec(**{field: change.after}))
    assert stored["spec"].get(field) == change.after


@pytest.mark.parametrize("before", [None, False], ids=["absent", "false"])
@pytest.mark.parametrize("after", [None, False, True], ids=["absent", "false", "true"])
async def test_a_run_that_is_not_cancelled_can_be(namespace, before, after):
    await namespace.create("TestExecution", "one", spec(cancel=before))
    stored = await replace(namespace, spec(cancel=after))
    assert stored["spec"].get("cancel") is after


@pytest.mark.parametrize("after", [None, False], ids=["absent", "false"])
async def test_a_cancelled_run_stays_cancelled(namespace, after):
    sentence = await refusal(namespace, spec(cancel=True), spec(cancel=after))
    assert "a cancelled run stays cancelled, create a new TestExecution" in sentence


@pytest.mark.parametrize(
    "more",
    [{}, {"retry": {"limit": 1}}, {"scheduled": {"in": "PT15M"}}],
    ids=["alone", "with retry", "with scheduled"],
)
async def test_adopt_can_be_set_once(namespace, more):
    """ "Not with scheduled or retry" binds at the creation only."""
    adopt = {"executionId": "e1"}
    await namespace.create("TestExecution", "one", spec(**more))
    stored = await replace(namespace, spec(adopt=adopt, **more))
    assert stored["spec"]["adopt"] == adopt


@pytest.mark.parametrize("after", [None, {"executionId": "e2"}], ids=["removed", "changed"])
async def test_adopt_cannot_be_taken_back(namespace, after):
    before = spec(adopt={"executionId": "e1"})
    sentence = await refusal(namespace, before, spec(adopt=after))
    assert "spec.adopt cannot be changed once it is set: create a new TestExecution" in sentence


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        {"configuration": {"a": "1"}},
        *({name: values[0]} for name, values in IMMUTABLE_SETTINGS.items()),
    ],
    ids=["no settings", "empty settings", "configuration", *IMMUTABLE_SETTINGS],
)
async def test_a_status_can_be_written_whatever_the_spec_leaves_out(namespace, settings):
    await namespace.create("TestExecution", "one", spec(advancedSettings=settings))
    stored = await namespace.custom.patch_namespaced_custom_object_status(
        *(GROUP, VERSION, namespace.name, PLURALS["TestExecution"], "one"),
        {"status": {"observedGeneration": 1, "phase": "Running"}},
        _content_type="application/merge-patch+json",
    )
    assert stored["status"]["phase"] == "Running"


async def test_metadata_can_be_written_too(namespace):
    await namespace.create("TestExecution", "one", spec())
    finalizers = {"metadata": {"finalizers": ["execution-operator.io/finalizer"]}}
    stored = await namespace.patch("TestExecution", "one", finalizers)
    assert stored["metadata"]["finalizers"] == ["execution-operator.io/finalizer"]
    await namespace.patch("TestExecution", "one", {"metadata": {"finalizers": []}})
