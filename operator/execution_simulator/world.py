"""What exists on the server before any run: spaces, projects, assets; knows no HTTP and no runs."""

import hashlib

from execution_simulator.models import ControlModel
from execution_simulator.words import AssetType


class Space(ControlModel):
    """A team space."""

    id: str
    display_name: str
    member: bool = True


class Repository(ControlModel):
    """A Git repository of a project."""

    id: str
    uri: str


class SecretsCollection(ControlModel):
    """A collection of secrets; a run names it by id or by name."""

    id: str
    name: str
    type: str = "ENVIRONMENT"


class Dataset(ControlModel):
    """A data set of the server that may replace the data source `asset_id` of a test."""

    dataset_id: str
    display_path: str
    asset_id: str
    branch: str = "main"


class Project(ControlModel):
    """A project. `member` says whether the tokens' user belongs to it."""

    id: str
    name: str
    space_id: str
    archived: bool = False
    member: bool = True
    repositories: tuple[Repository, ...] = ()
    branches: tuple[str, ...] = ("main",)
    secrets: tuple[SecretsCollection, ...] = ()
    datasets: tuple[Dataset, ...] = ()


class Asset(ControlModel):
    """A test, an environment or a data source of a project.

    `name` is the full repository path (seed 000, External References). Without an id it gets one
    of 64 hex digits when it is put into the world. Without revisions it is in every branch.
    """

    id: str = ""
    project_id: str
    name: str
    external_type: str = ""
    asset_type: AssetType = "EXECUTABLE"
    repository_id: str = "1"
    desktop_project_id: str | None = None
    deployable: bool = True
    revisions: tuple[str, ...] = ()
    data_sources: tuple[str, ...] = ()
    """Ids of the DATASET assets that the test uses."""

    @property
    def short_name(self) -> str:
        """The last segment of the path."""
        return self.name.rsplit("/", 1)[-1]


class World:
    """Spaces, projects and assets by id."""

    def __init__(self) -> None:
        self.spaces: dict[str, Space] = {}
        self.projects: dict[str, Project] = {}
        self._assets: dict[str, dict[str, Asset]] = {}

    def put_space(self, space: Space) -> None:
        """Add or replace."""
        self.spaces[space.id] = space

    def put_project(self, project: Project) -> None:
        """Add or replace; its assets stay."""
        self.projects[project.id] = project

    def put_asset(self, asset: Asset) -> Asset:
        """Add or replace by id; returns it with its id."""
        known = asset if asset.id else asset.model_copy(update={"id": derived_id(asset)})
        self._assets.setdefault(known.project_id, {})[known.id] = known
        return known

    def remove_space(self, space_id: str) -> bool:
        """Whether there was one."""
        return self.spaces.pop(space_id, None) is not None

    def remove_project(self, project_id: str) -> bool:
        """Remove it with its assets; whether there was one."""
        self._assets.pop(project_id, None)
        return self.projects.pop(project_id, None) is not None

    def remove_asset(self, project_id: str, asset_id: str) -> bool:
        """Whether there was one."""
        return self._assets.get(project_id, {}).pop(asset_id, None) is not None

    def assets(self, project_id: str, asset_type: AssetType | None = None) -> tuple[Asset, ...]:
        """The assets of a project, of one type or of all."""
        found = self._assets.get(project_id, {}).values()
        return tuple(asset for asset in found if asset_type in {None, asset.asset_type})

    def asset(self, project_id: str, asset_id: str) -> Asset | None:
        """An asset by id."""
        return self._assets.get(project_id, {}).get(asset_id)

    def has_environment(self, project_id: str, name: str) -> bool:
        """Whether an environment asset has this name."""
        return any(found.name == name for found in self.assets(project_id, "ENVIRONMENT"))


def derived_id(asset: Asset) -> str:
    """64 hex digits, as the assets of a real server have, the same for the same place."""
    place = f"{asset.project_id}\n{asset.repository_id}\n{asset.name}"
    return hashlib.sha256(place.encode()).hexdigest()
