"""Lists in every envelope, read whole or not at all."""

import json

import pytest

from execution_operator.remote.answers import Answer
from execution_operator.remote.errors import ProtocolError
from execution_operator.remote.messages import Request, Response
from execution_operator.remote.testhub import protocol, reading
from execution_operator.remote.testhub.queries import AssetFilter, ExecutionFilter
from execution_operator.remote.testhub.wire import Asset, ExecutionResource

LIST = protocol.list_executions("1050", ExecutionFilter())


def answer(request: Request, found: object) -> Answer:
    return Answer(request, Response(200, "application/json", json.dumps(found).encode()))


def pages(*found: object) -> tuple[list[str], int]:
    listing = reading.Pages(ExecutionResource)
    for read, page in enumerate(found, start=1):
        if not listing.add(answer(LIST, page)):
            return list(listing.found), read
    pytest.fail("another page was asked for")


A, B, C = ({"id": name} for name in "abc")


@pytest.mark.parametrize(
    ("found", "ids"),
    [
        pytest.param([[A, B]], ["a", "b"], id="bare list"),
        pytest.param([[]], [], id="bare empty list"),
        pytest.param([{"total": 2, "data": [A, B]}], ["a", "b"], id="data and total"),
        pytest.param([{"data": [A]}], ["a"], id="data alone"),
        pytest.param([{"content": [A], "totalElements": 1}], ["a"], id="content and total"),
        pytest.param(
            [{"content": [A], "last": False}, {"content": [B], "last": True}],
            ["a", "b"],
            id="pages by last",
        ),
        pytest.param(
            [{"content": [A], "totalPages": 2}, {"content": [B], "totalPages": 2}],
            ["a", "b"],
            id="pages by number",
        ),
        pytest.param(
            [{"content": [A, B], "totalElements": 3}, {"content": [C], "totalElements": 3}],
            ["a", "b", "c"],
            id="pages by total",
        ),
        pytest.param(
            [{"content": [A, B], "last": False}, {"content": [B, C], "last": True}],
            ["a", "b", "c"],
            id="pages that overlap",
        ),
        pytest.param([{"content": [], "totalElements": 0, "totalPages": 0}], [], id="empty page"),
    ],
)
def test_lists_are_read_whole_in_every_envelope(found: list[object], ids: list[str]) -> None:
    assert pages(*found) == (ids, len(found))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([{"items": [A]}], id="unknown envelope"),
        pytest.param(["text"], id="no list"),
        pytest.param([[A, {"status": "RUNNING"}]], id="an item without an id"),
        pytest.param([[A, 7]], id="an item that is none"),
        pytest.param([{"content": [A], "last": True, "totalElements": 2}], id="too few at the end"),
        pytest.param([{"content": [A], "last": False}] * 2, id="the same page again"),
        pytest.param([{"content": [], "totalElements": 2}], id="an empty page of more"),
    ],
)
def test_list_that_is_not_complete_raises(found: list[object]) -> None:
    with pytest.raises(ProtocolError):
        pages(*found)


@pytest.mark.parametrize(
    ("found", "is_short"),
    [
        pytest.param([{"content": [A], "last": True, "totalElements": 1}], False, id="whole"),
        pytest.param(
            [
                {"content": [A, B], "last": False, "totalElements": 3},
                {"content": [B], "last": True, "totalElements": 3},
            ],
            True,
            id="fewer at the end",
        ),
        pytest.param(
            [{"content": [A], "totalElements": 2}, {"content": [], "totalElements": 2}],
            True,
            id="an empty page of more",
        ),
        pytest.param(
            [
                {"content": [A, B], "last": False, "totalElements": 3},
                {"content": [], "last": True, "totalElements": 1},
            ],
            False,
            id="more than are left",
        ),
    ],
)
def test_a_list_that_changed_is_short_for_who_wants_it_all_the_same(found, is_short) -> None:
    listing = reading.Pages(ExecutionResource, may_be_short=True)
    goes_on = [listing.add(answer(LIST, page)) for page in found]
    assert goes_on == [True] * (len(found) - 1) + [False]
    assert (listing.is_short, listing.pages) == (is_short, len(found))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([{"content": [A], "last": True, "totalElements": 2}], id="of one page"),
        pytest.param([{"content": [A], "last": False}] * 2, id="the same page again"),
    ],
)
def test_what_no_change_explains_is_nonsense_for_all(found) -> None:
    listing = reading.Pages(ExecutionResource, may_be_short=True)
    with pytest.raises(ProtocolError):
        [listing.add(answer(LIST, page)) for page in found]


def test_assets_are_read_in_both_spellings() -> None:
    asset = {"id": "x", "external_type": "APISUITE", "repositoryId": 5}
    listing = reading.Pages(Asset)
    listing.add(answer(protocol.list_assets("1", AssetFilter()), [asset]))

    assert listing.found["x"].external_type == "APISUITE"
    assert listing.found["x"].repository_id == "5"
