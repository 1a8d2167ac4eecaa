"""Plain requests to the API server, JSON in and out; knows no resource.

The generated methods and models of the client are not used: to import those of the core group
alone takes more memory than the rest of the operator, and they check each argument with pydantic
and copy the body, a third of what a write costs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from kubernetes.aio.client.exceptions import ApiException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubernetes.aio import client

REQUEST_SECONDS: Final = 30.0
_JSON: Final = "application/json"
_JSON_PATCH: Final = "application/json-patch+json"


def core_path(*segments: str) -> str:
    """The path of a resource of the core group: `namespaces`, the name, and so on."""
    return _path("/api/v1", segments)


def group_path(group: str, version: str, *segments: str) -> str:
    """The path of a resource of another group."""
    return _path(f"/apis/{group}/{version}", segments)


def objects_path(group: str, version: str, namespace: str, plural: str, *more: str) -> str:
    """The path of a namespaced resource; of all namespaces where the namespace is empty."""
    place = ("namespaces", namespace) if namespace else ()
    return group_path(group, version, *place, plural, *more)


def _path(root: str, segments: tuple[str, ...]) -> str:
    return "/".join((root, *(quote(one, safe="") for one in segments)))


class ApiServer:
    """Sends requests with the client's configuration, credentials and connections.

    All methods return the answer's JSON and raise ApiException for an answer that is an error,
    aiohttp.ClientError or TimeoutError where there is none.
    """

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api

    async def get(
        self, path: str, *, query: Mapping[str, str] | None = None, accept: str = _JSON
    ) -> dict[str, Any]:
        """Read an object or a list."""
        asked = f"?{urlencode(query)}" if query else ""
        return await self._send("GET", path + asked, {"Accept": accept})

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object in a collection."""
        return await self._send("POST", path, {"Accept": _JSON, "Content-Type": _JSON}, body)

    async def replace(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Replace an object."""
        return await self._send("PUT", path, {"Accept": _JSON, "Content-Type": _JSON}, body)

    async def patch(self, path: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
        """Send a JSON patch."""
        headers = {"Accept": _JSON, "Content-Type": _JSON_PATCH}
        return await self._send("PATCH", path, headers, operations)

    async def delete(self, path: str, *, preconditions: dict[str, str]) -> dict[str, Any]:
        """Delete an object that meets the preconditions, else 409; the object, or a Status."""
        headers = {"Accept": _JSON, "Content-Type": _JSON}
        return await self._send("DELETE", path, headers, {"preconditions": preconditions})

    async def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        _, url, sent, _, _ = await self._api.param_serialize(
            method, path, header_params=headers, auth_settings=["BearerToken"]
        )
        answer = await self._api.call_api(method, url, sent, body, _request_timeout=REQUEST_SECONDS)
        content: bytes = await answer.read()  # type: ignore[no-untyped-call] # the client has no types there
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's classes
            text = content.decode(errors="replace")
            raise ApiException.from_response(http_resp=answer, body=text, data=None)
        found: dict[str, Any] = json.loads(content)
        return found
