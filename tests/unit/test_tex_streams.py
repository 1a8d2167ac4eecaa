"""What `kubectl-tex` makes of watches that end, expire, break and are refused."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from execution_operator.cli.tex.cluster import Change, Page
from execution_operator.cli.tex.following import states
from execution_operator.cli.tex.mistakes import Deleted, Expired, NotThere, Trouble, Unavailable
from execution_operator.cli.tex.objects import read_run
from execution_operator.cli.tex.streams import Scope, stream
from support.runs import START
from support.virtual_time import in_virtual_time, seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ONE = Scope("shop", "a")
AWAY = Unavailable("cannot reach the cluster")
REFUSED = Trouble("you may not watch")


def run(version: str, uid: str = "u1") -> Any:
    spec = {
        "serverRef": {"name": "hub"},
        "project": {"id": "1"},
        "testAsset": {"name": "x", "revision": "main"},
    }
    meta = {"name": "a", "namespace": "shop", "uid": uid, "resourceVersion": version}
    meta["creationTimestamp"] = START.isoformat()
    return read_run({"metadata": meta, "spec": spec})


def page(version: str, *items: Any) -> Page:
    return Page(items, version)


def change(version: str, *, gone: bool = False, uid: str = "u1") -> Change:
    return Change(version, run(version, uid), gone=gone)


class Fake:
    """An API server that gives these pages and these watches, one after another."""

    def __init__(self, pages: list[Any], watches: list[Any]) -> None:
        self.pages = iter(pages)
        self.watches = iter(watches)
        self.asked: list[str] = []
        self.at: list[float] = []

    async def page(self, *_: object, **__: object) -> Page:
        self._note("list")
        found = next(self.pages)
        if isinstance(found, Exception):
            raise found
        return found

    async def watch(self, _namespace: str, version: str, **_: object) -> AsyncIterator[Change]:
        self._note(version)
        for event in next(self.watches):
            if isinstance(event, Exception):
                raise event
            yield event

    def _note(self, what: str) -> None:
        self.asked.append(what)
        self.at.append(seconds())


async def seen(fake: Fake, number: int) -> tuple[list[Any], list[str]]:
    """So many news, and what people were told."""
    told: list[str] = []
    news: list[Any] = []
    async with contextlib.aclosing(stream(fake, ONE, told.append)) as all_news:
        async for one in all_news:
            news.append(one)
            if len(news) == number:
                break
    return news, told


@in_virtual_time
async def test_watch_goes_on_from_where_the_last_one_ended() -> None:
    fake = Fake([page("1", run("1"))], [[change("2")], [Change("5")], [change("6")]])

    news, told = await seen(fake, 4)

    assert fake.asked == ["list", "1", "2", "5"]
    assert [getattr(one, "version", "") for one in news] == ["1", "2", "5", "6"]
    assert told == []


@in_virtual_time
async def test_expired_version_is_a_new_list() -> None:
    fake = Fake([page("1"), page("9", run("8"))], [[Expired()], [change("10")]])

    await seen(fake, 3)

    assert fake.asked == ["list", "1", "list", "9"]


@in_virtual_time
async def test_watches_that_end_at_once_are_no_hammer() -> None:
    fake = Fake([page("1")], [*([[]] * 20), [change("2")]])

    await seen(fake, 2)

    assert seconds() >= 20


@in_virtual_time
async def test_outage_is_told_once_and_waited_out_with_longer_pauses() -> None:
    fake = Fake([page("1")], [[AWAY]] * 30 + [[change("2")]])

    _, told = await seen(fake, 2)

    gaps = [after - before for before, after in zip(fake.at[1:], fake.at[2:], strict=False)]
    assert len(told) == 1
    assert 0.5 <= gaps[0] <= 1
    assert 7.5 <= gaps[-1] <= 15


@in_virtual_time
async def test_outage_at_the_start_is_an_error() -> None:
    with pytest.raises(Unavailable):
        await seen(Fake([AWAY], []), 1)


@in_virtual_time
async def test_refusal_at_the_start_is_an_error() -> None:
    fake = Fake([page("1")], [[REFUSED]])

    with pytest.raises(Trouble, match="may not watch"):
        await seen(fake, 2)

    assert fake.asked == ["list", "1"]


@in_virtual_time
async def test_refusal_after_an_outage_is_waited_out_for_a_minute() -> None:
    soon = Fake([page("1")], [[Change("1"), AWAY], [REFUSED], [REFUSED], [change("2")]])
    never = Fake([page("1")], [[Change("1"), AWAY], *([[REFUSED]] * 99)])

    news, _ = await seen(soon, 3)
    with pytest.raises(Trouble, match="may not watch"):
        await seen(never, 9)

    assert news[-1].version == "2"
    assert 60 <= never.at[-1] - never.at[1] <= 90


async def collected(fake: Fake) -> tuple[list[str], Exception]:
    versions: list[str] = []
    try:
        async for found in states(fake, ONE, print):
            versions.append(found.run.metadata.resource_version)  # noqa: PERF401 - kept on errors
    except Trouble as trouble:
        return versions, trouble
    raise AssertionError


@pytest.mark.parametrize(
    ("pages", "watches", "versions", "kind"),
    [
        pytest.param([page("1")], [], [], NotThere, id="never there"),
        pytest.param(
            [page("1", run("1"))],
            [[change("2", gone=True)]],
            ["1", "2"],
            Deleted,
            id="deleted, and its end may be in it",
        ),
        pytest.param(
            [page("1", run("1")), page("9")], [[Expired()]], ["1"], Deleted, id="gone unseen"
        ),
        pytest.param(
            [page("1", run("1")), page("9", run("9", "u2"))],
            [[Expired()]],
            ["1"],
            Deleted,
            id="another of its name",
        ),
    ],
)
def test_run_that_is_gone_ends_the_wait(
    pages: list[Any], watches: list[Any], versions: list[str], kind: type[Trouble]
) -> None:
    @in_virtual_time
    async def look() -> None:
        found, trouble = await collected(Fake(pages, watches))
        assert (found, type(trouble)) == (versions, kind)

    look()
