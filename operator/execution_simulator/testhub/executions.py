"""Executions: start, list, get, the internal status; stops and logs are not here."""

from aiohttp import web

from execution_simulator.ledger import Run
from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.runs import current, forced, planned
from execution_simulator.specification import ExecutionSpecification, StatusUpdate
from execution_simulator.testhub.filters import ALL_STATUSES, parse_filter
from execution_simulator.testhub.pages import paged
from execution_simulator.testhub.projects import project_of, project_to_start_in
from execution_simulator.testhub.references import asset_to_run, launch_trouble
from execution_simulator.testhub.rendering import execution, frame_of, listing, reference
from execution_simulator.tokens import Standing


def start_execution(call: Call) -> web.Response:
    """POST executions/: 201 with the execution and its Location."""
    project = project_to_start_in(call)
    call.require_json()
    wanted = call.parsed(ExecutionSpecification)
    _require_offline_token(call, wanted)
    asset = asset_to_run(call, project, wanted.test_asset)
    due = _due(call, wanted)
    script = call.simulator.scripts.choose(asset=asset, project=project.id, tags=wanted.tags or ())
    trouble = launch_trouble(call, project, asset, wanted)
    if trouble:
        script = script.model_copy(update={"end_status": "LAUNCH_FAILED", "message": trouble})
    settings = wanted.advanced_settings
    run = Run(
        id=call.simulator.new_run_id(),
        result_id=call.simulator.new_result_id(),
        project_id=project.id,
        asset=asset,
        specification=wanted,
        script=script,
        created=call.now,
        due=due,
        timeline=planned(script, created=call.now, due=due),
        configurations=dict(settings.configuration or {}) if settings else {},
    )
    call.simulator.ledger.add(run)
    return _started(call, run)


def list_executions(call: Call) -> web.Response:
    """GET executions/: the runs that match, as an array or as a page."""
    project = project_of(call)
    _require_known_include(call)
    query = {name: ",".join(call.request.query.getall(name)) for name in call.request.query}
    try:
        wanted = parse_filter(query, call.settings)
    except ValueError as exc:
        raise Refusal(400, "BAD_REQUEST", str(exc)) from None
    frame = frame_of(call)
    candidates = call.simulator.ledger.candidates(project.id, wanted.wish(), call.now)
    found = [run for run in candidates if wanted.matches(run, call.now, call.settings)]
    if call.settings.list_order == "newestFirst":
        found.reverse()
    if call.settings.executions_list == "page":
        return answer(paged(call, found, lambda run: execution(run, call.now, frame)))
    text = listing(found, call.now, frame)
    return web.Response(text=text, content_type="application/json")


def get_execution(call: Call) -> web.Response:
    """GET executions/{execution}."""
    run = run_of(call)
    _require_known_include(call)
    return answer(execution(run, call.now, frame_of(call)))


def update_status(call: Call) -> web.Response:
    """PATCH status, internal: 204."""
    run = run_of(call)
    call.require_json()
    wanted = call.parsed(StatusUpdate)
    step = current(run.timeline, call.now)
    status = wanted.status or step.status
    if status not in ALL_STATUSES:
        raise Refusal(400, "BAD_REQUEST", "status: is not a status of executions")
    message = step.message if wanted.message is None else wanted.message
    changed = forced(run.timeline, now=call.now, status=status, message=message)
    call.simulator.ledger.change(run, changed)
    return web.Response(status=204)


def run_of(call: Call) -> Run:
    """The execution of the path.

    Raises:
        Refusal: 404.
    """
    project = project_of(call)
    run = call.simulator.ledger.get(project.id, call.part("execution"))
    if run is None:
        message = f'execution "{call.part("execution")}" does not exist or was deleted'
        raise Refusal(404, "NOT_FOUND", message)
    return run


def require_text(call: Call) -> None:
    """Refuse a caller of a text/plain path who accepts something else, where settings are strict.

    Raises:
        Refusal: 406.
    """
    accepted = call.request.headers.get("Accept", "*/*")
    takes = any(kind in accepted for kind in ("text/plain", "text/*", "*/*"))
    if call.settings.strict_accept and not takes:
        raise Refusal(406, "NOT_ACCEPTABLE", "this path gives text/plain")


def _require_known_include(call: Call) -> None:
    if set(call.words("include")) - {"data"}:
        raise Refusal(400, "BAD_REQUEST", "include: the only possible value is data")


def _require_offline_token(call: Call, wanted: ExecutionSpecification) -> None:
    standing = call.simulator.tokens.standing(wanted.offline_token.get_secret_value())
    if standing is Standing.UNKNOWN:
        raise Refusal(401, "UNAUTHORIZED", "offlineToken: is not valid")
    if standing is Standing.LICENCE_REFUSED:
        raise Refusal(403, "LICENSE_REFUSED", "no license is available for this user")


def _due(call: Call, wanted: ExecutionSpecification) -> float:
    if wanted.scheduled is None:
        return call.now
    due = wanted.scheduled.due(call.now)
    if due < call.now and call.settings.past_schedule == "refuse":
        raise Refusal(400, "BAD_REQUEST", "scheduled.at: lies in the past")
    return max(due, call.now)


def _started(call: Call, run: Run) -> web.Response:
    if call.settings.post_answer_status:
        response = answer(execution(run, call.now, frame_of(call)), 201)
    else:
        response = answer({"id": run.id, "result": reference(run, call.base)}, 201)
    path = f"/rest/projects/{run.project_id}/executions/{run.id}"
    match call.settings.location:
        case "absolute":
            response.headers["Location"] = call.base + path
        case "relative":
            response.headers["Location"] = call.context + path
        case "missing":
            pass
    return response


_EXECUTIONS = "/rest/projects/{project}/executions/"

OPERATIONS = (
    Operation("list_executions", "GET", _EXECUTIONS, list_executions),
    Operation("start_execution", "POST", _EXECUTIONS, start_execution),
    Operation("get_execution", "GET", f"{_EXECUTIONS}{{execution}}", get_execution),
    Operation("update_status", "PATCH", f"{_EXECUTIONS}{{execution}}/status", update_status),
)
