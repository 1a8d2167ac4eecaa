"""Walks the schemas of CustomResourceDefinitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from execution_operator.crds import definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from execution_operator.crds import Definition

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A schema inside a schema, and where: `spec.remoteLocations[].dockerExecution`."""

    path: str
    schema: Json
    is_property: bool


def version_of(kind: Definition) -> Json:
    """The one version of a kind's definition."""
    (version,) = definition(kind)["spec"]["versions"]
    return dict(version)


def schema_of(kind: Definition) -> Json:
    """The schema of a kind."""
    return dict(version_of(kind)["schema"]["openAPIV3Schema"])


def parts(schema: Json, path: str = "", *, is_property: bool = True) -> Iterator[Part]:
    """A schema and all that are in it, at every depth."""
    yield Part(path, schema, is_property)
    for name, inner in schema.get("properties", {}).items():
        yield from parts(inner, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from parts(schema["items"], f"{path}[]", is_property=False)
    if "additionalProperties" in schema:
        yield from parts(schema["additionalProperties"], f"{path}{{}}", is_property=False)


def paths(kind: Definition, is_wrong: Callable[[Part], bool]) -> list[str]:
    """Where it is wrong, below spec and status; the rest is Kubernetes' own."""
    return [
        part.path
        for part in parts(schema_of(kind))
        if part.path.partition(".")[0] in {"spec", "status"} and is_wrong(part)
    ]


def at(kind: Definition, path: str) -> Json:
    """The schema there."""
    return next(part.schema for part in parts(schema_of(kind)) if part.path == path)


def rules(kind: Definition) -> dict[str, list[str]]:
    """The CEL rules by place."""
    return {
        part.path: [rule["rule"] for rule in part.schema["x-kubernetes-validations"]]
        for part in parts(schema_of(kind))
        if "x-kubernetes-validations" in part.schema
    }
