"""Static agents at the three levels, and what they are asked to be able to do."""

import base64
import binascii
import json

from aiohttp import web
from pydantic import JsonValue

from execution_simulator.machine_bodies import AgentBody, Members
from execution_simulator.machines import Machine
from execution_simulator.operations import Call, Operation, Refusal
from execution_simulator.testhub import machines
from execution_simulator.testhub.sorts import Sort


def list_agents(call: Call) -> web.Response:
    """GET of a level; `filter` selects, or only sorts, as the settings say."""
    found = machines.visible(call, AGENTS)
    wanted = _filter(call)
    fits = [machine for machine in found if _matches(machine, wanted)]
    if call.settings.agent_filter == "sorts":
        fits = [*fits, *(machine for machine in found if machine not in fits)]
    return machines.listed(call, AGENTS, fits)


def list_project_agents(call: Call) -> web.Response:
    """GET of a project's: all, those that match first, each with its `matchSpecifics`."""
    found = machines.of_project(call, AGENTS)
    wanted = _filter(call)
    ordered = sorted(found, key=lambda machine: not _matches(machine, wanted))
    specifics: Members = {
        str(machine.id): {"matchSpecifics": _specifics(machine, wanted)} for machine in found
    }
    return machines.listed(call, AGENTS, ordered, extra=specifics)


def _filter(call: Call) -> list[Members]:
    """The capabilities asked for: base64 of a name, or of one or many JSON objects.

    What exactly stands inside is documented nowhere.
    """
    text = call.word("filter")
    content = _decoded(text) if text else []
    items = content if isinstance(content, list) else [content]
    return [item if isinstance(item, dict) else {"name": item} for item in items]


def _decoded(text: str) -> JsonValue:
    try:
        # A plus sign that was not escaped arrives as a blank.
        decoded = base64.b64decode(text.replace(" ", "+"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Refusal(400, "BAD_REQUEST", "filter: must be base64") from None
    try:
        content: JsonValue = json.loads(decoded)
    except ValueError:
        return decoded
    return content


def _matches(machine: Machine, wanted: list[Members]) -> bool:
    return all(_has(machine, capability) for capability in wanted)


def _has(machine: Machine, wanted: Members) -> bool:
    known = machine.members.get("capabilities")
    return any(
        all(capability.get(name) == value for name, value in wanted.items())
        for capability in (known if isinstance(known, list) else [])
        if isinstance(capability, dict)
    )


def _specifics(machine: Machine, wanted: list[Members]) -> Members:
    missing = [capability for capability in wanted if not _has(machine, capability)]
    return {
        "matchedCapability": [it for it in wanted if it not in missing],
        "misMatchedCapability": [*missing],
        "match": not missing,
    }


def _added(call: Call, machine: Machine) -> Members:
    contact = machine.contact(call.now)
    return {
        "state": machine.state(call.now),
        "contactTime": None if contact is None else round(contact * 1000),
        "engineListSize": 1 if machine.busy else 0,
    }


AGENTS = Sort(
    word="agent",
    thing="static agent",
    collection="agents",
    body=AgentBody,
    assigned=frozenset(
        {
            "id",
            "owner",
            "state",
            "contactTime",
            "engineListSize",
            "matchSpecifics",
            "rtbState",
            "rtbContactTime",
        }
    ),
    kept=lambda simulator: simulator.agents,
    added=_added,
    live=lambda call, machine: machine.state(call.now) != "LOST",
)

OPERATIONS = machines.operations(
    AGENTS,
    Operation("list_agents", "GET", "/rest/agents", list_agents),
    Operation("list_agents", "GET", "/rest/spaces/{space}/agents", list_agents),
    Operation("list_project_agents", "GET", "/rest/projects/{project}/agents", list_project_agents),
)
