"""What the engine and the kinds need from the outside, as Protocols; nothing of how it is done."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from execution_operator.api.reasons import ConditionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pydantic import SecretStr

    from execution_operator.api.model import KeyReference, Resource, Status


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which object: kind, namespace, name."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, wanted: Resource) -> Key:
        """The key of an object."""
        return cls.named(wanted.kind, wanted.metadata.namespace, wanted.metadata.name)

    @classmethod
    def named(cls, kind: str, namespace: str, name: str) -> Key:
        """A key to keep: thousands share the words that are the same in all of them."""
        return cls(sys.intern(kind), sys.intern(namespace), name)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is at hand of each object without reading it; a kind adds what its own scans need.

    There are as many as objects: a field costs eight bytes each time, a text of its own more.

    Attributes:
        ready: the status of its condition Ready; Unknown without one.
        is_held: whether our finalizer holds it.
    """

    key: Key
    uid: str
    ready: str
    is_held: bool

    @property
    def groups(self) -> tuple[str, ...]:
        """What objects of the kind are found together by."""
        return ()

    @classmethod
    def of(cls, wanted: Resource, **more: Any) -> Self:  # noqa: ANN401 - the fields that a kind adds
        """The digest of an object."""
        ready = wanted.status.condition(ConditionType.READY)
        return cls(
            key=Key.of(wanted),
            uid=wanted.metadata.uid,
            ready=sys.intern(ready.status if ready else "Unknown"),
            is_held=wanted.metadata.is_held,
            **more,
        )


class FirstSeen(Enum):
    """How this leadership came to know an object."""

    LISTED = "listed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Now:
    """A moment: `monotonic` in seconds for periods, `utc` for what people read."""

    monotonic: float
    utc: datetime


class Clock(Protocol):
    """What time it is."""

    def now(self) -> Now:
        """This moment."""


class ObjectConflict(Exception):  # noqa: N818 - a meaning, not a fault
    """The object changed or went since we looked: look again."""


class ObjectsUnavailable(Exception):  # noqa: N818 - a meaning, not a fault
    """The API server did not take a write: it is away, overloaded, or refuses it for now."""


class FenceClosed(Exception):  # noqa: N818 - a meaning, not a fault
    """This process may not act any more: its lease is over or about to be."""


class Objects(Protocol):
    """The cluster's objects as we know them, and the only ways to change them."""

    def get(self, key: Key) -> Resource | None:
        """The object, if it is there."""

    def first_seen(self, key: Key) -> FirstSeen:
        """How this leadership came to know the object."""

    def referrers(self, key: Key) -> Iterable[Digest]:
        """The objects that name it in their spec."""

    def of_kind(self, kind: str) -> Iterable[Digest]:
        """All objects of a kind."""

    def grouped(self, kind: str, group: str) -> Iterable[Digest]:
        """The objects of a kind whose digests are in that group."""

    async def write_status(self, wanted: Resource, status: Status) -> Resource | None:
        """Replace the status if the object is still what we saw; its new state, None if it went.

        Raises:
            ObjectConflict: it is not what we saw any more.
            ObjectsUnavailable: the API server did not take it.
        """

    async def write_metadata(
        self,
        wanted: Resource,
        *,
        held: bool,
        annotations: Mapping[str, str | None] | None = None,
    ) -> Resource | None:
        """Set or take off our finalizer and set annotations, else as `write_status`.

        Of an annotation None takes it away.
        """

    async def delete(self, wanted: Resource) -> Resource | None:
        """Ask for its deletion if it is still what we saw, else as `write_status`.

        Returns:
            The object while somebody's finalizer holds it; None if it is gone.
        """


class SecretProblem(Exception):  # noqa: N818 - a meaning, not a fault
    """A Secret or ConfigMap, or a key of it, is not there, or may not be read."""

    def __init__(
        self,
        message: str,
        *,
        kind: str = "Secret",
        key_missing: bool = False,
        forbidden: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.key_missing = key_missing
        self.forbidden = forbidden


@dataclass(frozen=True, slots=True)
class Entries:
    """All that a Secret or ConfigMap holds.

    Attributes:
        values: by key, as they are; None for one that is not text.
        changed_at: when somebody last wrote it; None when the API server does not tell.
    """

    values: Mapping[str, SecretStr | None]
    changed_at: datetime | None = None


class KeyValues(Protocol):
    """Single values of Secrets and ConfigMaps, read when needed and kept for a short time."""

    async def secret(
        self, namespace: str, reference: KeyReference, *, fresh: bool = False
    ) -> SecretStr:
        """The value of a Secret's key; SecretProblem or ObjectsUnavailable otherwise."""

    async def config(self, namespace: str, reference: KeyReference) -> str:
        """The value of a ConfigMap's key, else as `secret`."""


class Secrets(KeyValues, Protocol):
    """The same, and whole Secrets and ConfigMaps."""

    async def entries(
        self, kind: Literal["Secret", "ConfigMap"], namespace: str, name: str
    ) -> Entries:
        """All of it, read now and kept nowhere; SecretProblem or ObjectsUnavailable otherwise."""


class Fence(Protocol):
    """Whether this process may act."""

    def check(self) -> None:
        """Raise FenceClosed unless the lease lasts long enough for one more request."""

    @property
    def writer(self) -> str:
        """Who writes: this process and this term of its leadership."""

    @property
    def since(self) -> float:
        """When this term began, in monotonic seconds."""


class Events(Protocol):
    """What has happened, told once."""

    def publish(
        self, wanted: Resource, reason: str, message: str, *, kind: Literal["Normal", "Warning"]
    ) -> None:
        """Tell it beside the object; never fails, never waits."""


class Meter(Protocol):
    """What reconciling measures."""

    def reconciled(self, kind: str, result: str, seconds: float) -> None:
        """One look at one object ended."""
