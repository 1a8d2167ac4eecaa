"""All kinds, built from the ports; where a new kind is put in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from execution_operator.kinds.connections import Blueprint, Connection, Connections, trouble_report
from execution_operator.kinds.docker_host.traits import DockerHostTraits
from execution_operator.kinds.execution_server.kind import ExecutionServerKind
from execution_operator.kinds.machines.kind import MachineKind
from execution_operator.kinds.periods import Periods
from execution_operator.kinds.static_agent.traits import AgentTraits
from execution_operator.kinds.test_execution.act import Actor
from execution_operator.kinds.test_execution.capacity import Capacity
from execution_operator.kinds.test_execution.census import Censuses
from execution_operator.kinds.test_execution.digest import RunDigest
from execution_operator.kinds.test_execution.exchange import Exchanger
from execution_operator.kinds.test_execution.identity import cluster_tag
from execution_operator.kinds.test_execution.kind import TestExecutionKind
from execution_operator.kinds.test_execution.memories import Memories
from execution_operator.kinds.test_execution.observe import Observer
from execution_operator.kinds.test_execution.strangers import Strangers
from execution_operator.kinds.test_execution.tell import Teller
from execution_operator.remote.shared_list import Pacing
from execution_operator.remote.snapshot import ExecutionSnapshot
from execution_operator.remote.testhub.machine_lists import MachineLists
from execution_operator.remote.wakes import PacedWakes

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_operator.kinds.machines.traits import AnyTraits
    from execution_operator.kinds.ports import Ports
    from execution_operator.reconcile.ports import Digest, Key
    from execution_operator.reconcile.worker import AnyKind
    from execution_operator.settings import Settings


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds by name, and what of theirs others want to know.

    Attributes:
        heard: to be called with the digest of each object whenever it changed.
    """

    by_name: dict[str, AnyKind]
    connections: Connections
    strangers: Strangers
    heard: Callable[[Digest], None]


def periods_of(settings: Settings) -> Periods:
    """The settings that decisions depend on, in seconds."""
    return Periods(
        settling=settings.settling_time.total_seconds() if settings.settling_time else None,
        probe=settings.probe_period.total_seconds(),
        secret=settings.secret_period.total_seconds(),
        outage=settings.outage_period.total_seconds(),
        verdict=settings.verdict_period.total_seconds(),
        lost=settings.lost_period.total_seconds(),
        unused=settings.unused_period.total_seconds(),
        missing=settings.missing_period.total_seconds(),
        counts=settings.counts_period.total_seconds(),
        poll=settings.poll_period.total_seconds(),
        late=settings.late_period.total_seconds(),
        quiet=settings.quiet_period.total_seconds(),
        fight=settings.fight_period.total_seconds(),
        deletion=settings.deletion_period.total_seconds(),
    )


def build_kinds(ports: Ports, periods: Periods) -> Kinds:
    """The kinds by name, and what they share. A new kind is one more of `kinds` here."""
    memories = Memories()
    capacity = Capacity(ports.wake, period_seconds=periods.counts)
    strangers = Strangers(ports=ports, memories=memories)
    connections = _connections(ports, periods, strangers)
    kinds: tuple[AnyKind, ...] = (
        ExecutionServerKind(ports=ports, connections=connections, periods=periods),
        _test_execution(ports, connections, memories, capacity=capacity, periods=periods),
        *(
            MachineKind(ports=ports, connections=connections, periods=periods, traits=traits)
            for traits in _machines(ports)
        ),
    )

    def heard(known: Digest) -> None:
        if isinstance(known, RunDigest):
            capacity.heard(known)

    return Kinds(
        by_name={one.model.__name__: one for one in kinds},
        connections=connections,
        strangers=strangers,
        heard=heard,
    )


def _machines(ports: Ports) -> tuple[AnyTraits, ...]:
    """The kinds of machines. A new one is one more of these."""
    return (DockerHostTraits(secrets=ports.secrets, clock=ports.clock), AgentTraits())


def _test_execution(
    ports: Ports,
    connections: Connections,
    memories: Memories,
    *,
    capacity: Capacity,
    periods: Periods,
) -> TestExecutionKind:
    teller = Teller(ports=ports)
    censuses = Censuses(ports=ports, memories=memories)
    observer = Observer(
        ports=ports,
        connections=connections,
        memories=memories,
        capacity=capacity,
        periods=periods,
    )
    exchanger = Exchanger(
        ports=ports,
        connections=connections,
        memories=memories,
        censuses=censuses,
        teller=teller,
        missing_seconds=periods.secret,
    )
    actor = Actor(
        ports=ports,
        connections=connections,
        memories=memories,
        observer=observer,
        exchanger=exchanger,
        censuses=censuses,
        teller=teller,
    )
    return TestExecutionKind(
        observer=observer,
        actor=actor,
        teller=teller,
        memories=memories,
        capacity=capacity,
        periods=periods,
    )


def _connections(ports: Ports, periods: Periods, strangers: Strangers) -> Connections:
    """The open connections; whoever names a server is woken when its connection opens."""
    wakes = PacedWakes()

    def monotonic() -> float:
        return ports.clock.now().monotonic

    def connect(key: Key, blueprint: Blueprint) -> Connection:
        hub = ports.open_hub(key, blueprint)

        def snapshot(project_id: str) -> ExecutionSnapshot:
            return ExecutionSnapshot(
                hub,
                project_id=project_id,
                tag=cluster_tag(ports.cluster_id),
                poll_seconds=blueprint.poll_seconds,
                outage_seconds=periods.outage,
                monotonic=monotonic,
                random=ports.random,
                on_trouble=trouble_report(
                    lambda: connections.get(key), project_id, lambda: ports.wake(key)
                ),
                on_strangers=lambda ids: strangers.listed(key, blueprint.url, project_id, ids),
                wake_all=wakes.wake_all,
            )

        pacing = Pacing(poll=blueprint.poll_seconds, quiet=periods.quiet, outage=periods.outage)
        return Connection(
            blueprint=blueprint,
            hub=hub,
            snapshots=snapshot,
            monotonic=monotonic,
            lists=MachineLists(
                pacing=pacing, monotonic=monotonic, random=ports.random, wake_all=wakes.wake_all
            ),
        )

    def opened(key: Key) -> None:
        for referrer in ports.objects.referrers(key):
            ports.wake(referrer.key)

    connections = Connections(connect, on_open=opened)
    return connections
