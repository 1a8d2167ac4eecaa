"""How a run looks as JSON (seed 000, schema Execution), in the form that the settings ask for.

A list of ten thousand runs is asked for again and again while few of them change: the text of a run
is kept until its step, or what it is rendered for, changes.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from execution_simulator.ledger import Run, Shown
from execution_simulator.operations import Call
from execution_simulator.runs import Step, completed_at, current, started_at
from execution_simulator.variants import Settings
from execution_simulator.words import ENDED


def date_of(moment: float | None, settings: Settings) -> JsonValue:
    """A moment (epoch seconds) in the form of the settings, to the millisecond."""
    if moment is None:
        return None
    milliseconds = round(moment * 1000)
    if settings.dates == "epochMillis":
        return milliseconds
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z") if settings.dates == "z" else text


def members(content: dict[str, JsonValue], settings: Settings) -> dict[str, JsonValue]:
    """An object with its null members, or without."""
    if settings.nulls == "present":
        return content
    return {name: value for name, value in content.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a run is rendered for: the same for all runs of one answer."""

    base: str
    settings: Settings
    with_data: bool
    status_word: str | None


def frame_of(call: Call) -> Frame:
    """The frame of a call; an unknown `include` asks for nothing more."""
    return Frame(call.base, call.settings, "data" in call.words("include"), call.status_word)


def execution(run: Run, now: float, frame: Frame) -> dict[str, JsonValue]:
    """A run as an Execution. Tags are not echoed: the schema has no place for them."""
    step = current(run.timeline, now)
    content: dict[str, JsonValue] = {
        "id": run.id,
        "result": reference(run, frame.base),
        "status": _status(step, frame),
        "message": step.message or None,
        "internal": _data(run, frame.settings) if frame.with_data else None,
        "startDate": date_of(started_at(run.timeline, now), frame.settings),
        "completionDate": date_of(completed_at(run.timeline, now), frame.settings),
    }
    return members(content, frame.settings)


def reference(run: Run, base: str) -> JsonValue:
    """The result of a run (seed 000, schema ResultReference)."""
    ref = f"{base}/rest/projects/{run.project_id}/results/{run.result_id}"
    return {"ref": ref, "id": run.result_id}


def listing(runs: Iterable[Run], now: float, frame: Frame) -> str:
    """A JSON array of the runs; each run keeps its text for the next list."""
    return f"[{','.join(_text(run, now, frame) for run in runs)}]"


def _text(run: Run, now: float, frame: Frame) -> str:
    step, kept = current(run.timeline, now), run.shown
    if kept and kept.step is step and kept.frame == frame:
        return kept.text
    text = json.dumps(execution(run, now, frame))
    run.shown = Shown(step, frame, text)
    return text


def _status(step: Step, frame: Frame) -> str:
    if frame.status_word is not None and step.status not in ENDED:
        return frame.status_word
    return step.status


def _data(run: Run, settings: Settings) -> JsonValue:
    # What `include=data` adds is documented nowhere; `internal` is the schema's only free member.
    return {
        "testAsset": {
            "assetId": run.asset.id,
            "name": run.asset.name,
            "externalType": run.asset.external_type,
            "revision": run.specification.test_asset.revision,
        },
        "environment": run.specification.environment,
        "scheduledDate": date_of(run.due, settings),
    }
