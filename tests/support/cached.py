"""Objects as the API server gives them, and a cache of them that tells whom it woke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.static_agent import StaticAgent
from execution_operator.api.test_execution import TestExecution
from execution_operator.kinds.machines import digest as machines
from execution_operator.kinds.test_execution.digest import RunDigest, digest_of
from execution_operator.reconcile.ports import Digest, FirstSeen, Key
from execution_operator.runtime.cache import ObjectCache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.model import Resource

Json = dict[str, Any]


class Named:
    """A kind of which the cache knows whom it names and whom it wakes."""

    def __init__(
        self,
        model: type[Resource],
        *,
        wakes_referrers: bool = False,
        wakes_references: bool = False,
    ) -> None:
        self.model = model
        self.digested: list[Resource] = []
        self.forgotten: list[str] = []
        self._wakes_referrers = wakes_referrers
        self._wakes_references = wakes_references

    def digest(self, wanted: Resource) -> Digest:
        """As the kind makes it; what it was made of is remembered."""
        self.digested.append(wanted)
        if isinstance(wanted, StaticAgent):
            host = wanted.spec.host_name.lower()
            return machines.digest_of(wanted, host=host, state="AVAILABLE")
        return digest_of(wanted) if isinstance(wanted, TestExecution) else Digest.of(wanted)

    def references(self, known: Digest) -> Iterable[Key]:
        """The server of a run."""
        return [known.server_key] if isinstance(known, RunDigest) else []

    def wakes_referrers(self, _before: Digest | None, _after: Digest | None) -> bool:
        """What the test said."""
        return self._wakes_referrers

    def wakes_references(self, _before: Digest | None, _after: Digest | None) -> bool:
        """What the test said."""
        return self._wakes_references

    def forget(self, known: Digest) -> None:
        """Remember that it was to be forgotten."""
        self.forgotten.append(known.uid)


def raw_run(
    version: int = 1, *, uid: str = "u1", server: str = "hub", name: str = "smoke", **spec: Any
) -> Json:
    """A TestExecution on a server."""
    wanted = {
        "serverRef": {"name": server},
        "project": {"id": "7"},
        "testAsset": {"name": "a", "revision": "main"},
    }
    return _raw("TestExecution", name, uid, version) | {"spec": wanted | spec}


def raw_server(version: int = 1, *, name: str = "hub", uid: str = "s1") -> Json:
    """An ExecutionServer."""
    token = {"name": "t", "key": "t"}
    hub = {"url": "https://hub.example.com", "offlineTokenSecretRef": token}
    return _raw("ExecutionServer", name, uid, version) | {"spec": {"testHub": hub}}


def raw_agent(version: int = 1, *, name: str, uid: str, host: str) -> Json:
    """A StaticAgent on a server."""
    wanted = {"serverRef": {"name": "hub"}, "hostName": host}
    return _raw("StaticAgent", name, uid, version) | {"spec": wanted}


def _raw(kind: str, name: str, uid: str, version: int) -> Json:
    return {
        "apiVersion": "execution-operator.io/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": uid,
            "resourceVersion": str(version),
        },
    }


class Known:
    """A cache, its kinds, and whom it woke since it was asked last."""

    def __init__(self, **wakes: bool) -> None:
        self.runs = Named(TestExecution, **wakes)
        self.servers = Named(ExecutionServer, **wakes)
        self._woken: list[Key] = []
        kinds: Any = {
            "TestExecution": self.runs,
            "ExecutionServer": self.servers,
            "StaticAgent": Named(StaticAgent),
        }
        self.gone: list[Key] = []
        self.cache = ObjectCache(kinds, self._woken.append, gone=self.gone.append)

    def put(self, *raws: Json, first_seen: FirstSeen = FirstSeen.LISTED) -> None:
        """Take them in."""
        for raw in raws:
            self.cache.put(raw, first_seen=first_seen)

    def woken(self) -> list[Key]:
        """Whom it woke, in the order of keys."""
        found = sorted(self._woken)
        self._woken.clear()
        return found

    def version(self, key: Key) -> str | None:
        """The version that is known."""
        wanted = self.cache.get(key)
        return wanted.metadata.resource_version if wanted else None

    def referrers(self, key: Key) -> list[str]:
        """The names of those that name it."""
        return [one.key.name for one in self.cache.referrers(key)]
