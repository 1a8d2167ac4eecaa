"""From flags or a file to the TestExecution that is created; pure, it asks nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from execution_operator.api.model import API_VERSION
from execution_operator.cli.tex.mistakes import Trouble

Json = dict[str, Any]

KIND: Final = "TestExecution"
_LONGEST_BASE: Final = 57
_ASSET_ID: Final = re.compile(
    r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_ONE_ATTEMPT_ONLY: Final = frozenset({"adopt", "cancel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the flags of `run` say; the values of `variables` are never in its repr."""

    server: str
    project: str
    asset: str
    revision: str
    name: str | None = None
    environment: str | None = None
    tags: tuple[str, ...] = ()
    variables: Variables | None = None
    scheduled_in: str | None = None
    scheduled_at: str | None = None


class Variables(dict[str, str]):
    """Variables by name; their values may be secrets, so the repr shows none."""

    def __repr__(self) -> str:
        """Names only."""
        return f"Variables({', '.join(self)})"


def from_flags(asked: Asked) -> Json:
    """The object that the flags ask for, without a namespace."""
    spec: Json = {
        "serverRef": {"name": asked.server},
        "project": _project(asked.project),
        "testAsset": {**_asset(asked.asset), "revision": asked.revision},
    }
    parts = (
        ("environment", asked.environment),
        ("tags", list(asked.tags)),
        ("variables", dict(asked.variables or {})),
        ("scheduled", _scheduled(asked)),
    )
    spec |= {name: value for name, value in parts if value}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": _named(asked.name, asked.asset),
        "spec": spec,
    }


def from_text(text: str, *, source: str, name: str | None, namespace: str | None) -> Json:
    """The one TestExecution of a YAML or JSON text, with the fields that a new one has.

    Raises:
        Trouble: there is not exactly one, or it names another namespace than the caller.
    """
    found = _only_document(text, source)
    if found.get("kind") != KIND or found.get("apiVersion") != API_VERSION:
        what = f"{found.get('apiVersion')} {found.get('kind')}"
        message = f"{source} holds a {what}: give one {KIND} of {API_VERSION}"
        raise Trouble(message)
    meta = found.get("metadata")
    meta = dict(meta) if isinstance(meta, dict) else {}
    if namespace and meta.get("namespace") not in {None, namespace}:
        message = (
            f'{source} is for namespace "{meta["namespace"]}", not "{namespace}": give the same'
        )
        raise Trouble(message)
    if name:
        meta = {key: value for key, value in meta.items() if key != "generateName"} | {"name": name}
    elif not meta.get("name") and not meta.get("generateName"):
        meta |= _named(None, _asset_of(found))
    return {key: value for key, value in found.items() if key != "status"} | {"metadata": meta}


def again(found: Json, name: str | None) -> Json:
    """A new object with the spec of one that is there.

    What is about that one run alone (adopt, cancel, a moment that has passed) is left out, and
    so are its labels: they say who applied the old one, and would have it removed again.
    """
    spec = {key: value for key, value in found["spec"].items() if key not in _ONE_ATTEMPT_ONLY}
    if "at" in spec.get("scheduled", {}):
        del spec["scheduled"]
    old = found["metadata"]
    base = old.get("generateName") or f"{old['name'][:_LONGEST_BASE]}-"
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name} if name else {"generateName": base},
        "spec": spec,
    }


def read_variables(given: tuple[str, ...]) -> Variables:
    """From `name=value` pairs.

    Raises:
        Trouble: one has no name or no equals sign; its value is not repeated.
    """
    variables = Variables()
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            message = f'--var "{key}" has no value: write --var name=value'
            raise Trouble(message if not sign else "--var has no name: write --var name=value")
        variables[key] = value
    return variables


def _only_document(text: str, source: str) -> Json:
    try:
        found = [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        message = f"{source} is not YAML{where}"
        raise Trouble(message) from exc
    if len(found) != 1:
        message = f"{source} holds {len(found) or 'no'} objects: give one {KIND}"
        raise Trouble(message)
    if not isinstance(found[0], dict):
        message = f"{source} holds no object: give one {KIND}"
        raise Trouble(message)
    return found[0]


def _project(given: str) -> Json:
    how, rest = _said(given)
    if how:
        return {how: rest}
    return {"id": given} if given.isascii() and given.isdigit() else {"name": given}


def _asset(given: str) -> Json:
    how, rest = _said(given)
    if how:
        return {"assetId" if how == "id" else "name": rest}
    return {"assetId": given} if _ASSET_ID.fullmatch(given) else {"name": given}


def _said(given: str) -> tuple[str, str]:
    """Whether `id:…` or `name:…` says what it is, and the rest."""
    how, _, rest = given.partition(":")
    return (how, rest) if how in {"id", "name"} and rest else ("", given)


def _asset_of(found: Json) -> str:
    spec = found.get("spec")
    asset = spec.get("testAsset") if isinstance(spec, dict) else None
    return str(asset.get("name") or "run") if isinstance(asset, dict) else "run"


def _scheduled(asked: Asked) -> Json:
    if asked.scheduled_in:
        return {"in": asked.scheduled_in}
    return {"at": asked.scheduled_at} if asked.scheduled_at else {}


def _named(name: str | None, asset: str) -> Json:
    return {"name": name} if name else {"generateName": f"{_base(asset)}-"}


def _base(asset: str) -> str:
    """From `Shop/Tests/Smoke Test.testsuite` to `smoke-test`; `run` for an id."""
    _, path = _said(asset)
    if _ASSET_ID.fullmatch(path):
        return "run"
    stem = path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    words = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:_LONGEST_BASE].strip("-")
    return words if _NAME.fullmatch(words) else "run"
