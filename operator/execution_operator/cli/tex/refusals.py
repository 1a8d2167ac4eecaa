"""What is asked of the API server, and what its refusals mean to the caller; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from execution_operator.api.model import GROUP, VERSION
from execution_operator.cli.tex.mistakes import NotThere, Trouble, Unavailable
from execution_operator.remote.redaction import one_line
from execution_operator.runtime.api_server import core_path, objects_path

_TOO_MANY: Final = 429
_CLIENT_ERRORS: Final = range(400, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of the API server, in its own words.

    Attributes:
        verb: as Kubernetes' authorization calls it.
        resource: the plural, such as `testexecutions`.
        namespace: empty for all.
        name: empty for a list.
    """

    verb: str
    resource: str
    group: str = GROUP
    namespace: str = ""
    name: str = ""

    @property
    def path(self) -> str:
        """Where the API server has it."""
        name = (self.name,) if self.name else ()
        if self.group:
            return objects_path(self.group, VERSION, self.namespace, self.resource, *name)
        return core_path("namespaces", self.namespace, self.resource, *name)

    def __str__(self) -> str:
        name = f' "{self.name}"' if self.name else ""
        where = f' in namespace "{self.namespace}"' if self.namespace else " in all namespaces"
        group = f".{self.group}" if self.group else ""
        return f"{self.verb} {self.resource}{group}{name}{where}"


def refusal(ask: Ask, status: int, body: str) -> Trouble:
    """What an answer that is no success means."""
    words = _words(body)
    match status:
        case 401:
            text = "the cluster does not know you: sign in again, or check the kubeconfig's user"
            return Trouble(text)
        case 403 if f"cannot {ask.verb} resource" in words:
            return Trouble(f"you may not {ask}: ask the cluster's admin for that right")
        case 404:
            return _absent(ask, body, words)
        case 409 if ask.verb == "create":
            return Trouble(f"{words or 'it exists already'}: choose another --name")
        case _ if status in _CLIENT_ERRORS and status != _TOO_MANY:
            return Trouble(f"cannot {ask}: {words or f'HTTP {status}'}")
        case _:
            return Unavailable(f"cannot {ask}: {words or f'HTTP {status}'}")


def _absent(ask: Ask, body: str, words: str) -> Trouble:
    """404: the object, its namespace, or, in plain text, the whole resource."""
    if not body.lstrip().startswith("{"):
        return Trouble(
            f"this cluster has no {ask.resource}.{ask.group}: is it the right one? install them"
            " with: execution-operator crds | kubectl apply --server-side -f -"
        )
    if ask.name:
        return NotThere(ask.resource, ask.name, ask.namespace)
    return Trouble(f"cannot {ask}: {words}")


def _words(body: str) -> str:
    try:
        found = json.loads(body)
    except ValueError:
        return one_line(body)
    said = found.get("message") if isinstance(found, dict) else None
    return one_line(said) if isinstance(said, str) else ""
