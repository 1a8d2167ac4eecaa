"""An object comes back from its compact form as it was read."""

from __future__ import annotations

import json
import zlib

import pytest

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.test_execution import TestExecution
from execution_operator.runtime.compact import pack, unpack
from support.cached import raw_run, raw_server

FULL_RUN = raw_run(
    variables={"text": 'ä \u2028 "quoted"', "number": "1e400", "empty": ""},
    tags=["a", "b"],
    timeouts={"queue": "90s", "run": "1h30m"},
    deletionTimeout="1.5s",
    retry={"limit": 3, "backoff": "250ms"},
) | {
    "status": {
        "phase": "Running",
        "origin": "Started",
        "attempt": 1,
        "observedGeneration": 3,
        "conditions": [
            {
                "type": "Ready",
                "status": "Unknown",
                "reason": "Running",
                "lastTransitionTime": "2026-01-01T00:00:00.250Z",
            }
        ],
        "execution": {"id": "e1", "projectId": "7", "submittedAt": "2026-01-01T01:00:00+01:00"},
    }
}


@pytest.mark.parametrize(
    ("model", "raw"),
    [
        pytest.param(TestExecution, raw_run(), id="a new run"),
        pytest.param(TestExecution, FULL_RUN, id="a run with all that is hard to write"),
        pytest.param(ExecutionServer, raw_server(), id="a server"),
    ],
)
def test_an_object_is_equal_after_it_was_compact(model, raw):
    assert unpack(model, pack(raw)) == model.model_validate(raw, by_alias=True)


def test_a_foreign_annotation_and_finalizer_stay():
    raw = raw_run()
    raw["metadata"] |= {"annotations": {"a/b": "c"}, "finalizers": ["somebody/else"]}
    found = unpack(TestExecution, pack(raw)).metadata
    assert (found.annotations, found.finalizers) == ({"a/b": "c"}, ("somebody/else",))


def test_managed_fields_are_not_kept():
    raw = raw_run()
    raw["metadata"]["managedFields"] = [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]
    kept = json.loads(zlib.decompress(pack(raw)))
    assert kept == raw_run()


def test_what_was_packed_is_not_changed():
    raw = raw_run()
    raw["metadata"]["managedFields"] = [{}]
    pack(raw)
    assert raw["metadata"]["managedFields"] == [{}]
