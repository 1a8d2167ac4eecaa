"""Control API: what was asked, and what runs there are."""

from aiohttp import web
from pydantic import Field, JsonValue, TypeAdapter

from execution_simulator.control.documents import nothing, read
from execution_simulator.journal import Seen
from execution_simulator.ledger import Run, StopRequest
from execution_simulator.models import ControlModel
from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.runs import completed_at, current, forced, started_at
from execution_simulator.testhub.results import verdict_of


class ForcedStatus(ControlModel):
    """The status that a run has from now on; any word, also one outside the API's enum."""

    status: str = Field(min_length=1)
    message: str = ""


FORCED = TypeAdapter(ForcedStatus)


def list_requests(call: Call) -> web.Response:
    """GET requests: oldest first; `operation` selects, `last` keeps only so many of the newest."""
    seen = call.simulator.requests.read(call.word("operation"))
    last = call.whole("last", default=len(seen))
    return answer([_request(it) for it in seen[len(seen) - min(last, len(seen)) :]])


def clear_requests(call: Call) -> web.Response:
    """DELETE requests: forget them and their counts."""
    call.simulator.requests.clear()
    return nothing()


def count_requests(call: Call) -> web.Response:
    """GET requests/counts: by operation."""
    return answer(dict(call.simulator.requests.counts()))


def list_executions(call: Call) -> web.Response:
    """GET executions: all, or those of one `project`, oldest first."""
    runs = call.simulator.ledger.all(call.word("project"))
    return answer([_execution(call, run) for run in runs])


def get_execution(call: Call) -> web.Response:
    """GET executions/{id}."""
    return answer(_execution(call, _run(call)))


def force_status(call: Call) -> web.Response:
    """PATCH executions/{id}: set a status; its script plays no further."""
    run, wanted = _run(call), read(call, FORCED)
    timeline = forced(run.timeline, now=call.now, status=wanted.status, message=wanted.message)
    call.simulator.ledger.change(run, timeline)
    return answer(_execution(call, run))


def remove_execution(call: Call) -> web.Response:
    """DELETE executions/{id}: the API answers 404 from now on, for its result too."""
    call.simulator.ledger.remove(_run(call))
    return nothing()


def _run(call: Call) -> Run:
    run = call.simulator.ledger.find(call.part("execution"))
    if run is None:
        message = f'cannot find execution "{call.part("execution")}": there is none'
        raise Refusal(404, "NOT_FOUND", message)
    return run


def _request(seen: Seen) -> JsonValue:
    return {
        "method": seen.method,
        "path": seen.path,
        "operation": seen.operation,
        "query": {name: list(values) for name, values in seen.query.items()},
        "body": seen.body,
        "offlineTokenRight": seen.offline_token_right,
        "status": seen.status,
        "fault": seen.fault,
        "at": seen.at,
    }


def _execution(call: Call, run: Run) -> JsonValue:
    now = call.now
    step = current(run.timeline, now)
    return {
        "id": run.id,
        "resultId": run.result_id,
        "projectId": run.project_id,
        "asset": run.asset.name,
        "assetId": run.asset.id,
        "tags": list(run.tags),
        "environment": run.specification.environment,
        "script": run.script.name,
        "status": step.status,
        "message": step.message,
        "verdict": verdict_of(run, now, call.settings),
        "createdAt": run.created,
        "dueAt": run.due,
        "startedAt": started_at(run.timeline, now),
        "completedAt": completed_at(run.timeline, now),
        "configurations": run.configurations,
        "stop": _stop(run.stop),
    }


def _stop(stop: StopRequest | None) -> JsonValue:
    if stop is None:
        return None
    return {
        "stopTimeoutSecs": stop.timeout_seconds,
        "executeFinallyBlock": stop.execute_finally_block,
        "captureResults": stop.capture_results,
    }


OPERATIONS = (
    Operation("list_requests", "GET", "/_simulator/requests", list_requests),
    Operation("clear_requests", "DELETE", "/_simulator/requests", clear_requests),
    Operation("count_requests", "GET", "/_simulator/requests/counts", count_requests),
    Operation("list_executions", "GET", "/_simulator/executions", list_executions),
    Operation("get_execution", "GET", "/_simulator/executions/{execution}", get_execution),
    Operation("force_status", "PATCH", "/_simulator/executions/{execution}", force_status),
    Operation("remove_execution", "DELETE", "/_simulator/executions/{execution}", remove_execution),
)
