"""What each kind of machine adds to the status fits the status, and goes with the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from execution_operator.kinds.machines.seen import Hidden
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.remote.testhub.machine_wire import DockerHostResource
from support import agents, docker_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.kinds.machines.traits import AnyTraits

Fields = dict[str, object]


def of_agent() -> tuple[AnyTraits, Any, Any]:
    wanted = agents.agent()
    return AgentTraits(), wanted, agents.seen(wanted, machine=agents.found())


def of_docker_host() -> tuple[AnyTraits, Any, Any]:
    known = docker_hosts.seen(
        hidden=Hidden({"clientKey": "PEM"}, "f1"),
        machine=DockerHostResource.model_validate({"id": 51, "info": {"version": "27.1"}}),
    )
    return docker_hosts.TRAITS, docker_hosts.docker_host(), known


EACH = pytest.mark.parametrize("of", [of_agent, of_docker_host], ids=["agent", "docker host"])
PARTS: dict[str, Callable[[AnyTraits, Any, Any], Fields]] = {
    "mirrored": lambda traits, _, known: traits.mirrored(known.machine),
    "linked": lambda traits, wanted, known: traits.linked(wanted, known),
    "moments": lambda traits, _, known: traits.moments(known.machine),
    "forgotten": lambda traits, _, __: traits.mirrored(None),
}


@EACH
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
def test_what_a_kind_tells_is_a_field_of_its_status(of, part):
    traits, wanted, known = of()
    assert part(traits, wanted, known).keys() <= type(wanted.status).model_fields.keys()


@EACH
@pytest.mark.parametrize("part", ["linked", "mirrored", "moments"])
def test_what_is_told_of_a_machine_is_forgotten_with_it(of, part):
    traits, wanted, known = of()
    assert PARTS[part](traits, wanted, known).keys() <= traits.mirrored(None).keys()
