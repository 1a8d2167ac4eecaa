"""Control API: tokens, spaces, projects and assets."""

from aiohttp import web
from pydantic import Field, TypeAdapter

from execution_simulator.control.documents import nothing, read, removed, show
from execution_simulator.models import ControlModel
from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.tokens import Standing
from execution_simulator.world import Asset, Project, Space


class OfflineToken(ControlModel):
    """An offline token to know or to forget."""

    token: str = Field(min_length=1)
    licence_refused: bool = False


TOKEN = TypeAdapter(OfflineToken)
SPACE = TypeAdapter(Space)
PROJECT = TypeAdapter(Project)
ASSET = TypeAdapter(Asset)


def count_tokens(call: Call) -> web.Response:
    """GET tokens: how many, never which."""
    return answer(dict(call.simulator.tokens.counts()))


def add_token(call: Call) -> web.Response:
    """POST tokens: know an offline token; with `licenceRefused` it is answered 403."""
    wanted = read(call, TOKEN)
    standing = Standing.LICENCE_REFUSED if wanted.licence_refused else Standing.VALID
    call.simulator.tokens.add(wanted.token, standing)
    return nothing()


def remove_token(call: Call) -> web.Response:
    """DELETE tokens: forget an offline token (in the body) and its access tokens."""
    return removed(call.simulator.tokens.remove(read(call, TOKEN).token), "offline token", "***")


def revoke_access(call: Call) -> web.Response:
    """POST tokens/revoke-access: no access token given out so far works any more."""
    return answer({"revoked": call.simulator.tokens.revoke_access()})


def get_world(call: Call) -> web.Response:
    """GET world: all spaces, projects and assets."""
    world = call.simulator.world
    assets = [asset for project in world.projects for asset in world.assets(project)]
    return answer(
        {
            "spaces": [space.model_dump(mode="json") for space in world.spaces.values()],
            "projects": [project.model_dump(mode="json") for project in world.projects.values()],
            "assets": [asset.model_dump(mode="json") for asset in assets],
        }
    )


def put_space(call: Call) -> web.Response:
    """POST spaces: add or replace."""
    space = read(call, SPACE)
    call.simulator.world.put_space(space)
    return show(space, 201)


def remove_space(call: Call) -> web.Response:
    """DELETE spaces/{id}."""
    space_id = call.part("space")
    return removed(call.simulator.world.remove_space(space_id), "space", space_id)


def put_project(call: Call) -> web.Response:
    """POST projects: add or replace; the assets of a replaced one stay."""
    project = read(call, PROJECT)
    if project.space_id not in call.simulator.world.spaces:
        message = f'cannot put project "{project.id}": there is no space "{project.space_id}"'
        raise Refusal(400, "BAD_REQUEST", message)
    call.simulator.world.put_project(project)
    return show(project, 201)


def remove_project(call: Call) -> web.Response:
    """DELETE projects/{id}, with its assets."""
    project_id = call.part("project")
    return removed(call.simulator.world.remove_project(project_id), "project", project_id)


def put_asset(call: Call) -> web.Response:
    """POST assets: add or replace by id; the answer shows the id."""
    asset = read(call, ASSET)
    if asset.project_id not in call.simulator.world.projects:
        message = f'cannot put asset "{asset.name}": there is no project "{asset.project_id}"'
        raise Refusal(400, "BAD_REQUEST", message)
    return show(call.simulator.world.put_asset(asset), 201)


def remove_asset(call: Call) -> web.Response:
    """DELETE projects/{id}/assets/{asset}."""
    project_id, asset_id = call.part("project"), call.part("asset")
    there = call.simulator.world.remove_asset(project_id, asset_id)
    return removed(there, "asset", asset_id)


OPERATIONS = (
    Operation("count_tokens", "GET", "/_simulator/tokens", count_tokens),
    Operation("add_token", "POST", "/_simulator/tokens", add_token),
    Operation("remove_token", "DELETE", "/_simulator/tokens", remove_token),
    Operation("revoke_access", "POST", "/_simulator/tokens/revoke-access", revoke_access),
    Operation("get_world", "GET", "/_simulator/world", get_world),
    Operation("put_space", "POST", "/_simulator/spaces", put_space),
    Operation("remove_space", "DELETE", "/_simulator/spaces/{space}", remove_space),
    Operation("put_project", "POST", "/_simulator/projects", put_project),
    Operation("remove_project", "DELETE", "/_simulator/projects/{project}", remove_project),
    Operation("put_asset", "POST", "/_simulator/assets", put_asset),
    Operation(
        "remove_asset", "DELETE", "/_simulator/projects/{project}/assets/{asset}", remove_asset
    ),
)
