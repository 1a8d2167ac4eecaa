"""Machines live their whole life on servers of every manner that the contract leaves open."""

from __future__ import annotations

import asyncio

import pytest

from support.machines import PLACES, SORTS, whole_life

MANNERS = {
    "an update adds to what is there": {"machine_put": "merge"},
    "ids are strings": {"machine_ids": "string"},
    "lists have pages": {"machine_lists": "page", "page_size_cap": 1},
    "the user sees what spaces have": {"user_level": "all"},
    "host names are kept in lower case": {"host_names": "lower"},
    "an association answers nothing": {"association_answer": "empty"},
    "what is gone already is not found": {
        "unknown_machine_delete": 404,
        "unknown_dissociation": 404,
    },
    "a host name is there once": {"duplicate_host": 409},
    "what is null is left out": {"nulls": "absent"},
    "keys show as asterisks": {"docker_keys": "masked"},
    "a docker host tells nothing of itself": {"docker_info": "null"},
}


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize("manners", MANNERS.values(), ids=MANNERS.keys())
async def test_a_machine_lives_its_whole_life(namespace, simulator, manners):
    simulator.change(**manners)
    lives = (whole_life(place, namespace, simulator) for place in PLACES.values())
    await asyncio.gather(*lives)
    for sort in SORTS.values():
        made = [one for one in sort.changes(simulator) if one.startswith("create_")]
        assert len(made) == 2
