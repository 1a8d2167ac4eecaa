"""The world that a new simulator begins with; data only."""

from execution_simulator.scripts import Match, Script, Scripts, TestCounts
from execution_simulator.tokens import Tokens
from execution_simulator.words import STUB
from execution_simulator.world import (
    Asset,
    Dataset,
    Project,
    Repository,
    SecretsCollection,
    Space,
    World,
)

OFFLINE_TOKEN = "demo-offline-token"  # noqa: S105 -- made up, opens the demo world only
SPACE = Space(id="demo", display_name="Demo space")
SHOP = "1050"
BILLING = "1100"

_REPOSITORY = Repository(id="1", uri="https://git.example.com/shop/tests.git")
_DATA_SOURCE = Asset(
    project_id=SHOP,
    name="Shop/Data/Customers.dataset",
    asset_type="DATASET",
    external_type="DATASET",
)


def fill_demo(world: World, tokens: Tokens, scripts: Scripts) -> None:
    """Put the demo world, its token and its scripts into empty ones."""
    tokens.add(OFFLINE_TOKEN)
    world.put_space(SPACE)
    source = world.put_asset(_DATA_SOURCE)
    for project in _projects(source.id):
        world.put_project(project)
    for asset in _assets(source.id):
        world.put_asset(asset)
    scripts.replace((*_test_scripts(), *_unusual_scripts()))


def _projects(source_id: str) -> tuple[Project, ...]:
    customers = Dataset(
        dataset_id="501", display_path="Shop/Data/Many customers", asset_id=source_id
    )
    shop = Project(
        id=SHOP,
        name="Shop",
        space_id=SPACE.id,
        repositories=(_REPOSITORY,),
        branches=("main", "Release4.1"),
        secrets=(SecretsCollection(id="301", name="Staging secrets"),),
        datasets=(customers,),
    )
    billing = Project(
        id=BILLING,
        name="Billing",
        space_id=SPACE.id,
        repositories=(Repository(id="2", uri="https://git.example.com/billing/tests.git"),),
    )
    return (shop, billing)


def _assets(source_id: str) -> tuple[Asset, ...]:
    shop = (
        ("Shop/Tests/Smoke.testsuite", "APISUITE"),
        ("Shop/Tests/Checkout.testsuite", "COMPOUND"),
        ("Shop/Tests/Broken.testsuite", "APITEST"),
        ("Shop/Tests/Unlaunchable.testsuite", "EXT_TEST_JUNIT"),
        ("Shop/Tests/Unlucky.testsuite", "APISUITE"),
        ("Shop/Tests/Undecided.testsuite", "AFTSUITE"),
        ("Shop/Load/Soak.schedule", "RATESCHEDULE"),
        ("Shop/Stubs/Payment.stub", STUB),
    )
    tests = (
        Asset(project_id=SHOP, name=name, external_type=kind, data_sources=(source_id,))
        for name, kind in shop
    )
    environments = (
        Asset(project_id=SHOP, name=name, asset_type="ENVIRONMENT", external_type="ENVIRONMENT")
        for name in ("staging", "production")
    )
    invoices = Asset(
        project_id=BILLING,
        name="Billing/Tests/Invoices.testsuite",
        external_type="APISUITE",
        repository_id="2",
    )
    return (*tests, *environments, invoices)


def _test_scripts() -> tuple[Script, ...]:
    return (
        Script(
            name="smoke",
            match=Match(asset="Shop/Tests/Smoke.testsuite"),
            run_seconds=2,
            tests=TestCounts(passed=12),
        ),
        Script(
            name="checkout",
            match=Match(asset="Shop/Tests/Checkout.testsuite"),
            verdict="FAIL",
            message="2 of 14 tests failed: the basket was empty after the payment",
            log="Started.\nCheckout: expected 1 order, found 0.\nDone.\n",
            tests=TestCounts(passed=12, failed=2),
        ),
        Script(
            name="broken",
            match=Match(asset="Shop/Tests/Broken.testsuite"),
            end_status="COMPLETE_WITH_ERROR",
            message="The test could not connect to the system under test",
            tests=TestCounts(passed=0, errors=1),
        ),
    )


def _unusual_scripts() -> tuple[Script, ...]:
    return (
        Script(
            name="unlucky at first",
            match=Match(asset="Shop/Tests/Unlucky.testsuite"),
            times=1,
            end_status="LAUNCH_FAILED",
            message="There was no room for the container",
        ),
        Script(
            name="unlucky",
            match=Match(asset="Shop/Tests/Unlucky.testsuite"),
            run_seconds=2,
            tests=TestCounts(passed=4),
        ),
        Script(
            name="unlaunchable",
            match=Match(asset="Shop/Tests/Unlaunchable.testsuite"),
            end_status="LAUNCH_FAILED",
            message="The container could not be started",
            init_log="Cannot pull the image.\n",
        ),
        Script(
            name="undecided",
            match=Match(asset="Shop/Tests/Undecided.testsuite"),
            verdict="INCONCLUSIVE",
            tests=TestCounts(passed=3, skipped=2),
        ),
        Script(
            name="soak",
            match=Match(asset="Shop/Load/Soak.schedule"),
            transition_seconds=5,
            run_seconds=300,
            stop_seconds=5,
        ),
        Script(name="stubs", match=Match(external_type=STUB), never_ends=True),
    )
