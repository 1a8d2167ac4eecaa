"""Which ExecutionServer an object belongs to; pure, the same for all kinds that name one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from execution_operator.reconcile.ports import Digest, Key

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.api.test_execution import TestExecution

    Served: TypeAlias = TestExecution | MachineObject


def server_key(wanted: Served) -> Key:
    """The ExecutionServer that the object names, in its own namespace."""
    return _key(wanted.metadata.namespace, wanted.spec.server_ref.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDigest(Digest):
    """What is at hand of an object that names an ExecutionServer.

    Attributes:
        server: the server's name.
    """

    server: str

    @property
    def server_key(self) -> Key:
        """The ExecutionServer that it names."""
        return _key(self.key.namespace, self.server)


def _key(namespace: str, name: str) -> Key:
    return Key("ExecutionServer", namespace, name)
