"""A TestExecution from creation to its end, on the real API server against the simulator."""

from __future__ import annotations

import pytest

from execution_simulator.scripts import Match, Script
from execution_simulator.world import Asset
from support.kube import condition, until

READY = ("Ready", "Reconciling", "Stalled", "Succeeded", "Completed")
SMOKE = "Shop/Tests/Smoke.testsuite"


def row(found):
    shown = (condition(found, kind).get("status", "-") for kind in READY)
    return " ".join([*shown, condition(found, "Succeeded")["reason"]])


def script(simulator, **changes):
    """Let the smoke test do something else, quickly."""
    quick = {"transition_seconds": 0.2, "run_seconds": 0.4, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


@pytest.mark.parametrize(
    ("changes", "phase", "expected"),
    [
        ({}, "Succeeded", "True - - True True TestsPassed"),
        ({"verdict": "FAIL"}, "Failed", "False - True False True TestsFailed"),
        ({"verdict": "ERROR"}, "Failed", "False - True False True TestsFailed"),
        ({"verdict": "INCONCLUSIVE"}, "Failed", "False - True False True Inconclusive"),
        ({"verdict": "NONE"}, "Error", "False - True False True NoVerdict"),
        (
            {"end_status": "COMPLETE_WITH_ERROR"},
            "Failed",
            "False - True False True CompletedWithError",
        ),
        ({"end_status": "INCOMPLETE"}, "Error", "False - True False True Incomplete"),
        ({"end_status": "LAUNCH_FAILED"}, "Error", "False - True False True LaunchFailed"),
        (
            {"end_status": "STOPPED_AUTOMATICALLY"},
            "Error",
            "False - True False True StoppedAutomatically",
        ),
        ({"end_status": "STOPPED_BY_USER"}, "Stopped", "False - True False True StoppedByUser"),
        ({"end_status": "CANCELED"}, "Stopped", "False - True False True Canceled"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
@pytest.mark.usefixtures("hub", "operator")
async def test_each_end_of_a_run_shows_its_row(namespace, simulator, changes, phase, expected):
    script(simulator, **changes)
    await namespace.run("smoke")
    done = await namespace.phase("smoke", "Succeeded", "Failed", "Stopped", "Error", "Lost")
    assert (done["status"]["phase"], row(done)) == (phase, expected)
    assert simulator.requests.counts()["start_execution"] == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_passes_through_its_phases_and_lets_go(namespace, simulator):
    script(simulator, transition_seconds=1.0, run_seconds=1.0)
    simulator.clock.freeze()
    await namespace.run("smoke")
    waiting = await namespace.phase("smoke", "InTransition")
    assert row(waiting) == "Unknown True - Unknown False InTransition"
    assert waiting["metadata"]["finalizers"] == ["execution-operator.io/finalizer"]
    simulator.clock.advance(1)
    running = await namespace.phase("smoke", "Running")
    assert running["status"]["startTime"]
    simulator.clock.advance(1)
    done = await namespace.phase("smoke", "Succeeded")
    assert done["status"]["verdict"] == "PASS"
    assert done["status"]["duration"]
    await namespace.finished("smoke")
    told = [("Normal", "Submitted"), ("Normal", "TestsPassed")]

    async def both() -> bool:
        return sorted(await namespace.events("smoke")) == told

    await until(both, "both events and no other")


@pytest.mark.usefixtures("hub", "operator")
async def test_the_specification_reaches_the_server_with_two_tags_of_ours(namespace, simulator):
    script(simulator)
    more = {
        "environment": "staging",
        "tags": ["nightly"],
        "variables": {"user": "demo"},
        "advancedSettings": {"jvmArguments": ["-Xmx1g"], "configuration": {"browser.name": "edge"}},
    }
    await namespace.run("smoke", **more)
    await namespace.phase("smoke", "Succeeded")
    (request,) = simulator.requests.read("start_execution")
    body = request.body
    assert request.offline_token_right
    assert {name: body[name] for name in more if name != "tags"} == {
        name: value for name, value in more.items() if name != "tags"
    }
    found = next(one for one in simulator.world.assets("1050") if one.name == SMOKE)
    assert body["testAsset"] == {"assetId": found.id, "revision": "main"}
    assert body["tags"][0] == "nightly"
    assert [tag.rpartition(".")[0] for tag in body["tags"][1:]] == [
        "execution-operator.run",
        "execution-operator.cluster",
    ]


@pytest.mark.usefixtures("operator")
async def test_a_project_is_found_by_its_name_in_the_space(namespace, simulator, hub_url):
    script(simulator)
    await namespace.secret("hub-token", token="demo-offline-token")
    connection = {
        "url": hub_url,
        "offlineTokenSecretRef": {"name": "hub-token", "key": "token"},
        "space": {"name": "Demo space"},
    }
    await namespace.server(hub_url, testHub=connection)
    await namespace.run("smoke", project={"name": "Shop"})
    done = await namespace.phase("smoke", "Succeeded")
    assert done["status"]["execution"]["projectId"] == "1050"
    server = await namespace.get("ExecutionServer", "hub")
    assert server["status"]["space"] == {"id": "demo", "name": "Demo space"}


@pytest.mark.usefixtures("hub", "operator")
async def test_an_unknown_project_is_told_and_heals(namespace, simulator):
    script(simulator)
    await namespace.run("smoke", project={"name": "Nowhere"})
    waiting = await namespace.condition(
        "TestExecution", "smoke", "Accepted", "False", "ReferenceNotFound"
    )
    assert 'no project "Nowhere"' in condition(waiting, "Accepted")["message"]
    project = simulator.world.projects["1050"]
    simulator.world.put_project(project.model_copy(update={"id": "1900", "name": "Nowhere"}))
    simulator.world.put_asset(Asset(project_id="1900", name=SMOKE, external_type="APISUITE"))
    await namespace.wait(
        "TestExecution",
        "smoke",
        "the project found",
        lambda found: condition(found, "Accepted")["status"] == "True",
    )


@pytest.mark.usefixtures("hub", "operator")
async def test_a_run_that_the_server_refuses_ends_with_its_words(namespace, simulator):
    await namespace.run("smoke", testAsset={"assetId": "0" * 64, "revision": "main"})
    done = await namespace.phase("smoke", "Error")
    assert condition(done, "Succeeded")["reason"] == "SubmitFailed"
    assert "no such asset" in condition(done, "Succeeded")["message"]
    assert condition(done, "Submitted")["reason"] == "SubmitFailed"
    assert simulator.requests.counts()["start_execution"] == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_field_that_is_not_there_yet_is_told(namespace, simulator):
    await namespace.run("smoke", requires=[{"interceptRuleRef": {"name": "r"}}])
    found = await namespace.condition("TestExecution", "smoke", "Stalled", "True", "InvalidSpec")
    assert "not supported yet: spec.requires" in condition(found, "Stalled")["message"]
    assert "start_execution" not in simulator.requests.counts()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_cancelled_run_is_stopped_on_the_server(namespace, simulator):
    script(simulator, run_seconds=60)
    await namespace.run("smoke", stop={"timeoutSeconds": 7, "captureResults": False})
    await namespace.phase("smoke", "Running")
    await namespace.patch("TestExecution", "smoke", {"spec": {"cancel": True}})
    done = await namespace.phase("smoke", "Stopped")
    assert condition(done, "Succeeded")["reason"] == "StoppedByRequest"
    (request,) = simulator.requests.read("stop_execution")
    assert request.query == {
        "stopTimeoutSecs": ("7",),
        "executeFinallyBlock": ("true",),
        "captureResults": ("false",),
    }


@pytest.mark.usefixtures("hub", "operator")
async def test_a_paused_run_waits_and_goes_on(namespace, simulator):
    script(simulator)
    paused = {"execution-operator.io/paused": "true"}
    spec = {
        "serverRef": {"name": "hub"},
        "project": {"id": "1050"},
        "testAsset": {"name": SMOKE, "revision": "main"},
    }
    await namespace.create("TestExecution", "smoke", spec, annotations=paused)
    await namespace.condition("TestExecution", "smoke", "Ready", "Unknown", "Paused")
    assert "start_execution" not in simulator.requests.counts()
    off = {"metadata": {"annotations": {"execution-operator.io/paused": None}}}
    await namespace.patch("TestExecution", "smoke", off)
    await namespace.phase("smoke", "Succeeded")


@pytest.mark.usefixtures("hub", "operator")
async def test_many_active_runs_cost_one_list_an_interval(namespace, simulator):
    script(simulator, run_seconds=60)
    for number in range(20):
        await namespace.run(f"smoke-{number}")
    for number in range(20):
        await namespace.phase(f"smoke-{number}", "Running")
    counts = simulator.requests.counts()
    assert counts["start_execution"] == 20
    assert "get_execution" not in counts
