"""A namespace of the test's own on the real API server, and what is done in it as its admin."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.connector import NEEDS_CLEANUP_CLOSED
from kubernetes.aio import client, config, watch

from execution_operator.crds import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

GROUP, VERSION = "execution-operator.io", "v1alpha1"
PLURALS = {one.kind: one.plural for one in DEFINITIONS}
PATIENCE_SECONDS = 40.0
_WATCH_SECONDS = 60
_AGAIN_SECONDS = 0.25

Json = dict[str, Any]


async def until(look: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until `look` gives something true, and return that; fail after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                found = look()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.02)
    except TimeoutError:
        msg = f"never seen: {what}"
        raise AssertionError(msg) from None


async def _now_and_then(changes: watch.Watch) -> AsyncIterator[Json | None]:
    """What comes until the watch ends, and None whenever nothing has come for a while."""
    coming: asyncio.Future[Json | None] = asyncio.ensure_future(anext(changes, None))
    try:
        while True:
            await asyncio.wait({coming}, timeout=_AGAIN_SECONDS)
            if not coming.done():
                yield None
            elif (event := coming.result()) is None:
                return
            else:
                coming = asyncio.ensure_future(anext(changes, None))
                yield event
    finally:
        coming.cancel()
        await asyncio.wait({coming})


@asynccontextmanager
async def connected(kubeconfig: Path) -> AsyncIterator[client.ApiClient]:
    """A client of the API server, of which nothing is open any more when it ends.

    Until Python 3.12.8 a TLS connection that is closed waits for its other side, and outlives an
    event loop that ends meanwhile; so it is with each watch that was left.
    """
    configuration = client.Configuration()
    await config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
    async with client.ApiClient(configuration) as opened:
        context = opened.rest_client.ssl_context
        connector = aiohttp.TCPConnector(ssl=context, enable_cleanup_closed=NEEDS_CLEANUP_CLOSED)
        opened.rest_client.configuration.client_session_kwargs = {"connector": connector}
        try:
            yield opened
        finally:
            await connector.close(abort_ssl=True)


@dataclass(frozen=True)
class Namespace:
    """A namespace and the objects in it."""

    name: str
    api: client.ApiClient

    @property
    def custom(self) -> client.CustomObjectsApi:
        return client.CustomObjectsApi(self.api)

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.api)

    async def secret(self, name: str, **data: str) -> None:
        body = client.V1Secret(metadata=client.V1ObjectMeta(name=name), string_data=data)
        await self.core.create_namespaced_secret(self.name, body)

    async def change_secret(self, name: str, **data: str) -> None:
        await self.core.patch_namespaced_secret(
            name,
            self.name,
            {"stringData": data},
            _content_type="application/merge-patch+json",
        )

    async def config_map(self, name: str, **data: str) -> None:
        body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name), data=data)
        await self.core.create_namespaced_config_map(self.name, body)

    async def create(self, kind: str, name: str, spec: Json, **meta: Any) -> Json:
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": kind,
            "metadata": {"name": name} | meta,
            "spec": spec,
        }
        return await self.custom.create_namespaced_custom_object(
            GROUP, VERSION, self.name, PLURALS[kind], body
        )

    async def server(self, url: str, name: str = "hub", token: str = "hub-token", **more: Any):
        spec = {
            "testHub": {"url": url, "offlineTokenSecretRef": {"name": token, "key": "token"}},
            "allowPlainHTTP": True,
            "pollInterval": "200ms",
            "rateLimit": {"requestsPerSecond": 500, "burst": 1000},
        }
        return await self.create("ExecutionServer", name, spec | more)

    async def run(self, name: str, asset: str = "Shop/Tests/Smoke.testsuite", **more: Any) -> Json:
        spec = {
            "serverRef": {"name": "hub"},
            "project": {"id": "1050"},
            "testAsset": {"name": asset, "revision": "main"},
        }
        return await self.create("TestExecution", name, spec | more)

    async def get(self, kind: str, name: str) -> Json | None:
        try:
            return await self.custom.get_namespaced_custom_object(
                GROUP, VERSION, self.name, PLURALS[kind], name
            )
        except client.ApiException as exc:
            if exc.status != 404:
                raise
            return None

    async def patch(self, kind: str, name: str, change: Json) -> Json:
        return await self.custom.patch_namespaced_custom_object(
            GROUP,
            VERSION,
            self.name,
            PLURALS[kind],
            name,
            change,
            _content_type="application/merge-patch+json",
        )

    async def delete(self, kind: str, name: str) -> None:
        await self.custom.delete_namespaced_custom_object(
            GROUP, VERSION, self.name, PLURALS[kind], name
        )

    async def wait(
        self,
        kind: str,
        name: str,
        what: str,
        holds: Callable[[Json], Any],
        seconds: float = PATIENCE_SECONDS,
    ) -> Json:
        """The object as it is, or comes to be, when something holds for it: no state is missed.

        What holds may also look at other things than the object: it is asked now and then.
        """
        found = await self._first(
            kind, name, what, lambda one: one is not None and holds(one), seconds
        )
        assert found is not None
        return found

    async def gone(self, kind: str, name: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until there is no such object."""
        await self._first(kind, name, "gone", lambda one: one is None, seconds)

    async def _first(
        self, kind: str, name: str, what: str, holds: Callable[[Json | None], Any], seconds: float
    ) -> Json | None:
        """The first state from now on of which something holds; None is that it is not there."""
        last: Json | None = None
        try:
            async with asyncio.timeout(seconds), aclosing(self._states(kind, name)) as states:
                async for last in states:
                    if holds(last):
                        return last
        except TimeoutError:
            pass
        msg = f"never seen: {what} of {kind} {name}; its status is {(last or {}).get('status')}"
        raise AssertionError(msg)

    async def _states(self, kind: str, name: str) -> AsyncIterator[Json | None]:
        """Each state of an object from now on, and the last one again when nothing happens."""
        place = (GROUP, VERSION, self.name, PLURALS[kind])
        only = {"field_selector": f"metadata.name={name}"}
        while True:
            listed = await self._listed(*place, **only)
            last = next(iter(listed["items"]), None)
            yield last
            version = listed["metadata"]["resourceVersion"]
            async with watch.Watch() as stream:
                changes = stream.stream(
                    self.custom.list_namespaced_custom_object,
                    *place,
                    **only,
                    resource_version=version,
                    timeout_seconds=_WATCH_SECONDS,
                )
                async for event in _now_and_then(changes):
                    if event is not None:
                        last = None if event["type"] == "DELETED" else event["object"]
                    yield last

    async def _listed(self, *place: str, **only: str) -> Json:
        """A list; an API server that has only just begun asks to come again."""
        while True:
            try:
                return await self.custom.list_namespaced_custom_object(*place, **only)
            except client.ApiException as exc:
                if exc.status != HTTPStatus.TOO_MANY_REQUESTS:
                    raise
            await asyncio.sleep(_AGAIN_SECONDS)

    async def phase(self, name: str, *phases: str, **more: float) -> Json:
        return await self.wait(
            "TestExecution",
            name,
            f"phase {' or '.join(phases)}",
            lambda found: found["status"].get("phase") in phases,
            **more,
        )

    async def finished(self, name: str) -> Json:
        """The run once it is over and its object let go."""
        await self.phase(name, "Succeeded", "Failed", "Stopped", "Error", "Lost")
        return await self.wait(
            "TestExecution",
            name,
            "no finalizer",
            lambda found: not found["metadata"].get("finalizers"),
        )

    async def condition(self, kind: str, name: str, type_: str, status: str, reason: str = ""):
        def holds(found: Json) -> bool:
            one = condition(found, type_)
            return one.get("status") == status and reason in {"", one.get("reason")}

        return await self.wait(kind, name, f"{type_}={status} {reason}", holds)

    async def events(self, name: str) -> list[tuple[str, str]]:
        found = await self.core.list_namespaced_event(self.name)
        return [
            (event.type, event.reason)
            for event in found.items
            if event.involved_object.name == name
        ]


def condition(found: Json, type_: str) -> Json:
    """One condition of an object; empty when it is not there."""
    known = found.get("status", {}).get("conditions", ())
    return next((one for one in known if one["type"] == type_), {})
