"""Which agents and docker hosts a run's references mean on its server; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.api.machine import MachineObject
from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.problems import Problem
from execution_operator.reconcile.ports import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.api.model import Resource
    from execution_operator.api.run_specification import RemoteLocation
    from execution_operator.api.test_execution import TestExecution

    Locations = tuple[RemoteLocation, ...]


def referenced(wanted: TestExecution) -> tuple[Key, ...]:
    """The StaticAgents and DockerHosts that its remote locations name, each once."""
    keys = (_key(wanted, one) for one in wanted.spec.remote_locations or ())
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def located(
    wanted: TestExecution, find: Callable[[Key], Resource | None], *, url: str | None
) -> Locations | Problem:
    """The run's remote locations with ids in the place of references, or what they lack.

    Args:
        wanted: the run.
        find: the object of a key, if it is there.
        url: the normalised URL of the run's server: ids mean something else on another one.
    """
    known: list[RemoteLocation] = []
    for one in wanted.spec.remote_locations or ():
        key = _key(wanted, one)
        if key is None:
            known.append(one)
            continue
        found = _machine_id(wanted, key, find(key), url)
        if isinstance(found, Problem):
            return found
        known.append(_by_id(one, found))
    return tuple(known)


def _key(wanted: TestExecution, location: RemoteLocation) -> Key | None:
    namespace = wanted.metadata.namespace
    agent = (
        location.agent_override.replacement.static_agent_ref if location.agent_override else None
    )
    host = location.docker_execution.docker_host_ref if location.docker_execution else None
    if agent is not None:
        return Key.named("StaticAgent", namespace, agent.name)
    return Key.named("DockerHost", namespace, host.name) if host is not None else None


def _by_id(location: RemoteLocation, machine_id: str) -> RemoteLocation:
    override, docker = location.agent_override, location.docker_execution
    if override is not None:
        to = override.replacement.model_copy(update={"id": machine_id, "static_agent_ref": None})
        override = override.model_copy(update={"replacement": to})
    if docker is not None:
        docker = docker.model_copy(update={"id": machine_id, "docker_host_ref": None})
    return location.model_copy(update={"agent_override": override, "docker_execution": docker})


def _machine_id(
    wanted: TestExecution, key: Key, found: Resource | None, url: str | None
) -> str | Problem:
    """The id of what is named, if it can be used by this run now."""
    what = f'{key.kind} "{key.name}"'
    if not isinstance(found, MachineObject):
        text = (
            f"spec.remoteLocations: there is no {what} in this namespace: apply it, the run starts"
            " then"
        )
        return Problem(reason=Reason.REFERENCE_NOT_READY, message=text)
    if _is_elsewhere(wanted, found, url):
        text = (
            f'spec.remoteLocations: {what} is on ExecutionServer "{found.spec.server_ref.name}",'
            f' this run is on "{wanted.spec.server_ref.name}": create a new run whose serverRef and'
            f" {key.kind} use the same ExecutionServer"
        )
        return Problem(reason=Reason.INVALID_SPEC, message=text, needs_person=True)
    waits = _waits(found)
    machine_id = found.status.machine_id
    if waits is not None or machine_id is None:
        text = f"spec.remoteLocations: {what} {waits or 'is not on the server yet'}"
        return Problem(reason=Reason.REFERENCE_NOT_READY, message=text)
    return machine_id


def _is_elsewhere(wanted: TestExecution, found: MachineObject, url: str | None) -> bool:
    """Whether it is on another server; two ExecutionServers may be connections to the same."""
    if found.spec.server_ref.name == wanted.spec.server_ref.name or found.status.server is None:
        return False
    return found.status.server != url


def _waits(found: MachineObject) -> str | None:
    """Why it cannot be used now; None when it can."""
    ready = found.status.condition(ConditionType.READY)
    if found.metadata.is_deleted:
        return "is being deleted"
    if ready is None or ready.observed_generation != found.metadata.generation:
        return "was not looked at yet"
    if ready.status != "True":
        return f"is not ready: {ready.reason}: {ready.message}"
    return None
