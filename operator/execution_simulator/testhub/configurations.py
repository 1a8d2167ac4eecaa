"""The advanced configurations of a run, which a caller may change while it runs."""

import json

from aiohttp import web
from pydantic import JsonValue

from execution_simulator.ledger import Run
from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.runs import completed_at, restarted
from execution_simulator.testhub.executions import run_of


def get_configurations(call: Call) -> web.Response:
    """GET all: a map from name to value, or to `{value}`."""
    found = run_of(call).configurations
    if call.settings.configurations == "map":
        return answer(found)
    return answer({name: {"value": value} for name, value in found.items()})


def update_configurations(call: Call) -> web.Response:
    """PATCH some: 204. Both forms of a value are taken."""
    run = run_of(call)
    content = _object(call)
    return _update(call, run, {name: _value(value) for name, value in content.items()})


def update_configuration(call: Call) -> web.Response:
    """PATCH one: the body is `{value}` (seed 000, schema Value)."""
    run = run_of(call)
    content = _object(call)
    if set(content) != {"value"}:
        raise Refusal(400, "BAD_REQUEST", "body: must be an object with the one member value")
    return _update(call, run, {call.part("name"): content["value"]})


def _object(call: Call) -> dict[str, JsonValue]:
    call.require_json("application/merge-patch+json")
    try:
        content: JsonValue = json.loads(call.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refusal(400, "BAD_REQUEST", "body: must be a JSON object")
    return content


def _value(given: JsonValue) -> JsonValue:
    if isinstance(given, dict) and set(given) == {"value"}:
        return given["value"]
    return given


def _update(call: Call, run: Run, values: dict[str, JsonValue]) -> web.Response:
    if completed_at(run.timeline, call.now) is not None:
        return _refused_or_ignored(call, run)
    run.configurations.update(values)
    if run.script.restarts_on_configuration:
        anew = restarted(run.timeline, run.script, now=call.now)
        call.simulator.ledger.change(run, anew)
    return web.Response(status=204)


def _refused_or_ignored(call: Call, run: Run) -> web.Response:
    match call.settings.finished_configuration:
        case 204:
            return web.Response(status=204)
        case 404:
            raise Refusal(404, "NOT_FOUND", f'execution "{run.id}" has ended')


_ALL = "/rest/projects/{project}/executions/{execution}/advancedSettings/configurations"

OPERATIONS = (
    Operation("get_configurations", "GET", _ALL, get_configurations),
    Operation("update_configurations", "PATCH", _ALL, update_configurations),
    Operation("update_configuration", "PATCH", f"{_ALL}/{{name}}/", update_configuration),
)
