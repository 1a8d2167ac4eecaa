"""From the models to CustomResourceDefinitions: structural schema, CEL rules, columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from execution_operator.api.docker_host import DockerHost
from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.model import API_VERSION, GROUP, VERSION
from execution_operator.api.static_agent import StaticAgent
from execution_operator.api.test_execution import TestExecution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.api.model import Resource

Json = dict[str, Any]

_KEPT: Final = frozenset(
    {
        "type",
        "format",
        "pattern",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "maxProperties",
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """A printer column; wide ones show with `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """What a kind's CustomResourceDefinition says beside its schema."""

    model: type[Resource]
    plural: str
    short: str
    columns: tuple[Column, ...]

    @property
    def kind(self) -> str:
        """The kind's name."""
        return self.model.__name__


_AGE: Final = Column("Age", ".metadata.creationTimestamp", "date")
_READY: Final = Column("Ready", '.status.conditions[?(@.type=="Ready")].status')
_REASON: Final = Column("Reason", '.status.conditions[?(@.type=="Ready")].reason')

EXECUTION_SERVERS: Final = Definition(
    ExecutionServer,
    "executionservers",
    "exs",
    (
        _READY,
        _REASON,
        Column("URL", ".status.url"),
        Column("Active", ".status.activeRuns", "integer"),
        Column("Waiting", ".status.waitingRuns", "integer", wide=True),
        Column("Space", ".status.space.name", wide=True),
        _AGE,
    ),
)
TEST_EXECUTIONS: Final = Definition(
    TestExecution,
    "testexecutions",
    "tex",
    (
        Column("Phase", ".status.phase"),
        Column("Verdict", ".status.verdict"),
        Column("Server", ".spec.serverRef.name"),
        Column("Asset", ".status.asset", wide=True),
        Column("Execution", ".status.execution.id", wide=True),
        Column("Started", ".status.startTime", "date"),
        Column("Duration", ".status.duration", wide=True),
        _AGE,
    ),
)
STATIC_AGENTS: Final = Definition(
    StaticAgent,
    "staticagents",
    "sag",
    (
        _READY,
        _REASON,
        Column("State", ".status.state"),
        Column("Version", ".status.version"),
        Column("Projects", ".status.projectCount", "integer"),
        Column("Host", ".spec.hostName", wide=True),
        Column("Server", ".spec.serverRef.name", wide=True),
        _AGE,
    ),
)
DOCKER_HOSTS: Final = Definition(
    DockerHost,
    "dockerhosts",
    "dkh",
    (
        _READY,
        _REASON,
        Column("Connection", ".status.connection.status"),
        Column("Version", ".status.info.version"),
        Column("Projects", ".status.projectCount", "integer"),
        Column("Host", ".spec.hostName", wide=True),
        Column("Address", ".spec.ipAddress", wide=True),
        Column("Server", ".spec.serverRef.name", wide=True),
        _AGE,
    ),
)
# Each of these is watched, so it needs a module in kinds/.
DEFINITIONS: Final = (EXECUTION_SERVERS, TEST_EXECUTIONS, STATIC_AGENTS, DOCKER_HOSTS)


def definition(kind: Definition) -> Json:
    """The CustomResourceDefinition of a kind, as JSON."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.kind.lower(),
                "shortNames": [kind.short],
                "categories": ["execution"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_column(column) for column in kind.columns],
                    "schema": {"openAPIV3Schema": _schema_of(kind.model)},
                }
            ],
        },
    }


def render(kinds: Iterable[Definition] = DEFINITIONS) -> str:
    """The definitions as one YAML stream, the same text for the same models."""
    return "---\n".join(
        yaml.safe_dump(definition(kind), sort_keys=False, allow_unicode=True, width=100)
        for kind in kinds
    )


def _column(column: Column) -> Json:
    shown: Json = {"name": column.name, "type": column.type, "jsonPath": column.path}
    return shown | {"priority": 1} if column.wide else shown


def _schema_of(model: type[Resource]) -> Json:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    properties, shared = schema["properties"], schema.get("$defs", {})
    status = _structural(properties["status"], shared)
    status["default"] = {"observedGeneration": -1}
    return {
        "description": schema["description"],
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"Always {API_VERSION}."},
            "kind": {"type": "string", "description": f"Always {model.__name__}."},
            "metadata": {"type": "object"},
            "spec": _structural(properties["spec"], shared),
            "status": status,
        },
    }


def _structural(schema: Json, shared: Json) -> Json:
    """The same schema without references, unions with null, titles and defaults.

    Defaults are left out because one inside an atomic list or a map never comes to rest under
    GitOps; the description of a field says what holds when it is omitted.
    """
    schema = _resolved(schema, shared)
    kept: Json = {"description": " ".join(schema.get("description", "").split())}
    kept |= {key: value for key, value in schema.items() if key in _KEPT}
    kept |= {key: value for key, value in schema.items() if key.startswith("x-kubernetes-")}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if "properties" in schema:
        kept["properties"] = {
            name: _structural(part, shared) for name, part in schema["properties"].items()
        }
    if "required" in schema:
        kept["required"] = schema["required"]
    if "items" in schema:
        kept["items"] = _structural(schema["items"], shared)
    if kept.get("type") == "array":
        kept.setdefault("x-kubernetes-list-type", "atomic")
    if isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = _structural(schema["additionalProperties"], shared)
    return {key: value for key, value in kept.items() if value != ""}


def _resolved(schema: Json, shared: Json) -> Json:
    """The schema with its reference or its one type that is not null put in its place."""
    merged = dict(schema)
    while (inner := _inner(merged, shared)) is not None:
        outer = {key: value for key, value in merged.items() if key not in {"$ref", "anyOf"}}
        rules = [
            *inner.get("x-kubernetes-validations", ()),
            *outer.get("x-kubernetes-validations", ()),
        ]
        merged = inner | outer
        if rules:
            merged["x-kubernetes-validations"] = rules
    return merged


def _inner(schema: Json, shared: Json) -> Json | None:
    if "$ref" in schema:
        found: Json = shared[schema["$ref"].rpartition("/")[2]]
        return found
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            chosen: Json = option
            return chosen
    return None
