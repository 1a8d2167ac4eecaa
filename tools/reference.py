"""Writes the reference page of a kind from its schema: every field with type, bounds and rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.model import API_VERSION
from execution_operator.crds import definition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from execution_operator.crds import Definition

Schema = dict[str, Any]

_BOUNDS: Final = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minItems", "at least {} entries"),
    ("maxItems", "at most {} entries"),
    ("maxProperties", "at most {} entries"),
    ("pattern", "matches `{}`"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One field, by its path below spec or status."""

    path: str
    type: str
    bounds: str
    description: str


def page(kind: Definition) -> str:
    """The page of a kind; the same text for the same models."""
    version = definition(kind)["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    lines = [
        f"# {kind.kind}: all fields",
        "",
        "*Generated from the models by `make generate`.*",
        "",
        schema["description"],
        "",
        f"`apiVersion: {API_VERSION}`, `kind: {kind.kind}`, short name `{kind.short}`, namespaced.",
        *_section("spec", schema["properties"]["spec"]),
        *_section("status", schema["properties"]["status"]),
        *_columns(version["additionalPrinterColumns"]),
    ]
    return "\n".join(lines) + "\n"


def _section(name: str, schema: Schema) -> Iterator[str]:
    yield from ("", f"## {name}", "", schema["description"], "")
    yield "| field | type | bounds | meaning |"
    yield "|---|---|---|---|"
    for row in _rows(schema, ""):
        yield f"| `{row.path}` | {row.type} | {row.bounds} | {row.description} |"
    rules = tuple(_rules(schema, name))
    if rules:
        yield from ("", "What the API server refuses beside that:", "")
        yield from (f"- `{place}`: {message}" for place, message in rules)


def _rows(schema: Schema, prefix: str) -> Iterator[Row]:
    required = set(schema.get("required", ()))
    for name, part in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield Row(
            path=path,
            type=_type(part),
            bounds=_cell("; ".join(_bounds(part, is_required=name in required))),
            description=_cell(part.get("description", "")),
        )
        below, mark = _below(part)
        yield from _rows(below, f"{path}{mark}.")


def _below(schema: Schema) -> tuple[Schema, str]:
    """Where a field's own fields are, and how their path shows that there are many of it."""
    if "items" in schema:
        below, mark = _below(schema["items"])
        return below, f"[]{mark}"
    if "additionalProperties" in schema:
        below, mark = _below(schema["additionalProperties"])
        return below, f".*{mark}"
    return schema, ""


def _type(schema: Schema) -> str:
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map to {_type(schema['additionalProperties'])}"
    if "enum" in schema:
        return _cell(" or ".join(f"`{one}`" for one in schema["enum"]))
    return "time" if schema.get("format") == "date-time" else str(schema["type"])


def _bounds(schema: Schema, *, is_required: bool) -> Iterator[str]:
    if is_required:
        yield "required"
    if schema.get("minLength") == 1:
        yield "not empty"
    told = {key: value for key, value in schema.items() if (key, value) != ("minLength", 1)}
    yield from (text.format(told[key]) for key, text in _BOUNDS if key in told)
    inner = schema.get("items", schema.get("additionalProperties"))
    if inner is not None:
        yield from (f"each {one}" for one in _bounds(inner, is_required=False))


def _rules(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    for rule in schema.get("x-kubernetes-validations", ()):
        yield path + rule.get("fieldPath", ""), rule["message"]
    below, mark = _below(schema)
    if below is not schema:
        yield from _rules(below, path + mark)
    for name, part in schema.get("properties", {}).items():
        yield from _rules(part, f"{path}.{name}")


def _columns(columns: Iterable[Schema]) -> Iterator[str]:
    yield from ("", "## Columns of `kubectl get`", "")
    yield "| column | shows | |"
    yield "|---|---|---|"
    for one in columns:
        wide = "with `-o wide`" if one.get("priority") else ""
        yield f"| {one['name']} | `{one['jsonPath']}` | {wide} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
