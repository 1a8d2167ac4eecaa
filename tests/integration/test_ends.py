"""What a finished run tells of itself: verdict, counts, reports, links, whose doing its end was."""

from __future__ import annotations

import urllib.request
from asyncio import to_thread

import pytest

from execution_simulator import serve
from execution_simulator.faults import AnswerStatus
from execution_simulator.runs import forced
from execution_simulator.scripts import Match, Report, Script, TestCounts
from support.kube import condition, until

SMOKE = "Shop/Tests/Smoke.testsuite"
BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/hostname">]>
<testsuite tests="3"><testcase name="&c;&d;"/></testsuite>
"""


def script(simulator, **changes):
    quick = {"transition_seconds": 0.2, "run_seconds": 0.4, "stop_seconds": 0.2}
    simulator.scripts.put(Script(name="test", match=Match(asset=SMOKE), **(quick | changes)))


def opened(url):
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the simulator's own page
        return answer.status, answer.headers["Content-Type"]


async def ended(namespace, name="smoke"):
    return await namespace.phase(name, "Succeeded", "Failed", "Stopped", "Error", "Lost")


@pytest.mark.usefixtures("hub", "operator")
async def test_the_tests_of_a_run_are_counted(namespace, simulator):
    script(simulator, verdict="FAIL", tests=TestCounts(passed=7, failed=2, errors=1, skipped=3))
    await namespace.run("smoke")
    counts = (await ended(namespace))["status"]["tests"]
    assert counts == {"total": 13, "passed": 7, "failed": 2, "errors": 1, "skipped": 3}


@pytest.mark.parametrize(
    "view",
    [BOMB, "<testsuite><testcase></testsuite>", "<html/>", ""],
    ids=["entities", "not closed", "no JUnit", "empty"],
)
@pytest.mark.usefixtures("hub", "operator")
async def test_a_junit_view_that_means_harm_or_nothing_leaves_the_verdict(
    namespace, simulator, view
):
    script(simulator, junit=view)
    await namespace.run("smoke")
    done = await ended(namespace)
    assert (done["status"]["phase"], done["status"]["verdict"]) == ("Succeeded", "PASS")
    assert "tests" not in done["status"]
    assert simulator.requests.counts()["get_junit"] == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_junit_view_that_fails_at_first_is_read_again(namespace, simulator):
    script(simulator)
    simulator.faults.add(AnswerStatus(operation="get_junit", status=502))
    await namespace.run("smoke")
    assert (await ended(namespace))["status"]["tests"]["total"] == 1


@pytest.mark.usefixtures("hub", "operator")
async def test_a_junit_view_that_is_never_there_does_not_hold_up_the_end(namespace, simulator):
    script(simulator)
    simulator.faults.add(AnswerStatus(operation="get_junit", status=502, times=None))
    await namespace.run("smoke")
    done = await ended(namespace)
    assert (done["status"]["phase"], "tests" in done["status"]) == ("Succeeded", False)
    assert simulator.requests.counts()["get_junit"] == 3


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("context", ["", "/test"], ids=["version 10", "version 11"])
async def test_the_links_of_a_result_open_in_a_browser(namespace, simulator, context):
    script(simulator)
    await namespace.secret("hub-token", token="demo-offline-token")
    async with serve(simulator, context=context) as url:
        await namespace.server(url)
        await namespace.run("smoke")
        status = (await ended(namespace))["status"]
        execution = status["execution"]
        place = f"#/projects/1050/results/{execution['resultId']}"
        assert execution["resultURL"] == f"{url}/funrep.html{place}"
        assert status["reports"] == [
            {"name": "Functional report", "url": f"{url}/funrep.html{place}"}
        ]
        html = (200, "text/html; charset=utf-8")
        assert await to_thread(opened, execution["resultURL"]) == html
        assert await to_thread(opened, status["reports"][0]["url"]) == html


@pytest.mark.usefixtures("operator")
async def test_reports_are_links_on_the_server_s_own_host(namespace, hub, simulator):
    origin = hub.removesuffix("/test")
    given = {
        "absolute": f"{hub}/a.html",
        "with context": "/test/b.html",
        "without context": "/c.html",
        "relative": "d.html",
        "elsewhere": "https://evil.example.com/e.html",
        "no scheme": "//evil.example.com/f.html",
        "a script": "javascript:alert(1)",
        "with a name": origin.replace("//", "//user:word@") + "/g.html",
    }
    reports = tuple(Report(id=name, name=name, href=href) for name, href in given.items())
    script(simulator, reports=reports)
    await namespace.run("smoke")
    done = await ended(namespace)
    assert {one["name"]: one["url"] for one in done["status"]["reports"]} == {
        "absolute": f"{hub}/a.html",
        "with context": f"{hub}/b.html",
        "without context": f"{hub}/c.html",
        "relative": f"{hub}/d.html",
    }
    assert "4 of 8 reports are not listed" in condition(done, "Completed")["message"]


@pytest.mark.usefixtures("hub", "operator")
async def test_at_most_ten_reports_are_listed_each_under_its_own_name(namespace, simulator):
    script(simulator, reports=tuple(Report(name="r", href=f"{n}.html") for n in range(14)))
    await namespace.run("smoke")
    names = [one["name"] for one in (await ended(namespace))["status"]["reports"]]
    assert names == ["r", *(f"r ({number})" for number in range(2, 11))]


@pytest.mark.usefixtures("hub")
async def test_a_late_verdict_is_awaited(namespace, start, simulator):
    await start(verdict_period="10m")
    script(simulator, verdict_delay_seconds=60, verdict="FAIL")
    await namespace.run("smoke")
    await namespace.condition("TestExecution", "smoke", "Succeeded", "Unknown", "AwaitingVerdict")
    simulator.clock.advance(60)
    done = await ended(namespace)
    assert (done["status"]["phase"], done["status"]["verdict"]) == ("Failed", "FAIL")


@pytest.mark.usefixtures("hub", "operator")
async def test_an_accepted_verdict_is_a_success(namespace, simulator):
    script(simulator, verdict="INCONCLUSIVE")
    await namespace.run("smoke", acceptedVerdicts=["PASS", "INCONCLUSIVE"])
    done = await ended(namespace)
    shown = (done["status"]["phase"], done["status"]["verdict"])
    assert shown == ("Succeeded", "INCONCLUSIVE")


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(
    "word", ["COMPLETE_WITH_ERROR", "INCOMPLETE", "LAUNCH_FAILED", "STOPPED_AUTOMATICALLY"]
)
async def test_an_end_tells_the_server_s_words(namespace, simulator, word):
    script(simulator, end_status=word, message="the agent was lost")
    await namespace.run("smoke")
    done = await ended(namespace)
    assert condition(done, "Succeeded")["message"].endswith(": the agent was lost")
    assert done["status"]["execution"]["message"] == "the agent was lost"
    assert bool(done["status"]["reports"]) == (word != "LAUNCH_FAILED")


@pytest.mark.usefixtures("hub", "operator")
async def test_who_stopped_a_run_is_told(namespace, simulator):
    script(simulator, run_seconds=60)
    for name in ("asked", "unasked"):
        await namespace.run(name)
        await namespace.phase(name, "Running")
    await namespace.patch("TestExecution", "asked", {"spec": {"cancel": True}})
    unasked = await namespace.get("TestExecution", "unasked")
    run = simulator.ledger.find(unasked["status"]["execution"]["id"])
    stopped = forced(run.timeline, now=simulator.clock.now(), status="STOPPED_BY_USER", message="")
    simulator.ledger.change(run, stopped)
    reasons = {
        name: condition(await namespace.phase(name, "Stopped"), "Succeeded")["reason"]
        for name in ("asked", "unasked")
    }
    assert reasons == {"asked": "StoppedByRequest", "unasked": "StoppedByUser"}


@pytest.mark.usefixtures("hub", "operator")
async def test_a_finished_run_tells_when_it_ran_and_how_long(namespace, simulator):
    script(simulator, run_seconds=2)
    await namespace.run("smoke")
    status = (await ended(namespace))["status"]
    assert status["startTime"] < status["completionTime"]
    assert status["duration"] in {"2s", "3s"}

    async def no_more() -> bool:
        counts = simulator.requests.counts()
        read = ("start_execution", "get_execution", "get_result", "get_junit")
        return [counts[one] for one in read] == [1, 1, 1, 1]

    await until(no_more, "one request each")
