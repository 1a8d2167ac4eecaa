"""The log of an execution's container: as a whole, or from a byte on where settings allow it."""

import re

from aiohttp import web

from execution_simulator.ledger import Run
from execution_simulator.operations import Call, Operation, Refusal, plain
from execution_simulator.runs import completed_at, current
from execution_simulator.testhub.executions import require_text, run_of

_FROM = re.compile(r"bytes=([0-9]{1,18})-")


def get_log(call: Call) -> web.Response:
    """GET log: empty before the container starts, 410 once it is gone (or never was)."""
    run = run_of(call)
    require_text(call)
    init = call.flag("initContainer", default=False)
    step = current(run.timeline, call.now)
    ended = completed_at(run.timeline, call.now)
    kept = call.settings.log_retention_seconds
    if step.status == "CANCELED" or (ended is not None and call.now - ended >= kept):
        raise Refusal(410, "GONE", "the container log is no longer available")
    if step.status == "SCHEDULED":
        return plain("")
    if init:
        return _ranged(call, run.script.init_log)
    not_begun = step.status in {run.script.transition_status, "IN_TRANSITION", "LAUNCH_FAILED"}
    return _ranged(call, "" if not_begun else _written(run, call.now))


def _written(run: Run, now: float) -> str:
    """What the container has written so far: all at once, or line by line while it runs."""
    step = current(run.timeline, now)
    if not run.script.log_grows or step.status != "RUNNING" or not run.script.run_seconds:
        return run.script.log
    lines = run.script.log.splitlines(keepends=True)
    share = min(1.0, (now - step.at) / run.script.run_seconds)
    return "".join(lines[: int(share * len(lines))])


def _ranged(call: Call, text: str) -> web.Response:
    """RFC 9110, 14: 206 from that byte on, 416 behind the end; 200 where ranges are ignored."""
    found = _FROM.fullmatch(call.request.headers.get("Range", ""))
    if found is None or call.settings.log_ranges == "ignored":
        return plain(text)
    body, first = text.encode(), int(found[1])
    if first >= len(body):
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    return web.Response(
        body=body[first:],
        status=206,
        content_type="text/plain",
        headers={"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"},
    )


OPERATIONS = (
    Operation("get_log", "GET", "/rest/projects/{project}/executions/{execution}/log", get_log),
)
