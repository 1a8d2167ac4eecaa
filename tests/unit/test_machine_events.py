"""Which changes of a machine's Ready are events, and of which sort."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from execution_operator.kinds.machines.tell import Teller
from support.agents import agent

if TYPE_CHECKING:
    from execution_operator.api.static_agent import StaticAgent


@dataclass
class Told:
    """Stands for all ports; keeps the events."""

    events: Any = None
    published: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.events = self

    def publish(self, _wanted: Any, reason: str, _message: str, *, kind: str) -> None:
        self.published.append((kind, str(reason)))


def told(said: str) -> StaticAgent:
    """The agent, of which Ready says status and reason, and perhaps Stalled something."""
    status, reason, *stalled = said.split()
    words = [("Ready", status, reason), *(("Stalled", "True", reason) for _ in stalled)]
    conditions = [
        {"type": of, "status": is_, "reason": why, "lastTransitionTime": "2026-11-22T09:00:00Z"}
        for of, is_, why in words
    ]
    return agent(status={"conditions": conditions})


CHANGES = {
    "it never came": ("False Pending", "False AgentLost", [("Warning", "AgentLost")]),
    "it was never reached": (
        *("False Pending", "False ConnectionFailed"),
        [("Warning", "ConnectionFailed")],
    ),
    "it is still lost": ("False AgentLost", "False AgentLost", []),
    "it is lost": ("True Ready", "False AgentLost", [("Warning", "AgentLost")]),
    "it is usable no more": ("True Ready", "False Pending", [("Warning", "Pending")]),
    "it comes": ("False Pending", "True Ready", [("Normal", "Ready")]),
    "its Secret may come": ("False Pending", "False SecretNotFound", []),
    "its project may come": ("False Pending", "False ReferenceNotFound", []),
    "its Secret does not come": (
        *("False SecretNotFound", "False SecretNotFound Stalled"),
        [("Warning", "SecretNotFound")],
    ),
    "its server is out of reach": ("False Pending", "Unknown ServerUnreachable", []),
}


@pytest.mark.parametrize(("before", "after", "events"), CHANGES.values(), ids=CHANGES.keys())
def test_what_people_have_to_know_is_an_event(before, after, events):
    ports: Any = Told()
    Teller(ports=ports, thing="agent").written(told(before), told(after))
    assert ports.published == events


def test_an_object_that_waits_from_the_first_is_no_event():
    ports: Any = Told()
    Teller(ports=ports, thing="agent").written(agent(), told("False Pending"))
    assert ports.published == []
