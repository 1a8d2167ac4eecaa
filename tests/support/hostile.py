"""Plays many hostile servers side by side against one operator, and keeps what was seen of each.

Each row has a server, a simulator and a run of its own; what they share is the operator, which so
also shows that one hostile server disturbs no other. Rows are judged by the tests, not here.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubernetes.aio import client, watch

from execution_simulator import Simulator, serve
from execution_simulator.scripts import Script
from support.kube import GROUP, PLURALS, VERSION, Json, Namespace, condition, connected, until
from support.operator_process import OperatorProcess, start_operator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from execution_simulator.faults import Fault
    from execution_simulator.journal import Seen

TERMINAL = {"Succeeded", "Failed", "Stopped", "Error", "Lost"}
TELLING_SECONDS, STRIKING_SECONDS, ENDING_SECONDS = 20.0, 30.0, 60.0
_LONGEST = 600  # seconds that a watch may last
PERIODS = {"poll_period": "500ms", "verdict_period": "60s"}
AT_A_TIME = 12
"""More rows at a time keep the machine so busy that what they wait for comes late."""


@dataclass(frozen=True, slots=True)
class Told:
    """The condition that is to tell of a fault."""

    kind: str
    type: str
    status: str
    reason: str
    word: str = ""
    """What its message has in it."""

    def holds(self, found: Json) -> bool:
        one = condition(found, self.type)
        known = (one.get("status"), one.get("reason")) == (self.status, self.reason)
        return known and self.word in one["message"]


@dataclass(frozen=True, slots=True)
class Row:
    """A fault that lasts until it was told and has struck a few times, and what is to come of it.

    Attributes:
        told: None where the operator mends it at once, so that nothing need be seen.
        strikes: how often the fault strikes at least before it is cleared.
    """

    name: str
    fault: Fault
    told: Told | None
    end: str = "Succeeded"
    runs: int = 1
    strikes: int = 3


@dataclass(slots=True)
class Played:
    """What was seen of a row: requests of its host, objects while the fault lasted, the end."""

    telling: Json | None = None
    shown: Json = field(default_factory=dict)
    requests: tuple[Seen, ...] = ()
    end: Json = field(default_factory=dict)
    runs: int = 0

    def struck(self) -> list[Seen]:
        return [one for one in self.requests if one.fault is not None]


@dataclass(slots=True)
class Stage:
    """All that was seen of all rows, and of the operator at the end."""

    played: dict[str, Played]
    alive: bool
    bugs: float
    log: str


class Objects:
    """All objects of a namespace in all their states: many look, one watch a kind asks."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._states: defaultdict[tuple[str, str], list[Json]] = defaultdict(list)

    def get(self, kind: str, name: str) -> Json:
        """The newest state of an object."""
        states = self._states[(kind, name)]
        return states[-1] if states else {"status": {}}

    def told(self, told: Told, name: str) -> Json | None:
        """The first state of an object that tells it, however short that was."""
        return next(filter(told.holds, self._states[(told.kind, name)]), None)

    async def keep_looking(self) -> None:
        """Watch, until it is cancelled."""
        await asyncio.gather(*(self._watch(kind, plural) for kind, plural in PLURALS.items()))

    async def _watch(self, kind: str, plural: str) -> None:
        listing = self._namespace.custom.list_namespaced_custom_object
        async with watch.Watch() as changes:
            async for event in changes.stream(
                listing, GROUP, VERSION, self._namespace.name, plural, timeout_seconds=_LONGEST
            ):
                one = event["object"]
                self._states[(kind, one["metadata"]["name"])].append(one)


async def play_all(kubeconfigs: tuple[Path, Path], log_file: Path, rows: Sequence[Row]) -> Stage:
    """Play the rows, many at a time.

    Args:
        kubeconfigs: the admin's and the operator's.
        log_file: where the operator's log goes.
        rows: with names that are names of Kubernetes objects.
    """
    async with connected(kubeconfigs[0]) as api:
        name = f"t-{uuid.uuid4().hex[:8]}"
        meta = client.V1ObjectMeta(name=name)
        await client.CoreV1Api(api).create_namespace(client.V1Namespace(metadata=meta))
        namespace = Namespace(name, api)
        await namespace.secret("hub-token", token="demo-offline-token")
        operator = await start_operator(
            kubeconfigs[1], name, log_file, "--no-leader-election", **PERIODS
        )
        try:
            await operator.leading()
            return await _staged(namespace, operator, rows)
        finally:
            await operator.kill()


async def _staged(namespace: Namespace, operator: OperatorProcess, rows: Sequence[Row]) -> Stage:
    objects = Objects(namespace)
    looking = asyncio.create_task(objects.keep_looking())
    places = asyncio.Semaphore(AT_A_TIME)

    async def in_turn(row: Row) -> Played:
        async with places:
            return await _play(namespace, objects, row)

    try:
        played = await asyncio.gather(*map(in_turn, rows))
    finally:
        looking.cancel()
    return Stage(
        played=dict(zip([row.name for row in rows], played, strict=True)),
        alive=operator.process.returncode is None,
        bugs=await asyncio.to_thread(
            operator.metric, "execution_operator_reconcile_total", result="bug"
        ),
        log="\n".join(json.dumps(line) for line in operator.lines),
    )


async def _play(namespace: Namespace, objects: Objects, row: Row) -> Played:
    simulator, played = Simulator(), Played()
    simulator.scripts.replace([Script(transition_seconds=0.1, run_seconds=0.5)])
    simulator.faults.add(row.fault)
    async with serve(simulator) as url:
        await namespace.server(url, row.name)
        await namespace.run(row.name, serverRef={"name": row.name})
        await _while_it_lasts(objects, row, simulator, played)
        played.requests = simulator.requests.read()
        played.shown = {kind: objects.get(kind, row.name)["status"] for kind in PLURALS}
        simulator.faults.clear()
        await _seen(lambda: objects.get("TestExecution", row.name), _is_over, ENDING_SECONDS)
        played.end = objects.get("TestExecution", row.name)["status"]
        played.runs = len(simulator.ledger.all())
    return played


async def _while_it_lasts(objects: Objects, row: Row, simulator: Simulator, played: Played) -> None:
    told = row.told
    if told is not None:
        look = lambda: objects.told(told, row.name)  # noqa: E731 - looked at again and again
        played.telling = await _seen(look, told.holds, TELLING_SECONDS)
    (planted,) = simulator.faults
    run = lambda: objects.get("TestExecution", row.name)  # noqa: E731 - as above
    often = lambda found: planted.struck >= row.strikes or _is_over(found)  # noqa: E731 - as above
    await _seen(run, often, STRIKING_SECONDS)


def _is_over(found: Json) -> bool:
    return found["status"].get("phase") in TERMINAL


async def _seen(look, holds, seconds: float) -> Json | None:
    """The object once something holds for it; None if that never comes: the tests judge."""
    try:
        return await until(lambda: (found := look()) and holds(found) and found, "it", seconds)
    except AssertionError:
        return None
