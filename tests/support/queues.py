"""A queue of keys like `a-1`, a run on server `a`, and what a worker gets of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.reconcile.backoff import Backoff
from execution_operator.reconcile.ports import Key
from execution_operator.runtime.queue import FairQueue
from support.chance import Chance
from support.virtual_time import at_once, seconds

if TYPE_CHECKING:
    from collections.abc import Callable


def key(name: str) -> Key:
    """The run `a-1` belongs to server `a`."""
    return Key("TestExecution", "shop", name)


def lane_of(one: Key) -> Key:
    """Its server."""
    return Key("ExecutionServer", "shop", one.name.partition("-")[0])


class Waits:
    """A meter that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, float]] = []

    def queue_waited(self, kind: str, seconds: float) -> None:
        """A key waited so long."""
        self.seen.append((kind, seconds))


def make_queue(
    *,
    per_lane: int = 8,
    lane_of: Callable[[Key], Key] = lane_of,
    meter: Waits | None = None,
    is_urgent: Callable[[Key], bool] = lambda _: False,
) -> FairQueue:
    """An empty queue whose backoff is 1, 2, 4 … seconds."""
    return FairQueue(
        lane_of,
        per_lane=per_lane,
        backoff=Backoff(first=1.0, factor=2.0, longest=60.0, jitter=0.0),
        random=Chance(),
        meter=meter or Waits(),
        is_urgent=is_urgent,
    )


def add(queue: FairQueue, *names: str) -> None:
    """Have them looked at."""
    for name in names:
        queue.add(key(name))


async def taken(queue: FairQueue) -> str | None:
    """The name of the next key; None when there is none to take now."""
    found = await at_once(queue.take())
    return found.name if found else None


async def all_taken(queue: FairQueue) -> list[str]:
    """All names that can be taken now, in their order."""
    names = []
    while (name := await taken(queue)) is not None:
        names.append(name)
    return names


def done(queue: FairQueue, name: str, *, failed: bool = False, again: float | None = None) -> None:
    """Its look ended."""
    queue.done(key(name), failed=failed, again=again)


async def wait_for_next(queue: FairQueue) -> float:
    """After how many seconds the next key comes."""
    began = seconds()
    await queue.take()
    return seconds() - began
