"""What `stop` does: asks for runs to be stopped, and waits until they are over."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from execution_operator.cli.tex.cluster import reach, suggesting
from execution_operator.cli.tex.following import follow
from execution_operator.cli.tex.interrupts import Interrupts
from execution_operator.cli.tex.mistakes import Code, Deleted
from execution_operator.cli.tex.outcome import Outcome, outcome_of, phase_of, said_of, worst
from execution_operator.cli.tex.progress import Steps
from execution_operator.cli.tex.streams import Scope
from execution_operator.cli.tex.words import period

if TYPE_CHECKING:
    from datetime import timedelta

    from execution_operator.cli.tex.cluster import Cluster
    from execution_operator.cli.tex.objects import Found
    from execution_operator.cli.tex.options import Place


async def stop(
    place: Place, names: tuple[str, ...], *, no_wait: bool, patience: timedelta | None
) -> Code:
    """Stop runs; passed when each is over, whoever ended it."""
    async with reach(place) as cluster, suggesting(cluster):
        with Interrupts() as interrupts, Steps(sys.stdout, names=len(names) > 1) as steps:
            asked = [name for name in names if await _ask(cluster, name, steps)]
            if no_wait or not asked:
                return Code.PASSED
            seconds = patience.total_seconds() if patience else None
            try:
                return worst(await interrupts.unless(_all(cluster, asked, steps), seconds=seconds))
            except TimeoutError:
                steps.say(f"not over after {period(patience)}" if patience else "not over")
                return Code.TIMEOUT


async def _ask(cluster: Cluster, name: str, steps: Steps) -> bool:
    """Whether there is something to stop."""
    found = await cluster.get(cluster.namespace, name)
    phase = found.run.status.phase
    if phase is not None and phase.is_terminal:
        steps.say(f"{name} is over already: {phase} {said_of(found.run)}".rstrip())
        return False
    await cluster.cancel(cluster.namespace, name)
    steps.say(f"{name} is asked to stop ({phase_of(found.run)})")
    return True


async def _one(cluster: Cluster, name: str, steps: Steps) -> Code:
    try:
        ended = await follow(cluster, Scope(cluster.namespace, name), steps, is_over=_is_over)
    except Deleted as gone:
        steps.noticed(str(gone))
        return Code.PASSED
    # A verdict that was faster than the stop is no failure to stop.
    is_known = ended.outcome.code in {Code.PASSED, Code.FAILED, Code.STOPPED}
    return Code.PASSED if is_known else Code.ERROR


async def _all(cluster: Cluster, names: list[str], steps: Steps) -> list[Code]:
    return await asyncio.gather(*(_one(cluster, name, steps) for name in names))


def _is_over(found: Found) -> Outcome | None:
    """Only a phase that is final: a run that is stalled, and a stub that runs, go on."""
    phase = found.run.status.phase
    return outcome_of(found.run) if phase is not None and phase.is_terminal else None
