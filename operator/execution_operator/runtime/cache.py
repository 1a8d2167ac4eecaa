"""The cluster's objects as last heard of, and who names whom; knows no API server.

They are kept as bytes with a digest each: only what is looked at is a model.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from pydantic import ValidationError

from execution_operator.reconcile.ports import Digest, FirstSeen, Key
from execution_operator.runtime.compact import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from execution_operator.api.model import Resource
    from execution_operator.reconcile.worker import AnyKind

_log = structlog.stdlib.get_logger(__name__)

Place = TypeVar("Place", bound="Hashable")

_REMEMBERED: Final = 1000
"""How many of those that went are remembered: more than requests can be under way at a time."""


_OPEN: Final = 64
"""How many are kept as models, too: those that are looked at again and again, such as servers."""


@dataclass(frozen=True, slots=True)
class _Entry:
    digest: Digest
    packed: bytes
    version: int
    first_seen: FirstSeen


class ObjectCache:
    """Objects by key; wakes whom a change concerns.

    What an object names is woken by `wake_soon`: a server that a thousand runs name need not be
    looked at a thousand times while they start. `heard` gets each new state before anybody is
    woken by it.
    """

    def __init__(
        self,
        kinds: Mapping[str, AnyKind],
        wake: Callable[[Key], None],
        *,
        wake_soon: Callable[[Key], None] | None = None,
        gone: Callable[[Key], None] | None = None,
        heard: Callable[[Digest], None] = lambda _: None,
    ) -> None:
        self._kinds = kinds
        self._wake = wake
        self._wake_soon = wake_soon or wake
        self._gone = gone
        self._heard = heard
        self._entries: dict[Key, _Entry] = {}
        self._open: OrderedDict[Key, Resource] = OrderedDict()
        self._unreadable: set[str] = set()
        self._deleted: OrderedDict[str, None] = OrderedDict()
        self._referrers: defaultdict[Key, set[Key]] = defaultdict(set)
        self._groups: defaultdict[tuple[str, str], set[Key]] = defaultdict(set)

    def get(self, key: Key) -> Resource | None:
        """The object, if it is there."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if key in self._open:
            self._open.move_to_end(key)
            return self._open[key]
        model: type[Resource] = self._kinds[key.kind].model
        return self._opened(entry.digest.key, unpack(model, entry.packed))

    def digest(self, key: Key) -> Digest | None:
        """What is at hand of the object, if it is there."""
        entry = self._entries.get(key)
        return entry.digest if entry else None

    def first_seen(self, key: Key) -> FirstSeen:
        """How it was first heard of; LISTED when in doubt."""
        entry = self._entries.get(key)
        return entry.first_seen if entry else FirstSeen.LISTED

    def referrers(self, key: Key) -> Iterable[Digest]:
        """The objects that name it."""
        return [self._entries[one].digest for one in self._referrers.get(key, ())]

    def of_kind(self, kind: str) -> Iterable[Digest]:
        """All objects of a kind."""
        return [entry.digest for key, entry in self._entries.items() if key.kind == kind]

    def grouped(self, kind: str, group: str) -> Iterable[Digest]:
        """The objects of a kind whose digests are in that group."""
        return [self._entries[one].digest for one in self._groups.get((kind, group), ())]

    def keys(self, kind: str) -> list[Key]:
        """The keys of a kind's objects."""
        return [key for key in self._entries if key.kind == kind]

    def digests(self) -> Iterable[Digest]:
        """All objects."""
        return [entry.digest for entry in self._entries.values()]

    def has_heard_of(self, key: Key, uid: str) -> bool:
        """Whether the watch gave the object, readable or not."""
        return key in self._entries or uid in self._unreadable

    def put(self, raw: Mapping[str, Any], *, first_seen: FirstSeen) -> Resource | None:
        """Take in an object as a watch gave it; an older state than ours is ignored.

        Returns:
            The object as it is known now; None if it is gone or cannot be read.
        """
        meta = raw["metadata"]
        key, version = _key(raw), int(meta.get("resourceVersion") or 0)
        if meta["uid"] in self._deleted:
            return None
        before = self._entries.get(key)
        if before is not None and version <= before.version:
            return self.get(key)
        resource = self._read(raw)
        if resource is None:
            return None
        digest = self._kinds[key.kind].digest(resource)
        if before is not None:
            if before.digest.uid == digest.uid:
                first_seen = before.first_seen
            else:
                self._forget(before.digest)
        self._entries[digest.key] = _Entry(digest, pack(raw), version, first_seen)
        self._opened(digest.key, resource)
        self._changed(before.digest if before else None, digest)
        return resource

    def put_answer(self, raw: Mapping[str, Any]) -> Resource | None:
        """Take in the answer to a write of ours, else as `put`.

        It may come after the watch told of the object's end: so it makes nothing known anew.
        """
        meta = raw["metadata"]
        before = self._entries.get(_key(raw))
        if before is None or before.digest.uid != meta["uid"]:
            return None
        return self.put(raw, first_seen=before.first_seen)

    def drop(self, raw: Mapping[str, Any]) -> None:
        """The API server said that the object is gone: what is still under way of it is old."""
        meta = raw["metadata"]
        self._deleted[meta["uid"]] = None
        if len(self._deleted) > _REMEMBERED:
            self._deleted.popitem(last=False)
        self.drop_key(_key(raw), uid=meta["uid"])

    def drop_key(self, key: Key, *, uid: str) -> None:
        """The object of that uid is gone; a younger one of the same name stays."""
        entry = self._entries.get(key)
        if entry is None or entry.digest.uid != uid:
            return
        del self._entries[key]
        self._open.pop(key, None)
        self._changed(entry.digest, None)
        self._forget(entry.digest)

    def _read(self, raw: Mapping[str, Any]) -> Resource | None:
        model: type[Resource] = self._kinds[raw["kind"]].model
        try:
            return model.model_validate(raw, by_alias=True)
        except ValidationError as exc:
            meta = raw.get("metadata", {})
            self._unreadable.add(meta.get("uid", ""))
            _log.error(
                "cannot read object: does it match the installed CRD?",
                object=f"{raw['kind']} {meta.get('namespace')}/{meta.get('name')}",
                cause="; ".join(
                    f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
                    for error in exc.errors(include_input=False)[:5]
                ),
            )
            return None

    def _opened(self, key: Key, resource: Resource) -> Resource:
        self._open[key] = resource
        self._open.move_to_end(key)
        if len(self._open) > _OPEN:
            self._open.popitem(last=False)
        return resource

    def _forget(self, digest: Digest) -> None:
        self._kinds[digest.key.kind].forget(digest)
        if self._gone is not None:
            self._gone(digest.key)

    def _changed(self, before: Digest | None, after: Digest | None) -> None:
        now = after or before
        if now is None:
            return
        key, kind = now.key, self._kinds[now.key.kind]
        old = frozenset(kind.references(before) if before else ())
        new = frozenset(kind.references(after) if after else ())
        _moved(self._referrers, key, old, new)
        _moved(self._groups, key, _groups(before), _groups(after))
        if after is not None:
            self._heard(after)
            self._wake(key)
        if kind.wakes_referrers(before, after):
            for one in tuple(self._referrers.get(key, ())):
                self._wake(one)
        if kind.wakes_references(before, after):
            for named in old | new:
                self._wake_soon(named)


def _groups(known: Digest | None) -> frozenset[tuple[str, str]]:
    if known is None:
        return frozenset()
    return frozenset((known.key.kind, one) for one in known.groups)


def _moved(
    index: defaultdict[Place, set[Key]], key: Key, old: frozenset[Place], new: frozenset[Place]
) -> None:
    """Keep the index: the object left some places and came to others; empty ones go."""
    for place in old - new:
        index[place].discard(key)
        if not index[place]:
            del index[place]
    for place in new - old:
        index[place].add(key)


def _key(raw: Mapping[str, Any]) -> Key:
    meta = raw["metadata"]
    return Key(raw["kind"], meta.get("namespace", ""), meta["name"])
