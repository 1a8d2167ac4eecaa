"""What a start refers to: the asset and what else must exist; decides, answers nothing itself."""

from execution_simulator.operations import Call, Refusal
from execution_simulator.specification import ExecutionSpecification, TestAssetReference
from execution_simulator.testhub.catalogue import asset_name, in_revision
from execution_simulator.world import Asset, Project

NEEDS_ENVIRONMENT = frozenset({"APISUITE", "APITEST", "APISTUB"})


def asset_to_run(call: Call, project: Project, wanted: TestAssetReference) -> Asset:
    """The one executable asset that a start means.

    Raises:
        Refusal: 404 or 400 (as the settings say) where there is none, 400 for an ambiguous name.
    """
    found = [
        asset
        for asset in call.simulator.world.assets(project.id, "EXECUTABLE")
        if _is_meant(call, asset, wanted) and in_revision(project, asset, wanted.revision)
    ]
    if not found:
        message = "testAsset: no such asset in this revision of the project"
        raise Refusal(call.settings.unknown_asset, "ASSET_NOT_FOUND", message)
    if len(found) > 1:
        message = "testAsset.name: is not unique across the repositories of the project"
        raise Refusal(400, "ASSET_AMBIGUOUS", message)
    if not found[0].deployable:
        raise Refusal(400, "ASSET_NOT_EXECUTABLE", "testAsset: cannot be executed")
    return found[0]


def launch_trouble(
    call: Call, project: Project, asset: Asset, wanted: ExecutionSpecification
) -> str | None:
    """Why the run will be LAUNCH_FAILED; None when all that it refers to exists.

    Raises:
        Refusal: 400 where the settings refuse at once.
    """
    missing = _missing_environment(call, asset, wanted)
    if missing:
        if call.settings.missing_environment == "refuse":
            raise Refusal(400, "ENVIRONMENT_REQUIRED", missing)
        return missing
    unknown = _unknown(call, project, wanted)
    if unknown and call.settings.unknown_reference == "refuse":
        raise Refusal(400, "REFERENCE_NOT_FOUND", unknown)
    return unknown


def _is_meant(call: Call, asset: Asset, wanted: TestAssetReference) -> bool:
    name = asset_name(call, asset)
    return wanted.asset_id in {None, asset.id} and wanted.name in {None, name}


def _missing_environment(call: Call, asset: Asset, wanted: ExecutionSpecification) -> str | None:
    if wanted.environment or asset.external_type not in NEEDS_ENVIRONMENT:
        return None
    if call.settings.missing_environment == "accept":
        return None
    return f"environment: is required for a test of type {asset.external_type}"


def _unknown(call: Call, project: Project, wanted: ExecutionSpecification) -> str | None:
    environment, secrets = wanted.environment, wanted.secrets_collection
    if environment and not call.simulator.world.has_environment(project.id, environment):
        return f'environment: "{environment}" does not exist'
    if secrets and not any(secrets in {known.id, known.name} for known in project.secrets):
        return f'secretsCollection: "{secrets}" does not exist'
    known_sets = {known.dataset_id for known in project.datasets}
    for override in wanted.data_sources or ():
        dataset = override.replacement.dataset_id if override.replacement else None
        if dataset is not None and dataset not in known_sets:
            return f'dataSources: data set "{dataset}" does not exist'
    return None
