"""An object as it came from the API server, and as the model reads it; it asks nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.test_execution import TestExecution
from execution_operator.cli.tex.mistakes import Trouble

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A run: `raw` is what people get with `-o`, `run` is what is decided by."""

    run: TestExecution
    raw: Json = field(repr=False)

    @property
    def name(self) -> str:
        """Its metadata.name."""
        return self.run.metadata.name

    @property
    def namespace(self) -> str:
        """Its metadata.namespace."""
        return self.run.metadata.namespace


def read_run(raw: Json) -> Found:
    """Read a TestExecution.

    Raises:
        Trouble: it is one of another version of the product.
    """
    try:
        run = TestExecution.model_validate(raw)
    except ValidationError as exc:
        raise _unknown(raw, exc) from exc
    # List items come without a kind.
    shown: Json = {"apiVersion": "execution-operator.io/v1alpha1", "kind": "TestExecution"} | raw
    shown["metadata"] = {
        key: value for key, value in raw["metadata"].items() if key != "managedFields"
    }
    return Found(run, shown)


def read_server(raw: Json) -> ExecutionServer:
    """Read an ExecutionServer; raises as `read_run`."""
    try:
        return ExecutionServer.model_validate(raw)
    except ValidationError as exc:
        raise _unknown(raw, exc) from exc


def _unknown(raw: Json, exc: ValidationError) -> Trouble:
    where = ".".join(map(str, exc.errors(include_url=False, include_input=False)[0]["loc"]))
    name = raw.get("metadata", {}).get("name", "")
    text = f'cannot understand "{name}" ({where}): is this command older than the operator?'
    return Trouble(text)
