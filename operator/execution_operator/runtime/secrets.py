"""Values of Secrets and ConfigMaps: read when needed, kept for a short time, never watched."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import SecretStr

from execution_operator.reconcile.ports import (
    Clock,
    Entries,
    ObjectConflict,
    ObjectsUnavailable,
    SecretProblem,
)
from execution_operator.runtime.api_server import core_path
from execution_operator.runtime.kubernetes_api import Refused, translated

if TYPE_CHECKING:
    from execution_operator.api.model import KeyReference
    from execution_operator.runtime.api_server import ApiServer


_PLURALS: Final = {"Secret": "secrets", "ConfigMap": "configmaps"}


@dataclass(frozen=True, slots=True)
class _Kept:
    value: SecretStr
    read_at: float


class ClusterSecrets:
    """The port to Secrets and ConfigMaps; keeps a value for at most `keep_seconds`."""

    def __init__(self, api: ApiServer, *, clock: Clock, keep_seconds: float) -> None:
        self._api = api
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._kept: dict[tuple[str, str, str, str], _Kept] = {}

    async def secret(
        self, namespace: str, reference: KeyReference, *, fresh: bool = False
    ) -> SecretStr:
        """The value of a Secret's key; raises SecretProblem, ObjectsUnavailable."""
        return await self._value("Secret", namespace, reference, fresh=fresh)

    async def config(self, namespace: str, reference: KeyReference) -> str:
        """The value of a ConfigMap's key, else as `secret`."""
        value = await self._value("ConfigMap", namespace, reference, fresh=False)
        return value.get_secret_value()

    async def entries(
        self, kind: Literal["Secret", "ConfigMap"], namespace: str, name: str
    ) -> Entries:
        """All of it, read now and kept nowhere; raises SecretProblem, ObjectsUnavailable."""
        found = await self._object(kind, namespace, name, hint="create it")
        decoded = {
            key: SecretStr(value) if kind == "ConfigMap" else _text(value)
            for key, value in (found.get("data") or {}).items()
        }
        return Entries(decoded, _changed_at(found))

    async def _value(
        self, kind: str, namespace: str, reference: KeyReference, *, fresh: bool
    ) -> SecretStr:
        now = self._clock.now().monotonic
        place = (kind, namespace, reference.name, reference.key)
        kept = self._kept.get(place)
        if kept is not None and not fresh and now - kept.read_at < self._keep_seconds:
            return kept.value
        self._kept.pop(place, None)
        value = await self._read(kind, namespace, reference)
        self._kept[place] = _Kept(value, now)
        return value

    async def _read(self, kind: str, namespace: str, reference: KeyReference) -> SecretStr:
        hint = f"create it with the key {reference.key}"
        found = await self._object(kind, namespace, reference.name, hint=hint)
        return SecretStr(value_in(found.get("data") or {}, kind, reference))

    async def _object(self, kind: str, namespace: str, name: str, *, hint: str) -> dict[str, Any]:
        what = f'{kind} "{name}"'
        path = core_path("namespaces", namespace, _PLURALS[kind], name)
        try:
            async with translated(f"read {what}"):
                return await self._api.get(path)
        except ObjectConflict as exc:
            text = f"cannot find {what}: {hint}"
            raise SecretProblem(text, kind=kind) from exc
        except Refused as exc:
            if exc.status == 403:  # noqa: PLR2004 - HTTP's number
                text = f"may not read {what}: grant the operator get on it"
                raise SecretProblem(text, kind=kind, forbidden=True) from exc
            text = f"cannot read {what}: {exc}"
            raise ObjectsUnavailable(text) from exc


def _text(encoded: str) -> SecretStr | None:
    try:
        return SecretStr(base64.b64decode(encoded).decode())
    except ValueError:
        return None


def _changed_at(found: dict[str, Any]) -> datetime | None:
    """When it was last written, from what the API server keeps of each writer."""
    writers = found.get("metadata", {}).get("managedFields") or ()
    moments = [datetime.fromisoformat(one["time"]) for one in writers if one.get("time")]
    return max(moments) if moments else None


def value_in(data: dict[str, str], kind: str, reference: KeyReference) -> str:
    """The value of a key in the data of a Secret or a ConfigMap.

    Raises:
        SecretProblem: it is not there, empty, or no text.
    """
    what, key = f'{kind} "{reference.name}"', reference.key
    if key not in data:
        text = f'{what} has no key "{key}": it has {", ".join(sorted(data)) or "none"}'
        raise SecretProblem(text, kind=kind, key_missing=True)
    if kind != "Secret":
        return data[key]
    try:
        value = base64.b64decode(data[key]).decode().strip()
    except ValueError as exc:
        text = f'{what} key "{key}" is not text: store it as it was given to you'
        raise SecretProblem(text, key_missing=True) from exc
    if not value:
        text = f'{what} key "{key}" is empty: store a value in it'
        raise SecretProblem(text, key_missing=True)
    return value
