"""What agents and docker hosts differ in, and how a machine of either is named and shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from execution_simulator.machine_bodies import Members, names_of
from execution_simulator.machines import USER, Machine, Machines
from execution_simulator.operations import Call, Refusal
from execution_simulator.simulator import Simulator
from execution_simulator.specification import Part
from execution_simulator.testhub.rendering import members as with_or_without_nulls

_MOST_DIGITS = 18
_DOMAIN = ".example.com"


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of machine: its words, its body, and what the server adds when it shows one."""

    word: str
    """In operations and codes: `agent`."""
    thing: str
    """In messages: `static agent`."""
    collection: str
    """In paths: `agents`."""
    body: type[Part]
    assigned: frozenset[str]
    """Members that the server itself assigns: taken in a body, and ignored."""
    kept: Callable[[Simulator], Machines]
    added: Callable[[Call, Machine], Members]
    """What the server knows beside the members that were given."""
    kept_back: Callable[[Call, Machine], Members] = lambda _, __: {}
    """What stands in the place of members that are never shown."""
    guard: Callable[[Call], None] = lambda _: None
    """Refuses every path of the sort, where the settings say so."""
    live: Callable[[Call, Machine], bool] = lambda _, __: False
    """Whether a removal is refused, where the settings refuse some."""


def require_mine(call: Call, machine: Machine) -> None:
    """Refuse what only its owner may do, where the settings say so."""
    if call.settings.foreign_machines == "forbidden" and machine.owner != USER:
        raise Refusal(403, "FORBIDDEN", "only its owner may do this")


def number(text: str) -> int:
    """An id of the path or the body.

    Raises:
        Refusal: 400, it is no number.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        raise Refusal(400, "BAD_REQUEST", "id: must be a whole number")
    return int(text)


def unknown(sort: Sort, machine_id: int) -> Refusal:
    """The answer about a machine that is not there."""
    return Refusal(404, "NOT_FOUND", f'{sort.thing} "{machine_id}" is not found')


def shown(call: Call, sort: Sort, machine: Machine, extra: JsonValue = None) -> JsonValue:
    """A machine as the server shows it, `extra` beside its own members."""
    content: Members = dict.fromkeys(sorted(names_of(sort.body)))
    content |= {"owner": machine.owner, **sort.added(call, machine), **machine.members}
    content |= extra if isinstance(extra, dict) else {}
    content |= sort.kept_back(call, machine) | _identity(call, machine)
    host_name = content.get("hostName")
    asked = sort.word == "agent" and call.flag("normalize", default=False)
    if isinstance(host_name, str):
        kept = _kept(host_name, call.settings.host_names)
        content["hostName"] = kept.lower() if asked else kept
    return with_or_without_nulls(content, call.settings)


def _kept(host_name: str, manner: Literal["asGiven", "lower", "qualified"]) -> str:
    match manner:
        case "asGiven":
            return host_name
        case "lower":
            return host_name.lower()
        case "qualified":
            return host_name if "." in host_name else f"{host_name}{_DOMAIN}"


def _identity(call: Call, machine: Machine) -> Members:
    return {"id": str(machine.id) if call.settings.machine_ids == "string" else machine.id}
