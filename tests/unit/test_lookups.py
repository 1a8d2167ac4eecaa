"""Names that are looked up at a server: which are meant, how often it is asked."""

from __future__ import annotations

import asyncio

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.assets import chosen_asset, meant, searches
from execution_operator.kinds.lookups import KEPT_SECONDS, Lookups
from execution_operator.kinds.problems import Problem
from execution_operator.remote.errors import Unreachable
from execution_operator.remote.testhub.wire import Asset

PATH = "Shop/Tests/Smoke.testsuite"


def asset(number: int, path: str | None = PATH, name: str | None = None) -> Asset:
    return Asset.model_validate({"id": f"a{number}", "name": name or path, "path": path})


SEARCHES = {
    PATH: (PATH, "Smoke.testsuite", "Smoke"),
    "Smoke.testsuite": ("Smoke.testsuite", "Smoke"),
    "Smoke": ("Smoke",),
    "Shop/.hidden": ("Shop/.hidden", ".hidden"),
    "Shop/": ("Shop/",),
}


@pytest.mark.parametrize(("name", "expected"), SEARCHES.items(), ids=SEARCHES)
def test_a_path_is_searched_for_in_every_form_that_servers_use(name, expected):
    assert searches(name) == expected


MEANT = {
    "the same path": (PATH, [asset(1), asset(2, PATH + "2")], ["a1"]),
    "a part of it": ("Smoke", [asset(1)], []),
    "another case": (PATH.lower(), [asset(1)], []),
    "two repositories": (PATH, [asset(1), asset(2)], ["a1", "a2"]),
    "a short name": ("Smoke.testsuite", [asset(1, name="Smoke.testsuite")], ["a1"]),
    "a path before a name": (
        "Smoke",
        [asset(1, name="Smoke"), asset(2, path="Smoke")],
        ["a2"],
    ),
    "no path told": (PATH, [asset(1, path=None, name=PATH)], ["a1"]),
    "blanks that answers lose": ("A  B", [asset(1, path="A  B")], ["a1"]),
}


@pytest.mark.parametrize(("name", "found", "ids"), MEANT.values(), ids=MEANT)
def test_an_asset_is_meant_by_its_path_and_else_by_its_name(name, found, ids):
    assert [one.id for one in meant(name, found)] == ids


def test_one_asset_is_chosen():
    assert chosen_asset(PATH, (asset(1),), revision="main", project="7") == "a1"


def test_many_candidates_are_told_in_a_stable_order_and_counted():
    hits = tuple(asset(number) for number in (7, 3, 1, 5, 2, 4, 6))
    found = chosen_asset(PATH, hits, revision="main", project="7")
    assert isinstance(found, Problem)
    told = ", ".join(f"{PATH} (id a{number})" for number in range(1, 6))
    assert found.reason is Reason.REFERENCE_NOT_FOUND
    assert f"7 test assets in revision" in found.message  # noqa: F541 - reads like the others
    assert f"{told}, 2 more;" in found.message


class Asked:
    """What is asked, and what comes of it."""

    def __init__(self, *answers: str | Problem | Exception) -> None:
        self.now = 0.0
        self.count = 0
        self._answers = answers
        self.lookups = Lookups(lambda: self.now, missing_seconds=5.0)

    async def ask(self) -> str | Problem:
        self.count += 1
        await asyncio.sleep(0)
        answer = self._answers[min(self.count, len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def find(self, name: str = "n") -> str | Problem:
        return await self.lookups.find(("asset", name), self.ask)


NOBODY = Problem(reason=Reason.REFERENCE_NOT_FOUND, message="there is none")


async def test_many_who_ask_at_once_share_one_request():
    asked = Asked("a1")
    assert set(await asyncio.gather(*(asked.find() for _ in range(50)))) == {"a1"}
    assert asked.count == 1


def slow(seconds: float, *, retry_after: float | None = None) -> Unreachable:
    """What came after so many seconds of the server's."""
    error = Unreachable("x", retry_after=retry_after)
    error.server_seconds = seconds
    return error


KEPT = {
    "an id": ("a1", KEPT_SECONDS),
    "none": (NOBODY, 5.0),
    "an error": (Unreachable("x"), 5.0),
    "a slow error": (slow(2.0), 40.0),
    "a time-out": (slow(30.0), 60.0),
    "a pause that the server asks for": (slow(0.0, retry_after=90.0), 90.0),
}


@pytest.mark.parametrize(("answer", "seconds"), KEPT.values(), ids=KEPT)
async def test_an_answer_is_kept_so_long(answer, seconds):
    asked = Asked(answer)
    await asked.find()
    asked.now = seconds - 0.1
    await asked.find()
    assert asked.count == 1
    asked.now = seconds
    await asked.find()
    assert asked.count == 2


async def test_an_error_is_a_problem():
    found = await Asked(Unreachable("cannot list: away")).find()
    assert isinstance(found, Problem)
    assert (found.reason, found.message) == ("ServerUnreachable", "cannot list: away")


async def test_what_is_forgotten_is_asked_anew():
    asked = Asked("a1", "a2")
    await asked.find()
    asked.lookups.forget(("asset", "n"))
    assert await asked.find() == "a2"


async def test_names_do_not_share_their_answers():
    asked = Asked("a1", "a2")
    assert (await asked.find("n"), await asked.find("m")) == ("a1", "a2")
