"""Resources alone call every agent and docker host path that the contract has, and no other."""

from __future__ import annotations

from typing import Final

import pytest

from support.machines import EACH_SORT, PLACES, whole_life

CONTEXT: Final = "/test"


@pytest.mark.usefixtures("hub", "operator")
@EACH_SORT
async def test_every_path_of_the_contract_is_called_and_no_other(namespace, simulator, sort):
    for place in PLACES.values():
        if place.sort is sort:
            await whole_life(place, namespace, simulator, **sort.tried)
    asked = [(one, one.path.removeprefix(CONTEXT)) for one in sort.requests(simulator)]
    answered = [(one.method, path) for one, path in asked if one.status in {200, 201}]
    never = [route for route in sort.routes if not any(route.is_of(*one) for one in answered)]
    unknown = [one for one in answered if not any(route.is_of(*one) for route in sort.routes)]
    assert (never, unknown) == ([], [])
