"""Makes StaticAgents and what is known of them, for tests of the pure parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from execution_operator.api.machine import Origin
from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.static_agent import StaticAgent
from execution_operator.kinds.machines import decide as deciding
from execution_operator.kinds.machines import summarize as telling
from execution_operator.kinds.machines.identity import Intent
from execution_operator.kinds.machines.seen import Found, Memory, Seen, WantedProject
from execution_operator.kinds.static_agent.traits import AgentTraits, members_of
from execution_operator.remote.testhub.levels import UserLevel
from execution_operator.remote.testhub.machine_wire import StaticAgentResource
from support.runs import PERIODS, START, URL

if TYPE_CHECKING:
    from datetime import datetime

    from execution_operator.api.static_agent import StaticAgentStatus
    from execution_operator.kinds.machines.actions import Action
    from execution_operator.reconcile.kind import Plan
    from execution_operator.reconcile.ports import Now

HOST = "loadgen-1.example.com"
USER = UserLevel()
RECORDED = {"agentId": "101", "server": URL, "origin": "Created"}


def intent(**changes: Any) -> Intent:
    """The intent that belongs to `agent()`."""
    known = Intent(
        uid="a1", cluster="c1", server=URL, space=None, origin=Origin.CREATED, writer="w/1"
    )
    return replace(known, **changes)


def agent(
    *,
    spec: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    annotations: dict[str, str] | None = None,
    held: bool = False,
    deleted_at: datetime | None = None,
) -> StaticAgent:
    """A StaticAgent at the user's level of server hub."""
    return StaticAgent.model_validate(
        {
            "kind": "StaticAgent",
            "metadata": {
                "name": "loadgen",
                "namespace": "shop",
                "uid": "a1",
                "resourceVersion": "7",
                "generation": 1,
                "creationTimestamp": START.isoformat(),
                "annotations": annotations or {},
                "finalizers": ["execution-operator.io/finalizer"] if held else [],
                "deletionTimestamp": deleted_at.isoformat() if deleted_at else None,
            },
            "spec": {"serverRef": {"name": "hub"}, "hostName": HOST} | (spec or {}),
            "status": status or {},
        }
    )


def held_agent(*, of: Intent | None = None, **more: Any) -> StaticAgent:
    """One whose intent is written."""
    annotations = {INTENT_ANNOTATION: (of or intent()).dump()} | more.pop("annotations", {})
    return agent(held=True, annotations=annotations, **more)


def found(machine_id: str = "101", **members: Any) -> StaticAgentResource:
    """An agent as the server shows it."""
    given = {"id": machine_id, "hostName": HOST, "state": "AVAILABLE"}
    return StaticAgentResource.model_validate(given | members)


def listed(
    began: float, *machines: StaticAgentResource, ended: float | None = None, url: str = URL
) -> Found:
    """A look-up by name that took no time, unless told."""
    return Found(began, machines, ended=began if ended is None else ended, url=url)


def seen(wanted: StaticAgent, memory: Memory | None = None, **changes: Any) -> Seen:
    """A usable server, and what this process remembers."""
    told = wanted.metadata.annotations.get(INTENT_ANNOTATION)
    known = Seen(
        memory=memory or Memory(),
        cluster_id="c1",
        intent=Intent.load(told) if told else None,
        url=URL,
        level=USER,
        members=members_of(wanted),
        projects=tuple(WantedProject(id=one.id) for one in wanted.spec.projects or ()),
    )
    return replace(known, **changes)


def decide(wanted: StaticAgent, known: Seen, now: Now) -> Plan[Action]:
    """What to do next."""
    return deciding.decide(wanted, known, now, PERIODS)


def summarize(wanted: StaticAgent, known: Seen, now: Now) -> StaticAgentStatus:
    """What to store."""
    return telling.summarize(wanted, known, now, periods=PERIODS, traits=AgentTraits())
