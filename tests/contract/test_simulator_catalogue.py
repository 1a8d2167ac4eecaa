"""The lists of what there is to run, in the envelopes of real servers."""

from collections.abc import AsyncIterator

import pytest

from contract.simulator_client import SMOKE, Api, opened
from execution_simulator.world import Space

SHOP = "/rest/projects/1050"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with opened() as api:
        yield api


@pytest.mark.parametrize(
    ("query", "ids"),
    [("", ["demo", "other"]), ("?search=emo%20sp", ["demo"]), ("?search=nothing", [])],
)
async def test_spaces_are_an_array_searched_by_a_part_of_the_name(
    api: Api, query: str, ids: list[str]
) -> None:
    api.simulator.world.put_space(Space(id="other", display_name="Other"))
    assert [space["id"] for space in (await api.get(f"/rest/spaces{query}")).json] == ids


@pytest.mark.parametrize("path", ["/rest/projects", "/rest/projects/"])
async def test_projects_are_counted_and_found_by_a_part_of_the_name(api: Api, path: str) -> None:
    reply = await api.get(f"{path}?archived=false&member=true&name=ho")
    assert (reply.json["total"], [it["id"] for it in reply.json["data"]]) == (1, ["1050"])


@pytest.mark.parametrize(("space", "total"), [("demo", 2), ("another", 0)])
async def test_projects_are_those_of_the_space_in_the_header(
    api: Api, space: str, total: int
) -> None:
    reply = await api.get("/rest/projects", headers={"spaceId": space})
    assert reply.json["total"] == total


async def test_an_archived_project_is_not_among_the_others(api: Api) -> None:
    project = api.simulator.world.projects["1050"]
    api.simulator.world.put_project(project.model_copy(update={"archived": True}))
    reply = await api.get("/rest/projects?archived=false")
    assert [it["name"] for it in reply.json["data"]] == ["Billing"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("assetTypes=EXECUTABLE&revision=main&deployable=true", 8),
        ("assetTypes=environment", 2),
        ("assetTypes=dataset", 1),
        ("assetTypes=EXECUTABLE&revision=nowhere", 0),
        ("name=Checkout", 1),
        ("externalTypes=APISTUB&externalTypes=COMPOUND", 2),
        ("assetIds=0", 0),
    ],
)
async def test_assets_are_filtered(api: Api, query: str, count: int) -> None:
    assert (await api.get(f"{SHOP}/assets/?{query}")).json["totalElements"] == count


async def test_an_asset_has_its_full_path_as_name_and_64_hex_digits_as_id(api: Api) -> None:
    asset = (await api.get(f"{SHOP}/assets/?name=Smoke")).json["content"][0]
    assert (asset["name"], asset["external_type"]) == (SMOKE, "APISUITE")
    assert (len(asset["id"]), asset["id"].strip("0123456789abcdef")) == (64, "")


async def test_assets_come_in_pages(api: Api) -> None:
    path = f"{SHOP}/assets/?assetTypes=EXECUTABLE&size=3"
    pages = [(await api.get(f"{path}&page={number}")).json for number in range(4)]
    assert [len(page["content"]) for page in pages] == [3, 3, 2, 0]
    assert [page["last"] for page in pages] == [False, False, True, True]


async def test_a_tests_data_sources_are_its_dependencies_and_have_replacements(api: Api) -> None:
    asset = (await api.get(f"{SHOP}/assets/?name=Smoke")).json["content"][0]
    path = f"{SHOP}/assets/{asset['id']}/main/dependencies/?assetTypes=dataset"
    source = (await api.get(path)).json["content"][0]
    query = f"branch=main&assetId={source['id']}&findSwaps=true"
    reply = await api.get(f"{SHOP}/datasets/?{query}")
    assert reply.json == {"data": [{"datasetId": "501", "displayPath": "Shop/Data/Many customers"}]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("repositories/", [{"id": "1", "uri": "https://git.example.com/shop/tests.git"}]),
        ("branches/", [{"name": "main"}, {"name": "Release4.1"}]),
    ],
)
async def test_repositories_and_branches_are_pages(
    api: Api, path: str, expected: list[dict[str, str]]
) -> None:
    assert (await api.get(f"{SHOP}/{path}")).json["content"] == expected


async def test_secrets_are_found_by_type(api: Api) -> None:
    reply = await api.get(f"{SHOP}/secrets/?type=ENVIRONMENT")
    assert reply.json == {"data": [{"id": "301", "name": "Staging secrets"}]}
