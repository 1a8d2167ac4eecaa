"""What `run`, `rerun` and `wait` do: create a run, see it through, exit with its verdict."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from execution_operator.cli.tex import manifest
from execution_operator.cli.tex.cluster import reach, suggesting
from execution_operator.cli.tex.following import Ended, follow
from execution_operator.cli.tex.interrupts import Interrupted, Interrupts
from execution_operator.cli.tex.mistakes import Code, Deleted
from execution_operator.cli.tex.outcome import worst
from execution_operator.cli.tex.output import name_of, print_object, print_objects
from execution_operator.cli.tex.progress import Steps
from execution_operator.cli.tex.streams import Scope
from execution_operator.cli.tex.words import period
from execution_operator.remote.redaction import Redactor

if TYPE_CHECKING:
    from datetime import timedelta

    from execution_operator.cli.tex.cluster import Cluster
    from execution_operator.cli.tex.manifest import Json
    from execution_operator.cli.tex.objects import Found
    from execution_operator.cli.tex.options import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a run is seen through.

    Attributes:
        output: json, yaml or name: the object goes to stdout, the steps to stderr.
        stop_on_interrupt: whether Ctrl-C and SIGTERM stop the run itself.
    """

    timeout: timedelta | None = None
    no_wait: bool = False
    stop_on_interrupt: bool = False
    output: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long to wait, None for ever."""
        return self.timeout.total_seconds() if self.timeout else None


async def run(place: Place, wanted: Json, manner: Manner) -> Code:
    """Create a run and see it through."""
    async with reach(place) as cluster:
        return await _create(cluster, place, wanted, manner)


async def rerun(place: Place, name: str, new_name: str | None, manner: Manner) -> Code:
    """Run again what a run ran."""
    async with reach(place) as cluster, suggesting(cluster):
        old = await cluster.get(cluster.namespace, name)
        return await _create(cluster, place, manifest.again(old.raw, new_name), manner)


async def wait(place: Place, names: tuple[str, ...], manner: Manner) -> Code:
    """Wait for several runs; the worst of their codes."""
    async with reach(place) as cluster, suggesting(cluster):
        with Interrupts() as interrupts, _steps(manner, names=len(names) > 1) as steps:
            waiting = _Waiting(cluster, steps)
            try:
                ends = await interrupts.unless(waiting.all(names), seconds=manner.seconds)
            except TimeoutError:
                steps.say(f"not over after {_long(manner)}: {', '.join(waiting.open)}")
                return Code.TIMEOUT
        if manner.output:
            _print([end.found for end in ends if end is not None], manner.output)
        return worst(Code.MISTAKE if end is None else end.outcome.code for end in ends)


async def _create(cluster: Cluster, place: Place, wanted: Json, manner: Manner) -> Code:
    namespace = wanted["metadata"].get("namespace") or cluster.namespace
    variables = wanted.get("spec", {}).get("variables")
    values = variables.values() if isinstance(variables, dict) else ()
    with Interrupts() as interrupts:
        hidden = Redactor(map(str, values))
        found = await cluster.create(namespace, wanted, hidden=hidden)
        if manner.no_wait:
            if manner.output:
                print_object(found, manner.output)
            else:
                _say(manner, f"{name_of(found)} created")
            return Code.PASSED
        with _steps(manner) as steps:
            steps.say(f"{name_of(found)} created in namespace {namespace}")
            return await _see_through(
                cluster, place, found, manner=manner, steps=steps, interrupts=interrupts
            )


async def _see_through(  # noqa: PLR0913 - all different things
    cluster: Cluster,
    place: Place,
    found: Found,
    *,
    manner: Manner,
    steps: Steps,
    interrupts: Interrupts,
) -> Code:
    name, namespace = found.name, found.namespace
    stop = place.command("stop", name, namespace)
    try:
        ended = await interrupts.unless(
            follow(cluster, Scope(namespace, name), steps), seconds=manner.seconds
        )
    except TimeoutError:
        steps.say(f"not over after {_long(manner)}; it goes on. To stop it: {stop}")
        return Code.TIMEOUT
    except Interrupted:
        if not manner.stop_on_interrupt:
            steps.say(f"no longer watched; the run goes on. To stop it: {stop}")
            return Code.INTERRUPTED
        steps.say("stopping the run; again to leave it alone")
        ended = await interrupts.unless(_stopped(cluster, namespace, name, steps))
    _tell_end(ended, place, steps)
    if manner.output:
        print_object(ended.found, manner.output)
    return ended.outcome.code


async def _stopped(cluster: Cluster, namespace: str, name: str, steps: Steps) -> Ended:
    await cluster.cancel(namespace, name)
    return await follow(cluster, Scope(namespace, name), steps)


def _tell_end(ended: Ended, place: Place, steps: Steps) -> None:
    execution = ended.found.run.status.execution
    if execution and execution.result_url:
        steps.say(f"result: {execution.result_url}")
    if ended.outcome.code is not Code.PASSED and execution and execution.id:
        log = place.command("logs", ended.found.name, ended.found.namespace)
        steps.say(f"log: {log}")


class _Waiting:
    """Several runs that are waited for; `open` are those that are not over."""

    def __init__(self, cluster: Cluster, steps: Steps) -> None:
        self.open: dict[str, None] = {}
        self._cluster = cluster
        self._steps = steps

    async def all(self, names: tuple[str, ...]) -> list[Ended | None]:
        """Their ends, None for one that was deleted."""
        self.open.update(dict.fromkeys(names))
        return await asyncio.gather(*(self._one(name) for name in self.open))

    async def _one(self, name: str) -> Ended | None:
        try:
            end = await follow(self._cluster, Scope(self._cluster.namespace, name), self._steps)
        except Deleted as gone:
            self._steps.noticed(str(gone))
            end = None
        del self.open[name]
        return end


def _steps(manner: Manner, *, names: bool = False) -> Steps:
    return Steps(sys.stderr if manner.output else sys.stdout, names=names)


def _say(manner: Manner, text: str) -> None:
    _steps(manner).say(text)


def _print(items: list[Found], form: str) -> None:
    if len(items) == 1:
        print_object(items[0], form)
    else:
        print_objects(items, form)


def _long(manner: Manner) -> str:
    return period(manner.timeout) if manner.timeout else ""
