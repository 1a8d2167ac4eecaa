"""All that the kinds need from the outside, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from execution_operator.kinds.connections import Blueprint
    from execution_operator.reconcile.ports import Clock, Events, Fence, Key, Objects, Secrets
    from execution_operator.remote.testhub.client import TestHub


class RunsMeter(Protocol):
    """What is measured of runs."""

    def run_started(self, seconds: float) -> None:
        """The server accepted a run so long after its object was created."""

    def run_left_behind(self, server: str) -> None:
        """A run was let go without having been seen ended."""

    def run_finished(
        self, server: str, *, phase: str, reason: str, verdict: str | None, seconds: float | None
    ) -> None:
        """A run ended."""

    def server_up(self, server: str, *, up: bool) -> None:
        """The server answers or does not."""

    def server_insecure(self, server: str, *, reasons: frozenset[str]) -> None:
        """Why the way to the server can be read or forged by others; empty when it cannot."""

    def forget_server(self, server: str) -> None:
        """The server's object is gone."""


class HubOpener(Protocol):
    """Who makes clients of Test Hubs."""

    def __call__(self, key: Key, blueprint: Blueprint) -> TestHub:
        """A client for the ExecutionServer of that key; nothing is sent yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All that the kinds need from the outside.

    Attributes:
        instance_label: the label by which Argo CD tracks objects; None: by annotation.
    """

    objects: Objects
    secrets: Secrets
    fence: Fence
    events: Events
    clock: Clock
    random: Random
    meter: RunsMeter
    open_hub: HubOpener
    wake: Callable[[Key], None]
    cluster_id: str
    instance_label: str | None = None
