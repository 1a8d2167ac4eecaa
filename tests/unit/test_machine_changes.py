"""What of a machine counts as a change, and that an update sends back all the same."""

from __future__ import annotations

from typing import Any, Final

import pytest

from execution_operator.remote.testhub.machine_wire import StaticAgentResource

_JAVA: Final = {"id": 7, "name": "java", "version": "17", "lastModified": 1_700_000_000_000}
AGENT: Final[dict[str, Any]] = {
    "id": 101,
    "hostName": "loadgen-1",
    "state": "AVAILABLE",
    "version": "11.0.7",
    "ram": "17",
    "contactTime": 1_700_000_000_000,
    "rtbState": "AVAILABLE",
    "rtbContactTime": 1_700_000_000_000,
    "engineListSize": 1,
    "capabilities": [_JAVA],
    "matchSpecifics": {"match": True, "matchedCapability": [_JAVA]},
}


def agent(**changes: Any) -> StaticAgentResource:
    return StaticAgentResource.model_validate(AGENT | changes)


FLEETING = {
    "its contact": {"contactTime": 1_700_000_005_000},
    "the contact of its monitoring": {"rtbContactTime": 1_700_000_005_000},
    "its engines": {"engineListSize": 2},
    "when a capability was told": {"capabilities": [{**_JAVA, "lastModified": 2}]},
    "what a filter matched": {"matchSpecifics": {"match": False}},
    "that nothing was filtered": {"matchSpecifics": None},
}


@pytest.mark.parametrize("change", FLEETING.values(), ids=FLEETING)
def test_what_changes_at_each_contact_is_no_change(change):
    assert agent(**change).lasting() == agent().lasting()


LASTING = {
    "its state": {"state": "LOST"},
    "its version": {"version": "11.0.8"},
    "its name": {"hostName": "loadgen-2"},
    "its monitoring": {"rtbState": "LOST"},
    "another version of a capability": {"capabilities": [{**_JAVA, "version": "21"}]},
    "one capability less": {"capabilities": []},
    "a member that we do not know": {"rack": "4"},
}


@pytest.mark.parametrize("change", LASTING.values(), ids=LASTING)
def test_what_lasts_is_a_change(change):
    assert agent(**change).lasting() != agent().lasting()


def test_an_update_sends_back_what_changes_at_each_contact_too():
    assert agent().changed({}) == AGENT
