"""Stopping runs, one or many; what a stop does to a run is decided by its timeline."""

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from execution_simulator.ledger import Run, StopRequest
from execution_simulator.operations import Call, Operation, Refusal, answer, complaints, plain
from execution_simulator.runs import completed_at, stopped
from execution_simulator.specification import Operation as Change
from execution_simulator.specification import Patch
from execution_simulator.testhub.executions import require_text, run_of
from execution_simulator.testhub.projects import project_of

_BARE: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])
_STOPPED_WORDS = frozenset({"STOPPING", "STOPPED", "STOPPED_BY_USER", "CANCELED"})


def stop_execution(call: Call) -> web.Response:
    """DELETE one: 202; for a run that has ended what the settings say."""
    run, request = run_of(call), _request(call)
    if completed_at(run.timeline, call.now) is not None:
        return _answer_ended(call, run)
    _stop(call, run, request)
    return web.Response(status=202)


def stop_executions(call: Call) -> web.Response:
    """PATCH many: 202, or 422 when one is not found; both answers are plain text.

    Nobody has seen a caller, so both forms of the body are taken: operations in their wrapper
    (seed 000, schema JsonPatch) and the bare array of RFC 6902.
    """
    project, request = project_of(call), _request(call)
    call.require_json("application/json-patch+json")
    require_text(call)
    ids = [_execution_id(change) for change in _changes(call.body)]
    found = [run for run in (call.simulator.ledger.get(project.id, it) for it in ids) if run]
    complete = len(found) == len(ids)
    match call.settings.bulk_stop:
        case "notFound":
            raise Refusal(404, "NOT_FOUND", "no such path")
        case "refused":
            return plain("One or more executions were not found.", 422)
        case "outcomes":
            return _outcomes(call, request, ids, found)
        case "works":
            return _all_or_some(call, request, found, complete=complete)


def _outcomes(call: Call, request: StopRequest, ids: list[str], found: list[Run]) -> web.Response:
    for run in found:
        _stop(call, run, request)
    known = {run.id for run in found}
    return answer([{"id": it, "status": 202 if it in known else 404} for it in ids], 207)


def _all_or_some(
    call: Call, request: StopRequest, found: list[Run], *, complete: bool
) -> web.Response:
    if complete or call.settings.patch_not_found == "partial":
        for run in found:
            _stop(call, run, request)
    if complete:
        return plain("The request to stop the executions was accepted.", 202)
    return plain("One or more executions were not found.", 422)


def _answer_ended(call: Call, run: Run) -> web.Response:
    match call.settings.finished_delete:
        case 202:
            return web.Response(status=202)
        case 404 | 409 | 410 as status:
            raise Refusal(status, "EXECUTION_ENDED", f'execution "{run.id}" has ended')


def _request(call: Call) -> StopRequest:
    return StopRequest(
        timeout_seconds=call.whole("stopTimeoutSecs", default=30),
        execute_finally_block=call.flag("executeFinallyBlock", default=True),
        capture_results=call.flag("captureResults", default=True),
    )


def _stop(call: Call, run: Run, request: StopRequest) -> None:
    changed = stopped(
        run.timeline,
        run.script,
        now=call.now,
        timeout_seconds=request.timeout_seconds,
        lag_seconds=call.settings.stop_lag_seconds,
    )
    if changed is not run.timeline:
        run.stop = request
        call.simulator.ledger.change(run, changed)


def _changes(body: bytes) -> tuple[Change, ...]:
    try:
        bare = body.lstrip().startswith(b"[")
        if bare:
            changes = _BARE.validate_json(body, strict=True)
        else:
            changes = Patch.model_validate_json(body).operations
    except ValidationError as exc:
        raise Refusal(400, "BAD_REQUEST", complaints(exc)) from None
    if not changes:
        raise Refusal(400, "BAD_REQUEST", "operations: must not be empty")
    return changes


def _execution_id(change: Change) -> str:
    """`remove /<id>`, or `replace` of the run or its status by a word that means stopped."""
    root, _, rest = change.path.partition("/")
    execution_id, _, member = rest.partition("/")
    removes = change.op == "remove" and not member
    replaces = change.op == "replace" and member in {"", "status"}
    if root or not execution_id or not (removes or (replaces and change.value in _STOPPED_WORDS)):
        message = "operations: only remove /<id> and replace /<id> by STOPPED are understood"
        raise Refusal(400, "BAD_REQUEST", message)
    return execution_id


_EXECUTIONS = "/rest/projects/{project}/executions/"

OPERATIONS = (
    Operation("stop_executions", "PATCH", _EXECUTIONS, stop_executions),
    Operation("stop_execution", "DELETE", f"{_EXECUTIONS}{{execution}}", stop_execution),
)
