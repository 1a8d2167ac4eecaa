"""A finished object is deleted when its time has come, unless GitOps would create it again."""

from __future__ import annotations

from typing import Any

import pytest

from execution_operator.composition import PLURALS
from execution_operator.reconcile.ports import FirstSeen, Key, ObjectConflict
from execution_operator.runtime.api_server import ApiServer
from execution_operator.runtime.cache import ObjectCache
from execution_operator.runtime.objects import ClusterObjects
from execution_simulator.scripts import Match, Script
from support.cached import Named
from support.kube import condition
from support.runs import run

SMOKE = "Shop/Tests/Smoke.testsuite"
TRACKING = "argocd.argoproj.io/tracking-id"
INSTANCE = "app.kubernetes.io/instance"


def script(simulator, **changes):
    quick = {"transition_seconds": 0.1, "run_seconds": 0.1}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


async def create(namespace, name, ttl="500ms", **meta):
    spec = {
        "serverRef": {"name": "hub"},
        "project": {"id": "1050"},
        "testAsset": {"name": SMOKE, "revision": "main"},
        "ttlAfterFinished": ttl,
    }
    return await namespace.create("TestExecution", name, spec, **meta)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_finished_object_goes_after_its_time_and_an_active_one_stays(namespace, simulator):
    script(simulator)
    await create(namespace, "lasting", ttl="1h")
    await create(namespace, "smoke", labels={INSTANCE: "shop"})
    await namespace.gone("TestExecution", "smoke")
    done = await namespace.finished("lasting")
    assert condition(done, "Completed")["message"] == "the run is over: Succeeded"
    await namespace.patch("TestExecution", "lasting", {"spec": {"ttlAfterFinished": "10ms"}})
    await namespace.gone("TestExecution", "lasting")


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(
    ("meta", "tool"),
    [
        ({"annotations": {TRACKING: "shop:x/TestExecution:a/b"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "Flux"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "shop"}}, "Flux"),
    ],
    ids=["Argo CD", "Flux Kustomization", "Flux HelmRelease"],
)
async def test_what_gitops_tracks_stays_and_says_why(namespace, simulator, meta, tool):
    script(simulator)
    await create(namespace, "tracked", **meta)
    await namespace.finished("tracked")
    await create(namespace, "smoke")
    await namespace.gone("TestExecution", "smoke")
    kept = await namespace.get("TestExecution", "tracked")
    said = condition(kept, "Completed")["message"]
    assert said.startswith(f"the run is over: Succeeded; ttlAfterFinished is not applied: {tool} ")


@pytest.mark.usefixtures("hub")
async def test_an_instance_label_counts_where_argo_cd_tracks_by_it(namespace, start, simulator):
    script(simulator)
    await start(f"--argocd-instance-label={INSTANCE}")
    await create(namespace, "tracked", labels={INSTANCE: "shop"})
    await namespace.finished("tracked")
    await create(namespace, "smoke")
    await namespace.gone("TestExecution", "smoke")
    kept = await namespace.get("TestExecution", "tracked")
    assert "not applied: Argo CD" in condition(kept, "Completed")["message"]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_hook_goes_though_argo_cd_tracks_it(namespace, simulator):
    script(simulator)
    annotations = {TRACKING: "shop:x/TestExecution:a/b", "argocd.argoproj.io/hook": "PostSync"}
    await create(namespace, "smoke", annotations=annotations)
    await namespace.gone("TestExecution", "smoke")


@pytest.mark.usefixtures("hub", "operator")
async def test_what_is_tracked_no_more_goes(namespace, simulator):
    script(simulator)
    await create(namespace, "smoke", annotations={TRACKING: "shop:x/TestExecution:a/b"})
    await namespace.finished("smoke")
    off = {"metadata": {"annotations": {TRACKING: None}}}
    await namespace.patch("TestExecution", "smoke", off)
    await namespace.gone("TestExecution", "smoke")


@pytest.mark.usefixtures("hub")
async def test_the_time_of_an_object_counts_through_a_restart(namespace, start, simulator):
    script(simulator)
    first = await start()
    await create(namespace, "smoke", ttl="4s")
    await namespace.finished("smoke")
    await first.kill()
    await start()
    await namespace.gone("TestExecution", "smoke")


@pytest.mark.parametrize("other", ["uid", "resourceVersion"])
async def test_another_object_of_the_same_name_is_never_deleted(namespace, api, other):
    spec = run().spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    made = await namespace.create("TestExecution", "smoke", spec)
    wrong = {"uid": "5b3c1f6e-0000-4000-8000-000000000000", "resourceVersion": "1"}
    meta = made["metadata"] | {other: wrong[other]}
    kinds: Any = {"TestExecution": Named(type(run()))}
    cache = ObjectCache(kinds, lambda _key: None)
    wanted = cache.put(made | {"metadata": meta}, first_seen=FirstSeen.LISTED)
    assert wanted is not None
    with pytest.raises(ObjectConflict):
        await ClusterObjects(cache, ApiServer(api), PLURALS).delete(wanted)
    assert cache.get(Key("TestExecution", namespace.name, "smoke")) is not None
    assert await namespace.get("TestExecution", "smoke")
