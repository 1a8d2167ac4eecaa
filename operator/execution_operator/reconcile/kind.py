"""The contract of a kind: all that the engine knows about what it reconciles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from execution_operator.api.model import Resource, Status
from execution_operator.reconcile.ports import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.reconcile.ports import Key, Now

W = TypeVar("W", bound=Resource)
D = TypeVar("D", bound=Digest)
S = TypeVar("S")
A = TypeVar("A")


class Result(StrEnum):
    """How a look at an object ended; the value of the metrics' label."""

    DONE = "done"
    REQUEUED = "requeued"
    TRANSIENT = "transient"
    TERMINAL = "terminal"
    CONFLICT = "conflict"
    BUG = "bug"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[A]):
    """What to do next.

    Attributes:
        action: the one next thing; None when there is nothing to do now.
        look_again: seconds until the object wants to be looked at without cause; None: never.
        result: what to count when there is nothing more to do; TRANSIENT also lengthens
            `look_again` with each repetition.
    """

    action: A | None = None
    look_again: float | None = None
    result: Result = Result.DONE


@dataclass(frozen=True, slots=True)
class Step(Generic[W, S]):
    """What is known after an action; `wanted` None: the object is gone."""

    wanted: W | None
    seen: S


class Kind(Protocol[W, D, S, A]):
    """How one kind of custom resource is reconciled.

    `observe` and `act` are thin and talk to the outside; `decide` and `summarize` are pure. All of
    it is safe to repeat. They raise nothing for what a server or a person does wrong: that is an
    observation. ObjectConflict, ObjectsUnavailable and FenceClosed may pass through.

    What is asked about many objects at a time is answered from their digests: an object is read
    only when it is looked at.
    """

    @property
    def model(self) -> type[W]:
        """The custom resource."""

    def digest(self, wanted: W) -> D:
        """What is kept at hand of it: all that the next questions and scans over the kind need."""

    def references(self, known: D) -> Iterable[Key]:
        """The objects that its spec names."""

    def lane(self, known: D) -> Key:
        """The server whose workers it takes; fairness is between lanes."""

    def is_urgent(self, known: D) -> bool:
        """Whether it goes before others of its lane: somebody waits for it to begin."""

    def wakes_referrers(self, before: D | None, after: D | None) -> bool:
        """Whether this change concerns the objects that name it."""

    def wakes_references(self, before: D | None, after: D | None) -> bool:
        """Whether this change concerns the objects that it names."""

    async def observe(self, wanted: W) -> S:
        """What the outside says."""

    def decide(self, wanted: W, seen: S, now: Now) -> Plan[A]:
        """The one next thing, or when to look again."""

    async def act(self, action: A, wanted: W, seen: S) -> Step[W, S]:
        """Do it."""

    def summarize(self, wanted: W, seen: S, now: Now) -> Status:
        """The status that tells it; equal to the object's own when nothing changed."""

    def written(self, before: W, after: W) -> None:
        """The status was written: the moment to tell, once, what has happened."""

    def forget(self, known: D) -> None:
        """The object is gone: drop what is remembered of it.

        Once when that is heard and, should it be looked at just then, again after that look.
        """
