"""When a finished object is deleted, and which is never."""

from __future__ import annotations

import pytest

from execution_operator.kinds.test_execution.actions import Expire, Release
from execution_operator.kinds.test_execution.decide import decide
from execution_operator.kinds.test_execution.expiry import tracker
from execution_operator.kinds.test_execution.seen import Memory
from execution_operator.kinds.test_execution.summarize import summarize
from support.runs import (
    PERIODS,
    START,
    at,
    execution,
    held_run,
    intent,
    result,
    run,
    seen,
    started_status,
)

TRACKED = {"argocd.argoproj.io/tracking-id": "a:b"}
INSTANCE = "app.kubernetes.io/instance"


def finished(ttl="1h", *, held=False, deleted_at=None, **metadata):
    """One that ended 100 seconds after the beginning."""
    wanted = held_run(spec={"ttlAfterFinished": ttl} if ttl else {}, status=started_status())
    memory = Memory(run=execution("COMPLETE"), result=result("PASS"), tests_read=True)
    status = summarize(wanted, seen(memory, intent=intent()), at(100.0), PERIODS)
    dumped = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    spec = {"ttlAfterFinished": ttl} if ttl else {}
    return run(spec=spec, status=dumped, metadata=metadata, held=held, deleted_at=deleted_at)


def plan(wanted, seconds, **known):
    return decide(wanted, seen(**known), at(seconds), PERIODS)


@pytest.mark.parametrize(
    ("seconds", "action", "again"),
    [(100.0, None, 3600.0), (3699.0, None, 1.0), (3700.0, Expire(), None)],
    ids=["at its end", "a second before", "when its time has come"],
)
def test_a_finished_object_has_its_time(seconds, action, again):
    planned = plan(finished(), seconds)
    assert (planned.action, planned.look_again) == (action, again)


@pytest.mark.parametrize(
    ("wanted", "known"),
    [
        pytest.param(finished(None), {}, id="no time is set"),
        pytest.param(finished(), {"tracked_by": "Flux"}, id="tracked"),
        pytest.param(finished(deleted_at=START), {}, id="deleted already"),
        pytest.param(
            finished(annotations={"execution-operator.io/paused": "true"}), {}, id="paused"
        ),
    ],
)
def test_what_stays(wanted, known):
    planned = plan(wanted, 9000.0, **known)
    assert (planned.action, planned.look_again) == (None, None)


def test_what_is_held_is_let_go_first():
    assert plan(finished(held=True), 9000.0).action == Release()


@pytest.mark.parametrize(
    ("annotations", "labels", "label", "expected"),
    [
        pytest.param({}, {}, None, None, id="nobody"),
        pytest.param(TRACKED, {}, None, "Argo CD", id="by annotation"),
        pytest.param({}, {INSTANCE: "a"}, None, None, id="a label that Helm writes, too"),
        pytest.param({}, {INSTANCE: "a"}, INSTANCE, "Argo CD", id="by label"),
        pytest.param({}, {INSTANCE: "a"}, "other", None, id="by another label"),
        pytest.param({}, {"kustomize.toolkit.fluxcd.io/name": "a"}, None, "Flux", id="Flux"),
        pytest.param({}, {"helm.toolkit.fluxcd.io/name": "a"}, None, "Flux", id="Flux, Helm"),
        pytest.param(
            TRACKED | {"argocd.argoproj.io/hook": "Sync"}, {}, None, None, id="Argo CD hook"
        ),
        pytest.param(TRACKED | {"helm.sh/hook": "test"}, {}, None, None, id="Helm hook"),
        pytest.param(
            TRACKED | {"argocd.argoproj.io/hook": ""}, {}, None, "Argo CD", id="hook of no phase"
        ),
    ],
)
def test_who_would_create_it_again(annotations, labels, label, expected):
    meta = run(metadata={"annotations": annotations, "labels": labels}).metadata
    assert tracker(meta, label) == expected


def test_a_status_says_once_why_nothing_is_deleted_and_not_when_it_is():
    wanted = finished()
    tracked = summarize(wanted, seen(tracked_by="Flux"), at(200.0), PERIODS)
    kept = wanted.model_copy(update={"status": tracked})
    (said,) = [one.message for one in tracked.conditions if one.type == "Completed"]
    assert said.endswith(
        "not applied: Flux tracks this object and would create it, and run the test, again"
    )
    assert summarize(kept, seen(tracked_by="Flux"), at(300.0), PERIODS) == tracked
    assert summarize(kept, seen(), at(300.0), PERIODS) == wanted.status
