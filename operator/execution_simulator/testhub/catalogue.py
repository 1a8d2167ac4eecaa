"""What there is to run: spaces, projects, repositories, branches, assets, secrets, data sets.

The envelopes differ from list to list as they do on real servers: a bare array, `data`, or a page.
"""

from functools import partial

from aiohttp import web
from pydantic import JsonValue

from execution_simulator.operations import Call, Operation, Refusal, answer
from execution_simulator.testhub.pages import paged
from execution_simulator.testhub.projects import project_of
from execution_simulator.world import Asset, Project


def list_spaces(call: Call) -> web.Response:
    """GET spaces: a bare array; `search` is part of the display name, not all of it."""
    search = (call.word("search") or "").casefold()
    only_mine = call.flag("member", default=False)
    return answer(
        [
            {"id": space.id, "displayName": space.display_name}
            for space in call.simulator.world.spaces.values()
            if search in space.display_name.casefold() and (space.member or not only_mine)
        ]
    )


def list_projects(call: Call) -> web.Response:
    """GET projects: the space is a request header, `spaceId`; `name` is part of the name."""
    space = call.request.headers.get("spaceId")
    name = (call.word("name") or "").casefold()
    archived = call.flag("archived", default=False) if call.word("archived") else None
    only_mine = call.flag("member", default=False)
    found: list[JsonValue] = [
        _project(project)
        for project in call.simulator.world.projects.values()
        if space in {None, project.space_id}
        and name in project.name.casefold()
        and archived in {None, project.archived}
        and (project.member or not only_mine)
    ]
    return answer({"total": len(found), "data": found})


def list_repositories(call: Call) -> web.Response:
    """GET repositories/: a page."""
    found = project_of(call).repositories
    return answer(paged(call, found, lambda it: {"id": it.id, "uri": it.uri}))


def list_branches(call: Call) -> web.Response:
    """GET branches/: a page."""
    return answer(paged(call, project_of(call).branches, lambda name: {"name": name}))


def list_assets(call: Call) -> web.Response:
    """GET assets/: a page, in snake_case."""
    project = project_of(call)
    found = [it for it in call.simulator.world.assets(project.id) if _wanted(call, project, it)]
    return answer(paged(call, found, partial(_asset, call)))


def list_dependencies(call: Call) -> web.Response:
    """GET assets/{asset}/{revision}/dependencies/: the data sources of a test, as a page."""
    project, world = project_of(call), call.simulator.world
    asset = world.asset(project.id, call.part("asset"))
    if asset is None or not in_revision(project, asset, call.part("revision")):
        message = f'asset "{call.part("asset")}" does not exist in this revision'
        raise Refusal(404, "NOT_FOUND", message)
    types = _upper(call.words("assetTypes")) or _ANY
    sources = (world.asset(project.id, source) for source in asset.data_sources)
    found = [it for it in sources if it and it.asset_type in types]
    return answer(paged(call, found, partial(_asset, call)))


def list_secrets(call: Call) -> web.Response:
    """GET secrets/: `data`."""
    kind = call.word("type")
    found = [it for it in project_of(call).secrets if kind in {None, it.type}]
    return answer({"data": [{"id": it.id, "name": it.name} for it in found]})


def list_datasets(call: Call) -> web.Response:
    """GET datasets/: what may replace the data source `assetId` in `branch`."""
    branch, source = call.word("branch"), call.word("assetId")
    found: list[JsonValue] = [
        {"datasetId": it.dataset_id, "displayPath": it.display_path}
        for it in project_of(call).datasets
        if branch in {None, it.branch} and source in {None, it.asset_id}
    ]
    return answer({"data": found})


def in_revision(project: Project, asset: Asset, revision: str) -> bool:
    """Whether an asset is in a branch; any commit of the project's is taken to hold all."""
    if _is_commit(revision):
        return True
    return revision in (asset.revisions or project.branches)


def asset_name(call: Call, asset: Asset) -> str:
    """What the server calls an asset: its path or, as the settings say, the path's end."""
    return asset.name if call.settings.asset_names == "full" else asset.short_name


_ANY = frozenset({"EXECUTABLE", "ENVIRONMENT", "DATASET"})
_COMMIT_LENGTH = 40


def _is_commit(revision: str) -> bool:
    return len(revision) == _COMMIT_LENGTH and not revision.strip("0123456789abcdef")


def _upper(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.upper() for word in words)


def _wanted(call: Call, project: Project, asset: Asset) -> bool:
    ids = {*call.words("assetIds"), *call.words("assetId")}
    revision = call.word("revision")
    checks = (
        asset.asset_type in (_upper(call.words("assetTypes")) or _ANY),
        not ids or asset.id in ids,
        (call.word("name") or "").casefold() in asset_name(call, asset).casefold(),
        revision is None or in_revision(project, asset, revision),
        not call.words("externalTypes") or asset.external_type in call.words("externalTypes"),
        call.word("desktopProjectId") in {None, asset.desktop_project_id},
        not call.word("deployable") or asset.deployable == call.flag("deployable", default=True),
    )
    return all(checks)


def _project(project: Project) -> JsonValue:
    return {
        "id": project.id,
        "name": project.name,
        "archived": project.archived,
        "spaceId": project.space_id,
    }


def _asset(call: Call, asset: Asset) -> JsonValue:
    return {
        "id": asset.id,
        "name": asset_name(call, asset),
        "path": asset.name,
        "repository_id": asset.repository_id,
        "external_type": asset.external_type,
        "desktop_project_id": asset.desktop_project_id,
    }


_PROJECT = "/rest/projects/{project}"

OPERATIONS = (
    Operation("list_spaces", "GET", "/rest/spaces", list_spaces),
    Operation("list_projects", "GET", "/rest/projects", list_projects),
    # Public clients use both forms of this one path.
    Operation("list_projects", "GET", "/rest/projects/", list_projects),
    Operation("list_repositories", "GET", f"{_PROJECT}/repositories/", list_repositories),
    Operation("list_branches", "GET", f"{_PROJECT}/branches/", list_branches),
    Operation("list_assets", "GET", f"{_PROJECT}/assets/", list_assets),
    Operation(
        "list_dependencies",
        "GET",
        f"{_PROJECT}/assets/{{asset}}/{{revision}}/dependencies/",
        list_dependencies,
    ),
    Operation("list_secrets", "GET", f"{_PROJECT}/secrets/", list_secrets),
    Operation("list_datasets", "GET", f"{_PROJECT}/datasets/", list_datasets),
)
