"""Makes DockerHosts and what is known of them, for tests of the pure parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.docker_host import DockerHost
from execution_operator.api.machine import Origin
from execution_operator.api.model import INTENT_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.docker_host.traits import DockerHostTraits
from execution_operator.kinds.machines.identity import Intent
from execution_operator.kinds.machines.seen import Hidden, Link, Memory, Seen
from execution_operator.kinds.machines.summarize import summarize
from execution_operator.remote.testhub.levels import UserLevel
from execution_operator.remote.testhub.machine_wire import ConnectionStatus, DockerHostResource
from support.runs import PERIODS, START, URL

if TYPE_CHECKING:
    from execution_operator.api.docker_host import DockerHostStatus
    from execution_operator.reconcile.ports import Now

MEMBERS: Final = {"hostName": "docker-1", "port": "2375"}
INTENT: Final = Intent(
    uid="d1", cluster="c1", server=URL, space=None, origin=Origin.CREATED, writer="w/1"
)
RECORDED: Final = {
    "dockerHostId": "51",
    "server": URL,
    "origin": "Created",
    "projectCount": 0,
    "connection": {"status": "SUCCESS"},
}
TRAITS: Final = DockerHostTraits(secrets=None, clock=None)  # type: ignore[arg-type] # not asked here


def docker_host(
    *,
    status: dict[str, Any] | None = None,
    annotations: dict[str, str] | None = None,
    ready: str | None = None,
    deleted: bool = False,
) -> DockerHost:
    """The DockerHost of docker-1, created by this object on server hub."""
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "Ready",
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": START.isoformat(),
    }
    conditions = {"conditions": [condition]} if ready else {}
    return DockerHost.model_validate(
        {
            "metadata": {
                "name": "docker",
                "namespace": "shop",
                "uid": "d1",
                "generation": 1,
                "finalizers": ["execution-operator.io/finalizer"],
                "annotations": {INTENT_ANNOTATION: INTENT.dump()} | (annotations or {}),
                "deletionTimestamp": START.isoformat() if deleted else None,
            },
            "spec": {"serverRef": {"name": "hub"}, **MEMBERS},
            "status": (RECORDED if status is None else status) | conditions,
        }
    )


def said(status: str = "SUCCESS", reason: str | None = None) -> ConnectionStatus:
    """What the server says of its connection."""
    return ConnectionStatus(status=status, reason=reason)


def linked(found: ConnectionStatus | None = None, *, at: float = 100.0, **more: Any) -> Memory:
    """A memory of a look at the connection."""
    return Memory(link=Link(at, found or said()), **more)


def seen(memory: Memory | None = None, **changes: Any) -> Seen:
    """One that is on the server as wanted, and reached."""
    known: dict[str, Any] = {
        "memory": memory or linked(),
        "cluster_id": "c1",
        "intent": INTENT,
        "url": URL,
        "level": UserLevel(),
        "members": MEMBERS,
        "hidden": Hidden(),
        "look_every": 60.0,
        "unsupported": Reason.DOCKER_HOSTS_UNSUPPORTED,
        "machine": DockerHostResource.model_validate({"id": 51, **MEMBERS}),
    }
    return Seen(**(known | changes))


def status_of(wanted: DockerHost, known: Seen, now: Now) -> DockerHostStatus:
    """The status that tells it."""
    return summarize(wanted, known, now, periods=PERIODS, traits=TRAITS)  # type: ignore[return-value]
