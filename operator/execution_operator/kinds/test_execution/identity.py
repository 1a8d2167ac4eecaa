"""What tells a run from all others: its tags and its intent; pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from execution_operator.api.run_specification import TAG_PREFIX


def run_tag(cluster_id: str, uid: str, attempt: int) -> str:
    """The tag of one attempt: the same for whoever computes it, another for any other run."""
    return f"{TAG_PREFIX}run.{_hash(cluster_id, uid, str(attempt))}"


def cluster_tag(cluster_id: str) -> str:
    """The tag of all runs of a cluster."""
    return f"{TAG_PREFIX}cluster.{_hash(cluster_id)}"


def nobody_tag(secret: str) -> str:
    """A tag that no run has: a server that finds something by it ignores tags."""
    return f"{TAG_PREFIX}nobody.{_hash(secret)}"


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is recorded before the first request that may start a run.

    Attributes:
        uid: the object's; another one's means that the object is a copy or was restored.
        cluster: the cluster's id.
        server: the server's normalised URL.
        project: the project's id.
        attempt: from 1.
        writer: the process and its term of leadership.
    """

    uid: str
    cluster: str
    server: str
    project: str
    attempt: int
    writer: str

    def dump(self) -> str:
        """As an annotation's value."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Intent:
        """From an annotation's value; one that somebody broke matches no object."""
        try:
            return _INTENT.validate_json(text)
        except ValidationError:
            return cls(uid="", cluster="", server="", project="", attempt=0, writer="")


_INTENT: Final = TypeAdapter(Intent)
