"""The caller's way to the API server: a few requests on our resources, with the caller's rights.

Beside what the operator's own requests need, these watch, name the right that is missing, and get
credentials anew when those ran out: a command may wait for longer than a token lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from kubernetes.aio import client

from execution_operator.cli.tex.kubeconfig import default_namespace, kubeconfig_of
from execution_operator.cli.tex.mistakes import Expired, NotThere, Trouble, Unavailable
from execution_operator.cli.tex.objects import Found, read_run
from execution_operator.cli.tex.refusals import Ask, refusal
from execution_operator.remote.redaction import Redactor, one_line
from execution_operator.runtime.kubernetes_api import NotConfigured, load

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from execution_operator.cli.tex.options import Place

Json = dict[str, Any]

RUNS: Final = "testexecutions"
_REQUEST_SECONDS: Final = 30.0
_WATCH_SECONDS: Final = 60
_UNAUTHORIZED, _GONE = 401, 410
_OK: Final = range(200, 300)
_MERGE_PATCH: Final = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Page:
    """A list as it was at one version."""

    items: tuple[Found, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a watch tells: an object that is there, or was (`gone`); None is a mere bookmark."""

    version: str
    found: Found | None = None
    gone: bool = False


class Cluster:
    """The API server as the caller may use it; `namespace` is the one to use by default."""

    def __init__(self, place: Place, namespace: str) -> None:
        self.namespace = namespace
        self._place = place
        self._api: client.ApiClient | None = None

    async def get(self, namespace: str, name: str) -> Found:
        """One run; raises NotThere."""
        ask = Ask(verb="get", resource=RUNS, namespace=namespace, name=name)
        return read_run(await self._json(ask))

    async def get_raw(self, ask: Ask) -> Json:
        """Any object; raises NotThere."""
        return await self._json(ask)

    async def page(self, namespace: str, *, name: str = "", selector: str = "") -> Page:
        """The runs of a namespace, or of all for an empty one."""
        ask = Ask(verb="list", resource=RUNS, namespace=namespace)
        found = await self._json(ask, query=_selected(name, selector))
        items = tuple(map(read_run, found.get("items", ())))
        return Page(items, found["metadata"].get("resourceVersion", ""))

    async def watch(
        self, namespace: str, version: str, *, name: str = "", selector: str = ""
    ) -> AsyncGenerator[Change]:
        """What changes after that version, for about a minute; a bookmark once it is granted.

        Raises:
            Expired: the version is too old.
            Unavailable: the connection or the API server failed.
        """
        ask = Ask(verb="watch", resource=RUNS, namespace=namespace)
        query = [
            *_selected(name, selector),
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(_WATCH_SECONDS)),
            ("resourceVersion", version),
        ]
        answer = await self._send(ask, query=query, seconds=_WATCH_SECONDS + 15)
        with contextlib.closing(answer.response):
            if answer.status == _GONE:
                raise Expired
            await _require_success(ask, answer)
            yield Change(version)
            with _reached(ask, self._host):
                async for line in answer.response.content:
                    if line.strip():
                        yield _change(ask, json.loads(line), self._host)

    async def create(self, namespace: str, manifest: Json, *, hidden: Redactor) -> Found:
        """Create a run; `hidden` takes values out of what a refusal says."""
        ask = Ask(verb="create", resource=RUNS, namespace=namespace)
        try:
            found = await self._json(
                ask, "POST", query=[("fieldValidation", "Strict")], body=manifest
            )
        except Trouble as trouble:
            raise Trouble(hidden.hide(str(trouble)), code=trouble.code) from None
        return read_run(found)

    async def cancel(self, namespace: str, name: str) -> Found:
        """Ask for a run to be stopped; raises NotThere."""
        ask = Ask(verb="patch", resource=RUNS, namespace=namespace, name=name)
        found = await self._json(ask, "PATCH", body={"spec": {"cancel": True}}, kind=_MERGE_PATCH)
        return read_run(found)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._api is not None:
            await self._api.close()  # type: ignore[no-untyped-call] # the client has no types there

    @property
    def _host(self) -> str:
        return str(self._api.configuration.host) if self._api else "the API server"

    async def _json(
        self,
        ask: Ask,
        method: str = "GET",
        *,
        query: list[tuple[str, str]] | None = None,
        body: Json | None = None,
        kind: str = "application/json",
    ) -> Json:
        answer = await self._send(ask, method, query=query, body=body, kind=kind)
        with contextlib.closing(answer.response):
            await _require_success(ask, answer)
            with _reached(ask, self._host):
                found: Json = json.loads(await answer.read())
        if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
            raise _no_api(self._host)
        return found

    async def _send(  # noqa: PLR0913 - the parts of a request
        self,
        ask: Ask,
        method: str = "GET",
        *,
        query: list[tuple[str, str]] | None = None,
        body: Json | None = None,
        kind: str = "application/json",
        seconds: float = _REQUEST_SECONDS,
    ) -> Any:  # noqa: ANN401 - the client has no types there
        for is_last in (False, True):
            api = self._api = self._api or await self._opened()
            with _reached(ask, self._host):
                method, url, headers, _, _ = await api.param_serialize(
                    method,
                    ask.path,
                    query_params=query or [],
                    header_params={"Accept": "application/json", "Content-Type": kind},
                    auth_settings=["BearerToken"],
                )
                timeout = aiohttp.ClientTimeout(total=seconds)
                answer = await api.call_api(method, url, headers, body, _request_timeout=timeout)
            if answer.status != _UNAUTHORIZED or is_last:
                return answer
            # A token of an exec plug-in lives for minutes, a run for hours.
            answer.response.close()
            await api.close()  # type: ignore[no-untyped-call] # the client has no types there
            self._api = None
        return answer

    async def _opened(self) -> client.ApiClient:
        try:
            configuration = await load(
                kubeconfig_of(self._place), None, context=self._place.context
            )
            return client.ApiClient(configuration)
        except NotConfigured as exc:
            raise Trouble(str(exc)) from exc
        except ssl.SSLError as exc:
            text = "cannot use the kubeconfig's certificates: they are not readable PEM"
            raise Trouble(text) from exc


@contextlib.asynccontextmanager
async def reach(place: Place) -> AsyncIterator[Cluster]:
    """Use the API server that the caller means; nothing is asked of it yet.

    Raises:
        Trouble: no kubeconfig, or not a usable one.
    """
    namespace = place.namespace
    if namespace is None:
        namespace = await asyncio.to_thread(default_namespace, place)
    cluster = Cluster(place, namespace)
    try:
        yield cluster
    finally:
        await cluster.close()


def _selected(name: str, selector: str) -> list[tuple[str, str]]:
    parts = (
        ("fieldSelector", f"metadata.name={name}" if name else ""),
        ("labelSelector", selector),
    )
    return [(key, value) for key, value in parts if value]


async def _require_success(ask: Ask, answer: Any) -> None:  # noqa: ANN401 - the client has no types there
    if answer.status in _OK:
        return
    body = (await answer.read()).decode(errors="replace")
    raise refusal(ask, answer.status, body)


def _no_api(host: str) -> Unavailable:
    return Unavailable(f"{host} answers, but is no Kubernetes API: check the kubeconfig's server")


def _change(ask: Ask, event: Json, host: str) -> Change:
    try:
        found, kind = event["object"], event["type"]
    except (KeyError, TypeError) as exc:
        raise _no_api(host) from exc
    if kind == "ERROR":
        if found.get("code") == _GONE:
            raise Expired
        raise refusal(ask, int(found.get("code") or 0), json.dumps(found))
    version = found.get("metadata", {}).get("resourceVersion", "")
    if kind == "BOOKMARK":
        return Change(version)
    return Change(version, read_run(found), gone=kind == "DELETED")


@contextlib.contextmanager
def _reached(ask: Ask, host: str) -> Any:  # noqa: ANN401 - a generator for the decorator
    try:
        yield
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as exc:
        text = f"cannot trust {host}: check certificate-authority in the kubeconfig"
        raise Trouble(text) from exc
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
        text = f"cannot reach the cluster at {host} to {ask.verb} {ask.resource}: {_cause(exc)}"
        raise Unavailable(text) from exc


def _cause(exc: Exception) -> str:
    match exc:
        case TimeoutError():
            return "no answer in time"
        case ValueError():
            return "what it answers is not JSON"
        case aiohttp.ClientConnectorError():
            return one_line(exc.strerror or "no connection")
        case _:
            return "the connection broke"


@contextlib.asynccontextmanager
async def suggesting(cluster: Cluster) -> AsyncIterator[None]:
    """Say which names are like one that is not there."""
    try:
        yield
    except NotThere as absent:
        if absent.resource != RUNS:
            raise
        try:
            page = await cluster.page(absent.namespace)
        except Trouble:
            raise absent from None
        near = difflib.get_close_matches(absent.name, [found.name for found in page.items])
        hint = f"did you mean {' or '.join(near)}?" if near else f"it has {_some(page)}"
        text = f"{absent}; {hint}"
        raise Trouble(text) from None


def _some(page: Page) -> str:
    if not page.items:
        return "none; give another -n NAMESPACE?"
    names = sorted(found.name for found in page.items)
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")  # noqa: PLR2004 - enough
