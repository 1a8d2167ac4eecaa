"""Which of several objects manages an agent, and who is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from execution_operator.kinds.machines.digest import digest_of, elder, told
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


@pytest.mark.parametrize(
    ("change", "manages"),
    [
        pytest.param({}, True, id="older"),
        pytest.param({"created": START}, True, id="as old, smaller uid"),
        pytest.param({"created": START, "uid": "b"}, False, id="as old, greater uid"),
        pytest.param({"created": moment(60.0).utc}, False, id="younger"),
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
    found = elder(MINE, [MINE, other], url=URL, url_of=lambda key: {"hub": URL}.get(key.name))
    assert (found == other) is manages


def test_a_space_by_name_and_by_id_is_the_same_once_its_id_is_recorded():
    by_name = replace(MINE, space_id="demo", space_name="Demo")
    by_id = replace(OLDER, space_id="demo")
    assert elder(by_name, [by_id], url=URL, url_of=lambda _key: None) == by_id


def test_an_object_of_another_namespace_is_not_named():
    assert told(OLDER, "shop") == 'StaticAgent "older"'
    assert told(OLDER, "elsewhere") == "a StaticAgent in another namespace"
