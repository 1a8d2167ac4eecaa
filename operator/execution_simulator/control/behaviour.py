"""Control API: scripts, faults, settings, the clock, and beginning anew."""

import json
from typing import Self

from aiohttp import web
from pydantic import Field, JsonValue, TypeAdapter, ValidationError, model_validator

from execution_simulator.control.documents import nothing, read, show
from execution_simulator.faults import FAULT, FAULTS, Planted
from execution_simulator.models import ControlModel
from execution_simulator.operations import Call, Operation, Refusal, answer, complaints
from execution_simulator.scripts import Script
from execution_simulator.variants import Settings

SCRIPT = TypeAdapter(Script)
SCRIPTS = TypeAdapter(tuple[Script, ...])
SETTINGS = TypeAdapter(Settings)


class ClockChange(ControlModel):
    """Move the clock, stop it or let it run; what is absent stays."""

    advance_seconds: float = Field(default=0, ge=0)
    frozen: bool | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            message = "must name advanceSeconds or frozen"
            raise ValueError(message)
        return self


class Reset(ControlModel):
    """Begin with the demo world or with nothing."""

    demo: bool = True


CLOCK = TypeAdapter(ClockChange)
RESET = TypeAdapter(Reset)


def list_scripts(call: Call) -> web.Response:
    """GET scripts: in the order in which they are tried."""
    return _json(SCRIPTS.dump_json(tuple(call.simulator.scripts), by_alias=True))


def replace_scripts(call: Call) -> web.Response:
    """PUT scripts: these and no others."""
    scripts = read(call, SCRIPTS)
    call.simulator.scripts.replace(scripts)
    return nothing()


def put_script(call: Call) -> web.Response:
    """POST scripts: one before all others; one of the same name goes."""
    call.simulator.scripts.put(read(call, SCRIPT))
    return nothing()


def list_faults(call: Call) -> web.Response:
    """GET faults: each with how often it was skipped and struck."""
    return answer([_fault(planted) for planted in call.simulator.faults])


def replace_faults(call: Call) -> web.Response:
    """PUT faults: these and no others."""
    faults = read(call, FAULTS)
    call.simulator.faults.replace(faults)
    return nothing()


def add_fault(call: Call) -> web.Response:
    """POST faults: one more, after the others."""
    call.simulator.faults.add(read(call, FAULT))
    return nothing()


def clear_faults(call: Call) -> web.Response:
    """DELETE faults: all."""
    call.simulator.faults.clear()
    return nothing()


def get_settings(call: Call) -> web.Response:
    """GET settings."""
    return show(call.settings)


def replace_settings(call: Call) -> web.Response:
    """PUT settings: what is absent gets its default."""
    call.simulator.settings = read(call, SETTINGS)
    return show(call.simulator.settings)


def change_settings(call: Call) -> web.Response:
    """PATCH settings: what is absent stays."""
    try:
        change: JsonValue = json.loads(call.body)
    except ValueError:
        change = None
    if not isinstance(change, dict):
        raise Refusal(400, "BAD_REQUEST", "body: must be a JSON object")
    try:
        merged = {**call.settings.model_dump(mode="json", by_alias=True), **change}
        call.simulator.settings = Settings.model_validate(merged)
    except ValidationError as exc:
        raise Refusal(400, "BAD_REQUEST", complaints(exc)) from None
    return show(call.simulator.settings)


def get_clock(call: Call) -> web.Response:
    """GET clock: `now` is seconds since the epoch."""
    clock = call.simulator.clock
    return answer({"now": clock.now(), "frozen": clock.frozen})


def change_clock(call: Call) -> web.Response:
    """POST clock: forward, stopped or running."""
    change, clock = read(call, CLOCK), call.simulator.clock
    if change.frozen is True:
        clock.freeze()
    if change.frozen is False:
        clock.thaw()
    clock.advance(change.advance_seconds)
    return get_clock(call)


def reset(call: Call) -> web.Response:
    """POST reset: everything as at the beginning, but for the clock."""
    wanted = read(call, RESET) if call.body else Reset()
    call.simulator.reset(demo=wanted.demo)
    return nothing()


def _fault(planted: Planted) -> JsonValue:
    shown: dict[str, JsonValue] = planted.fault.model_dump(mode="json", by_alias=True)
    return {**shown, "skipped": planted.skipped, "struck": planted.struck}


def _json(text: bytes) -> web.Response:
    return web.Response(body=text, content_type="application/json")


OPERATIONS = (
    Operation("list_scripts", "GET", "/_simulator/scripts", list_scripts),
    Operation("replace_scripts", "PUT", "/_simulator/scripts", replace_scripts),
    Operation("put_script", "POST", "/_simulator/scripts", put_script),
    Operation("list_faults", "GET", "/_simulator/faults", list_faults),
    Operation("replace_faults", "PUT", "/_simulator/faults", replace_faults),
    Operation("add_fault", "POST", "/_simulator/faults", add_fault),
    Operation("clear_faults", "DELETE", "/_simulator/faults", clear_faults),
    Operation("get_settings", "GET", "/_simulator/settings", get_settings),
    Operation("replace_settings", "PUT", "/_simulator/settings", replace_settings),
    Operation("change_settings", "PATCH", "/_simulator/settings", change_settings),
    Operation("get_clock", "GET", "/_simulator/clock", get_clock),
    Operation("change_clock", "POST", "/_simulator/clock", change_clock),
    Operation("reset", "POST", "/_simulator/reset", reset),
)
