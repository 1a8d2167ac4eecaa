"""What agents and docker hosts have in common: three levels of paths, bodies, associations.

A level is the token's user (`/rest/agents`) or a team space (`/rest/spaces/{space}/agents`);
projects only associate what a level has. What the two sorts differ in is a `Sort`.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from aiohttp import web
from pydantic import JsonValue, TypeAdapter, ValidationError

from execution_simulator.machine_bodies import Members, names_of
from execution_simulator.machines import USER, Machine, Machines
from execution_simulator.operations import Call, Operation, Refusal, answer, complaints
from execution_simulator.testhub.pages import paged
from execution_simulator.testhub.projects import project_of
from execution_simulator.testhub.sorts import Sort, number, require_mine, shown, unknown

_OBJECT: TypeAdapter[Members] = TypeAdapter(Members)


def list_all(call: Call, sort: Sort) -> web.Response:
    """GET of a level: the user's own machines; of agents with `all` those of any user."""
    return listed(call, sort, visible(call, sort))


def visible(call: Call, sort: Sort) -> list[Machine]:
    """The machines that the list of a level is about."""
    sort.guard(call)
    space = _space(call)
    anybody = sort.word == "agent" and call.flag("all", default=False)
    return [
        machine
        for machine in sort.kept(call.simulator)
        if _is_at(call, machine, space) and (anybody or machine.owner == USER)
    ]


def listed(
    call: Call, sort: Sort, found: Iterable[Machine], *, extra: Members | None = None
) -> web.Response:
    """A list of machines, as an array or as a page; `extra` is shown by id of a machine."""
    machines = list(found)
    more = extra or {}

    def one(machine: Machine) -> JsonValue:
        return shown(call, sort, machine, more.get(str(machine.id)))

    if call.settings.machine_lists == "page":
        return answer(paged(call, machines, one))
    return answer([one(machine) for machine in machines])


def get(call: Call, sort: Sort) -> web.Response:
    """GET of one."""
    return answer(shown(call, sort, machine_of(call, sort)))


def create(call: Call, sort: Sort) -> web.Response:
    """POST: 201 with the machine, at the level of the path."""
    sort.guard(call)
    space = _space(call)
    given = parsed(call, sort)
    name, twins = _twins(given, sort.kept(call.simulator))
    if call.settings.duplicate_host != 201 and any(it.space_id == space for it in twins):  # noqa: PLR2004 - the settings' own number
        message = f'{sort.thing} "{name}" is defined already'
        raise Refusal(call.settings.duplicate_host, "ALREADY_EXISTS", message)
    machine = sort.kept(call.simulator).add(
        _given(given, sort),
        now=call.now,
        space_id=space,
        never_seen=call.settings.new_agent == "lost",
    )
    return answer(shown(call, sort, machine), 201)


def update(call: Call, sort: Sort) -> web.Response:
    """PUT: by the path's id in a team space, by the body's id at the user's level."""
    sort.guard(call)
    space = _space(call)
    content = _object(call)
    in_path = call.request.match_info.get("id")
    if in_path is None and content.get("id") is None:
        raise Refusal(400, "BAD_REQUEST", "id: is required")
    machine_id = number(str(content["id"]) if in_path is None else in_path)
    machine = _at_level(call, sort, machine_id, space)
    given = parsed(call, sort, known=machine)
    if given.get("id") is not None and str(given["id"]) != str(machine.id):
        raise Refusal(400, "BAD_REQUEST", "id: is not that of the path")
    require_mine(call, machine)
    merges, before = call.settings.machine_put == "merge", machine.members
    kept = {name: value for name, value in before.items() if merges or name in sort.assigned}
    machine.members = {**kept, **_given(given, sort)}
    return answer(shown(call, sort, machine))


def delete(call: Call, sort: Sort) -> web.Response:
    """DELETE: 200 without a body; of an unknown or a living one what the settings say."""
    sort.guard(call)
    space, machine_id = _space(call), number(call.part("id"))
    machine = sort.kept(call.simulator).get(machine_id)
    if machine is None or not _is_at(call, machine, space):
        return _removed(call, sort, machine_id)
    require_mine(call, machine)
    if call.settings.live_agent_delete != 200 and sort.live(call, machine):  # noqa: PLR2004 - the settings' own number
        message = f'{sort.thing} "{machine_id}" is in contact with the server'
        raise Refusal(call.settings.live_agent_delete, "IN_USE", message)
    sort.kept(call.simulator).remove(machine_id)
    return web.Response(status=200)


def of_project(call: Call, sort: Sort) -> list[Machine]:
    """The machines associated with the project of the path."""
    sort.guard(call)
    project = project_of(call)
    return [it for it in sort.kept(call.simulator) if project.id in it.projects]


def list_of_project(call: Call, sort: Sort) -> web.Response:
    """GET of a project's."""
    return listed(call, sort, of_project(call, sort))


def get_of_project(call: Call, sort: Sort) -> web.Response:
    """GET of one of a project's; 404 for one that is not associated."""
    machine_id = number(call.part("id"))
    for machine in of_project(call, sort):
        if machine.id == machine_id:
            return answer(shown(call, sort, machine))
    raise unknown(sort, machine_id)


def associate(call: Call, sort: Sort) -> web.Response:
    """POST without a body: 200, also for what is associated already."""
    sort.guard(call)
    project, machine_id = project_of(call), number(call.part("id"))
    if call.body:
        raise Refusal(400, "BAD_REQUEST", "an association has no body")
    machine = sort.kept(call.simulator).get(machine_id)
    if machine is None:
        raise unknown(sort, machine_id)
    require_mine(call, machine)
    machine.projects[project.id] = None
    if call.settings.association_answer == "empty":
        return web.Response(status=200)
    return answer(shown(call, sort, machine))


def dissociate(call: Call, sort: Sort) -> web.Response:
    """DELETE of an association: 200; of what is not associated what the settings say."""
    sort.guard(call)
    project, machine_id = project_of(call), number(call.part("id"))
    machine = sort.kept(call.simulator).get(machine_id)
    if machine is None or project.id not in machine.projects:
        if call.settings.unknown_dissociation == 404:  # noqa: PLR2004 - the settings' own number
            raise unknown(sort, machine_id)
        return web.Response(status=200)
    require_mine(call, machine)
    del machine.projects[project.id]
    return web.Response(status=200)


def machine_of(call: Call, sort: Sort) -> Machine:
    """The machine of the path, at the level of the path.

    Raises:
        Refusal: 404, 400 for an id that is no number.
    """
    sort.guard(call)
    return _at_level(call, sort, number(call.part("id")), _space(call))


def parsed(call: Call, sort: Sort, known: Machine | None = None) -> Members:
    """The body's members, checked; those that are null are left out.

    A member that the seed does not have is taken back where the machine has one of that name, and
    a value of the server's own that the seed does not have is: it was the server that showed it.

    Raises:
        Refusal: 415 or 400, naming every wrong member and no value.
    """
    call.require_json()
    content = _object(call)
    own = names_of(sort.body)
    known_here = {
        name
        for name, value in (known.members if known else {}).items()
        if name not in own or (name in sort.assigned and content.get(name) == value)
    }
    checked = {name: value for name, value in content.items() if name not in known_here}
    try:
        sort.body.model_validate_json(json.dumps(checked))
    except ValidationError as exc:
        raise Refusal(400, "BAD_REQUEST", complaints(exc)) from None
    expected = str if call.settings.machine_ids == "string" else int
    if content.get("id") is not None and not isinstance(content["id"], expected):
        raise Refusal(400, "BAD_REQUEST", f"id: must be a {call.settings.machine_ids}")
    return {name: value for name, value in content.items() if value is not None}


def operations(sort: Sort, *own: Operation) -> tuple[Operation, ...]:
    """The operations of a sort: what all sorts have, and its lists and whatever else is its own."""
    return tuple(replace(one, shelf=sort.kept) for one in (*own, *_common(sort)))


def _common(sort: Sort) -> tuple[Operation, ...]:
    user, space, project = (
        f"/rest{level}/{sort.collection}"
        for level in ("", "/spaces/{space}", "/projects/{project}")
    )
    word = sort.word
    return (
        Operation(f"create_{word}", "POST", user, partial(create, sort=sort)),
        Operation(f"create_{word}", "POST", space, partial(create, sort=sort)),
        Operation(f"update_{word}", "PUT", user, partial(update, sort=sort)),
        Operation(f"update_{word}", "PUT", f"{space}/{{id}}", partial(update, sort=sort)),
        Operation(f"get_{word}", "GET", f"{user}/{{id}}", partial(get, sort=sort)),
        Operation(f"get_{word}", "GET", f"{space}/{{id}}", partial(get, sort=sort)),
        Operation(f"delete_{word}", "DELETE", f"{user}/{{id}}", partial(delete, sort=sort)),
        Operation(f"delete_{word}", "DELETE", f"{space}/{{id}}", partial(delete, sort=sort)),
        Operation(
            f"get_project_{word}", "GET", f"{project}/{{id}}", partial(get_of_project, sort=sort)
        ),
        Operation(f"associate_{word}", "POST", f"{project}/{{id}}", partial(associate, sort=sort)),
        Operation(
            f"dissociate_{word}", "DELETE", f"{project}/{{id}}", partial(dissociate, sort=sort)
        ),
    )


def _space(call: Call) -> str | None:
    """The team space of the path, None at the user's level."""
    space_id = call.request.match_info.get("space")
    if space_id is None:
        return None
    space = call.simulator.world.spaces.get(space_id)
    if space is None:
        raise Refusal(404, "NOT_FOUND", f'team space "{space_id}" does not exist')
    if not space.member:
        raise Refusal(403, "FORBIDDEN", f'you are not a member of team space "{space_id}"')
    return space_id


def _is_at(call: Call, machine: Machine, space: str | None) -> bool:
    return machine.space_id == space or (space is None and call.settings.user_level == "all")


def _at_level(call: Call, sort: Sort, machine_id: int, space: str | None) -> Machine:
    machine = sort.kept(call.simulator).get(machine_id)
    if machine is None or not _is_at(call, machine, space):
        raise unknown(sort, machine_id)
    return machine


def _twins(given: Members, kept: Machines) -> tuple[str, tuple[Machine, ...]]:
    """What it is called by, its host name or else its address, and who is called the same."""
    name, address = given.get("hostName"), given.get("ipAddress")
    if isinstance(name, str):
        return name, kept.named(name)
    return (address, kept.addressed(address)) if isinstance(address, str) else ("", ())


def _removed(call: Call, sort: Sort, machine_id: int) -> web.Response:
    if call.settings.unknown_machine_delete == 404:  # noqa: PLR2004 - the settings' own number
        raise unknown(sort, machine_id)
    return web.Response(status=200)


def _object(call: Call) -> Members:
    call.require_json()
    try:
        return _OBJECT.validate_json(call.body)
    except ValidationError as exc:
        raise Refusal(400, "BAD_REQUEST", complaints(exc)) from None


def _given(content: Members, sort: Sort) -> Members:
    return {name: value for name, value in content.items() if name not in sort.assigned}
