"""The result of a run: its verdict, reports and views. The verdict may come later than the end."""

from xml.etree import ElementTree as ET

from aiohttp import web
from pydantic import JsonValue

from execution_simulator.ledger import Run
from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.runs import completed_at, current, started_at
from execution_simulator.scripts import Report, TestCounts
from execution_simulator.testhub.projects import project_of
from execution_simulator.testhub.rendering import date_of, members
from execution_simulator.variants import Settings
from execution_simulator.words import STUB

WITHOUT_RESULTS = frozenset({"CANCELED", "LAUNCH_FAILED"})
STOPPED = frozenset({"STOPPED_BY_USER", "STOPPED_AUTOMATICALLY"})


def verdict_of(run: Run, now: float, settings: Settings) -> str | None:
    """The verdict that the result shows at a moment."""
    completed = completed_at(run.timeline, now)
    delay = run.script.verdict_delay_seconds + settings.verdict_null_seconds
    if completed is None or now < completed + delay:
        return None
    status = current(run.timeline, now).status
    if status in STOPPED:
        captured = run.stop is None or run.stop.capture_results
        return settings.stopped_verdict if captured else None
    if status in WITHOUT_RESULTS or run.script.verdict == "NONE":
        return None
    suggested = {"COMPLETE": "PASS", "COMPLETE_WITH_ERROR": "ERROR"}.get(status, "INCONCLUSIVE")
    return run.script.verdict or suggested


def get_result(call: Call) -> web.Response:
    """GET a result. Reports are left out where nothing ran; their addresses are relative."""
    run = _run_of_result(call)
    settings, now = call.settings, call.now
    status = current(run.timeline, now).status
    content: dict[str, JsonValue] = {
        "id": run.result_id,
        "name": run.asset.name,
        "status": call.status_word if call.status_word and _is_active(run, now) else status,
        "verdict": verdict_of(run, now, settings),
        "message": current(run.timeline, now).message or None,
        "branch": run.specification.test_asset.revision,
        "creationDate": date_of(run.created, settings),
        "startDate": date_of(started_at(run.timeline, now), settings),
        "duration": _duration_milliseconds(run, now),
    }
    if _has_reports(run, now):
        content["reports"] = [_report(call, run, report) for report in run.script.reports]
    return answer(members(content, settings))


def get_result_logs(call: Call) -> web.Response:
    """GET logs: the lines of the run. The shape of the real answer is not known."""
    run = _run_of_result(call)
    begun = started_at(run.timeline, call.now) is not None
    lines = run.script.log.splitlines() if begun else []
    return answer({"content": [{"message": line} for line in lines], "totalElements": len(lines)})


def get_junit(call: Call) -> web.Response:
    """GET data/views/surefire/: JUnit XML, once the run has ended with results."""
    run = _run_with_views(call)
    if run.script.junit is not None:
        return web.Response(text=run.script.junit, content_type="application/xml")
    suite = junit(run.asset.name, run.script.tests)
    text = ET.tostring(suite, encoding="unicode", xml_declaration=False)
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return web.Response(text=f"{declaration}\n{text}\n", content_type="application/xml")


def get_functional_summary(call: Call) -> web.Response:
    """GET data/views/functional/summary/: the counts."""
    run = _run_with_views(call)
    tests = run.script.tests
    steps: dict[str, JsonValue] = {
        "total": tests.total,
        "passed": tests.passed,
        "failed": tests.failed,
        "errors": tests.errors,
        "skipped": tests.skipped,
    }
    verdict = verdict_of(run, call.now, call.settings)
    return answer({"name": run.asset.name, "verdict": verdict, "steps": steps})


def show_result(_call: Call) -> web.Response:
    """GET funrep.html: the page for people; which result it shows is in the fragment."""
    page = "<!DOCTYPE html><title>Result</title><p>A simulator has no results to show.</p>"
    return web.Response(text=page, content_type="text/html")


def junit(name: str, tests: TestCounts) -> ET.Element:
    """A surefire test suite with as many cases as were counted."""
    numbers = {"tests": tests.total, "failures": tests.failed}
    numbers |= {"errors": tests.errors, "skipped": tests.skipped}
    suite = ET.Element("testsuite", name=name, time="1.0")
    suite.attrib.update({key: str(number) for key, number in numbers.items()})
    outcomes = (
        *((None,) * tests.passed),
        *(("failure",) * tests.failed),
        *(("error",) * tests.errors),
        *(("skipped",) * tests.skipped),
    )
    for number, outcome in enumerate(outcomes, 1):
        case = ET.SubElement(suite, "testcase", name=f"case {number}", classname=name, time="0.1")
        if outcome:
            ET.SubElement(case, outcome, message=f"{outcome} of case {number}")
    return suite


def _run_of_result(call: Call) -> Run:
    project = project_of(call)
    run = call.simulator.ledger.by_result(project.id, call.part("result"))
    hidden = run is not None and run.asset.external_type == STUB
    if run is None or (hidden and call.settings.stub_result == "notFound"):
        message = f'result "{call.part("result")}" does not exist or was deleted'
        raise Refusal(404, "NOT_FOUND", message)
    return run


def _run_with_views(call: Call) -> Run:
    run = _run_of_result(call)
    if not _has_reports(run, call.now):
        raise Refusal(404, "NOT_FOUND", "the result has no such view")
    return run


def _is_active(run: Run, now: float) -> bool:
    return completed_at(run.timeline, now) is None


def _has_reports(run: Run, now: float) -> bool:
    status = current(run.timeline, now).status
    captured = run.stop is None or run.stop.capture_results
    nothing = run.asset.external_type == STUB or status in WITHOUT_RESULTS
    return captured and not nothing and not _is_active(run, now)


def _duration_milliseconds(run: Run, now: float) -> int | None:
    started, completed = started_at(run.timeline, now), completed_at(run.timeline, now)
    return round((completed - started) * 1000) if started and completed else None


def _report(call: Call, run: Run, report: Report) -> JsonValue:
    href = report.href.replace("{context}", call.context)
    href = href.replace("{project}", run.project_id).replace("{result}", run.result_id)
    return {
        "id": report.id,
        "name": report.name,
        "href": href,
        "content-type": report.content_type,
        "exportable": True,
        "lastUpdated": date_of(completed_at(run.timeline, call.now), call.settings),
    }


_RESULT = "/rest/projects/{project}/results/{result}"

OPERATIONS = (
    Operation("show_result", "GET", "/funrep.html", show_result, needs_token=False),
    Operation("get_result", "GET", _RESULT, get_result),
    Operation("get_result_logs", "GET", f"{_RESULT}/logs", get_result_logs),
    Operation("get_junit", "GET", f"{_RESULT}/data/views/surefire/", get_junit),
    Operation(
        "get_functional_summary",
        "GET",
        f"{_RESULT}/data/views/functional/summary/",
        get_functional_summary,
    ),
)
