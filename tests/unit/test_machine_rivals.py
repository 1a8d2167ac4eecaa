"""Which of several objects manages an agent, and who is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from execution_operator.kinds.machines.digest import digest_of, elder, older, told
from execution_operator.reconcile.ports import Key
from support.agents import HOST, RECORDED, agent
from support.runs import START, URL
from support.runs import at as moment

MINE = digest_of(agent(), host=HOST, state="AVAILABLE")
OLDER = replace(
    digest_of(agent(status=RECORDED), host=HOST, state="AVAILABLE"),
    key=Key("StaticAgent", "shop", "older"),
    uid="a0",
    created=moment(-60.0).utc,
)


def owner(mine, others):
    known = {"hub": {URL}}
    found = older(mine, others, url=URL, urls_of=lambda key: known.get(key.name, ()))
    return elder(mine, found)


@pytest.mark.parametrize(
    ("change", "manages"),
    [
        pytest.param({}, True, id="older"),
        pytest.param({"created": START}, True, id="as old, smaller uid"),
        pytest.param(
            {"created": START, "uid": "b", "machine_id": None}, False, id="as old, greater uid"
        ),
        pytest.param({"created": START, "uid": "b"}, True, id="as old, and has the machine"),
        pytest.param(
            {"created": START, "uid": "b", "machine_id": None, "is_held": True},
            True,
            id="as old, and announced it",
        ),
        pytest.param({"created": moment(60.0).utc}, False, id="younger"),
        pytest.param(
            {"created": moment(60.0).utc, "is_held": True}, True, id="younger, and has it already"
        ),
        pytest.param({"uid": "a1"}, False, id="itself"),
        pytest.param({"host": "other"}, False, id="another host"),
        pytest.param({"url": "https://other"}, False, id="another server"),
        pytest.param({"url": None}, True, id="not recorded yet, its server is the same"),
        pytest.param({"url": None, "server": "new"}, False, id="its server is not known yet"),
        pytest.param({"space_id": "demo"}, False, id="another space"),
        pytest.param({"space_name": "Demo"}, False, id="another space by name"),
    ],
)
def test_the_older_object_of_the_same_agent_manages_it(change, manages):
    other = replace(OLDER, **change)
    assert (owner(MINE, [MINE, other]) == other) is manages


def test_of_two_that_have_it_the_older_one_manages_it():
    mine, other = replace(MINE, is_held=True), replace(OLDER, is_held=True)
    assert owner(mine, [other]) == other
    assert owner(other, [mine]) is None


def test_what_somebody_else_adopts_says_nothing_of_who_has_it():
    mine = replace(MINE, machine_id=OLDER.machine_id, url=URL)
    assert owner(mine, [OLDER]) == OLDER


@pytest.mark.parametrize(
    ("change", "manages"),
    [
        pytest.param({}, True, id="the same id"),
        pytest.param({"machine_id": "102"}, False, id="another id"),
        pytest.param({"url": "https://other"}, False, id="the id on another server"),
    ],
)
def test_one_machine_may_go_by_two_names(change, manages):
    mine = digest_of(agent(status=RECORDED), host=HOST, state="AVAILABLE")
    other = replace(OLDER, host="192.0.2.7", **change)
    assert (owner(mine, [other]) == other) is manages


def test_a_space_by_name_and_by_id_is_the_same_once_its_id_is_recorded():
    by_name = replace(MINE, space_id="demo", space_name="Demo")
    by_id = replace(OLDER, space_id="demo")
    assert owner(by_name, [by_id]) == by_id


def test_an_object_counts_wherever_its_server_may_lead():
    """Its connection, and what its spec says now, are not always the same."""
    other = replace(OLDER, url=None)
    for urls in ({URL}, {URL, "https://other"}):
        assert older(MINE, [other], url=URL, urls_of=lambda _key, urls=urls: urls) == (other,)
    assert older(MINE, [other], url=URL, urls_of=lambda _key: {"https://other"}) == ()


def test_an_object_of_another_namespace_is_not_named():
    assert told(OLDER, "shop") == 'StaticAgent "older"'
    assert told(OLDER, "elsewhere") == "a StaticAgent in another namespace"
