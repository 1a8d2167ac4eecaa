"""The engine: observe, decide, act, summarize, until there is nothing to do; knows no kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from execution_operator.reconcile.kind import Kind, Plan, Result
from execution_operator.reconcile.ports import (
    Clock,
    FenceClosed,
    Key,
    Meter,
    ObjectConflict,
    Objects,
    ObjectsUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.api.model import Resource

_log = structlog.stdlib.get_logger(__name__)

_STEPS: Final = 12
"""More than any object needs between two looks; an endless change of mind ends here."""
_FAILED: Final = frozenset({Result.TRANSIENT, Result.BUG, Result.CONFLICT})

_FENCED_SECONDS: Final = 1.0
"""Until a late renewal may have opened the fence again; else the process ends anyway."""

AnyKind = Kind[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a look ended.

    Attributes:
        result: what to count.
        look_again: seconds until the next look without cause; None: never.
        restless: all steps were done, and still there was something to do.
    """

    result: Result
    look_again: float | None = None
    restless: bool = False

    @property
    def failed(self) -> bool:
        """Whether the next look has to wait, longer with each repetition."""
        return self.restless or self.result in _FAILED


class Worker:
    """Looks at one object at a time and does what is to be done."""

    def __init__(
        self, kinds: Mapping[str, AnyKind], *, objects: Objects, clock: Clock, meter: Meter
    ) -> None:
        self._kinds = kinds
        self._objects = objects
        self._clock = clock
        self._meter = meter
        self._restless: set[Key] = set()

    async def look(self, key: Key) -> Outcome:
        """Bring one object a step nearer to what it wants; never raises, but for cancellation."""
        began = self._clock.now().monotonic
        with structlog.contextvars.bound_contextvars(object=str(key)):
            outcome = await self._look(key)
            self._tell(key, restless=outcome.restless)
        self._meter.reconciled(key.kind, outcome.result, self._clock.now().monotonic - began)
        return outcome

    def _tell(self, key: Key, *, restless: bool) -> None:
        if not restless:
            self._restless.discard(key)
        elif key not in self._restless:
            self._restless.add(key)
            _log.error("bug: there is always something more to do", steps=_STEPS)

    async def _look(self, key: Key) -> Outcome:
        wanted = self._objects.get(key)
        if wanted is None:
            return Outcome(Result.DONE)
        try:
            return await self._looked_at(self._kinds[key.kind], wanted)
        except ObjectConflict:
            return Outcome(Result.CONFLICT)
        except ObjectsUnavailable as problem:
            _log.warning("cannot write", cause=str(problem))
            return Outcome(Result.TRANSIENT)
        except FenceClosed:
            _log.info("not acting: the lease is over or about to be")
            return Outcome(Result.REQUEUED, _FENCED_SECONDS)
        except Exception:  # noqa: BLE001 - a bug ends one look, never the operator
            _log.exception("bug: cannot reconcile")
            return Outcome(Result.BUG)

    async def _looked_at(self, kind: AnyKind, wanted: Resource) -> Outcome:
        """Reconcile; what that learned of an object that went meanwhile is forgotten again."""
        try:
            return await self._reconcile(kind, wanted)
        finally:
            still = self._objects.get(Key.of(wanted))
            if still is None or still.metadata.uid != wanted.metadata.uid:
                kind.forget(kind.digest(wanted))

    async def _reconcile(self, kind: AnyKind, wanted: Resource) -> Outcome:
        current: Resource | None = wanted
        seen = await kind.observe(wanted)
        for _ in range(_STEPS):
            if current is None:
                return Outcome(Result.DONE)
            plan = kind.decide(current, seen, self._clock.now())
            if plan.action is not None:
                step = await kind.act(plan.action, current, seen)
                current, seen = step.wanted, step.seen
                continue
            status = kind.summarize(current, seen, self._clock.now())
            if status == current.status:
                return _outcome(plan)
            before, current = current, await self._objects.write_status(current, status)
            if current is not None:
                kind.written(before, current)
        return Outcome(Result.REQUEUED, restless=True)


def _outcome(plan: Plan[Any]) -> Outcome:
    return Outcome(plan.result, plan.look_again)
