"""Objects are found by their group as a scan over all of them would find them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.reconcile.ports import FirstSeen, Key
from support.cached import Known, raw_agent, raw_run

HOSTS = ("One", "Two")
NAMES = ("a", "b", "c")

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "answer", "drop", "drop_key"]),
        st.builds(
            raw_agent,
            st.integers(1, 6),
            name=st.sampled_from(NAMES),
            uid=st.sampled_from(["u1", "u2", "u3"]),
            host=st.sampled_from(HOSTS),
        ),
    ),
    max_size=20,
)


def take(cache, step, raw):
    meta = raw["metadata"]
    match step:
        case "put":
            cache.put(raw, first_seen=FirstSeen.ADDED)
        case "answer":
            cache.put_answer(raw)
        case "drop":
            cache.drop(raw)
        case "drop_key":
            key = Key("StaticAgent", meta["namespace"], meta["name"])
            cache.drop_key(key, uid=meta["uid"])


def scanned(cache, host):
    return {one.key: one for one in cache.of_kind("StaticAgent") if host in one.groups}


@given(steps=STEPS)
def test_a_group_has_what_a_scan_finds_after_any_changes(steps):
    known = Known()
    for step, raw in steps:
        take(known.cache, step, raw)
        for host in map(str.lower, HOSTS):
            found = {one.key: one for one in known.cache.grouped("StaticAgent", host)}
            assert found == scanned(known.cache, host)


def test_what_has_no_group_is_in_none():
    known = Known()
    known.put(raw_run(), raw_agent(name="a", uid="u9", host="One"))
    assert list(known.cache.grouped("TestExecution", "one")) == []
    assert [one.key.name for one in known.cache.grouped("StaticAgent", "one")] == ["a"]


@pytest.mark.parametrize("kind", ["DockerHost", "ExecutionServer"])
def test_a_group_is_a_kind_s_own(kind):
    known = Known()
    known.put(raw_agent(name="a", uid="u9", host="One"))
    assert list(known.cache.grouped(kind, "one")) == []
