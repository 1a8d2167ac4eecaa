"""What may be set from flags and `EXECUTION_OPERATOR_*`; knows names and bounds, no behaviour."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import durationpy
from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_LAST_PORT: Final = 65535
_ADDRESS: Final = re.compile(
    r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+(?:%\w+)?)\]|(?P<plain>[^\s:\[\]]*)):(?P<port>[0-9]{1,5})"
)


def _read_period(value: object) -> object:
    return durationpy.from_str(value) if isinstance(value, str) else value


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(name for part in value.split(",") if (name := part.strip()))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: `host` without brackets, empty for all of this machine's."""

    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> Address:
        """From HOST:PORT, an IPv6 address in brackets; ValueError with what to write instead."""
        found = _ADDRESS.fullmatch(text.strip())
        if found is None or int(found["port"]) > _LAST_PORT:
            text = "give HOST:PORT, a port from 0 to 65535 and an IPv6 address in brackets"
            raise ValueError(text)
        return cls(found["bracketed"] or found["plain"] or "", int(found["port"]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


Period = Annotated[timedelta, BeforeValidator(_read_period)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


_SHORTEST: Final = timedelta(milliseconds=10)
_LEAST: Final = {
    "settling_time": timedelta(seconds=30),
    "lease_duration": timedelta(seconds=8),
    "renew_deadline": timedelta(seconds=3),
    "retry_period": timedelta(seconds=1),
    "resync_period": timedelta(minutes=1),
    "probe_period": timedelta(seconds=10),
    "secret_period": timedelta(seconds=5),
    "outage_period": timedelta(seconds=10),
    "verdict_period": timedelta(seconds=10),
    "lost_period": timedelta(seconds=30),
    "unused_period": timedelta(seconds=10),
    "missing_period": timedelta(seconds=10),
    "counts_period": timedelta(seconds=10),
    "poll_period": timedelta(seconds=1),
    "late_period": timedelta(minutes=1),
    "quiet_period": timedelta(seconds=1),
    "fight_period": timedelta(minutes=1),
    "deletion_period": timedelta(seconds=10),
    "drain_period": timedelta(seconds=1),
}


class Settings(BaseSettings):
    """All settings of `execution-operator run`; periods are written like `90s` or `1h30m`."""

    model_config = SettingsConfigDict(
        env_prefix="EXECUTION_OPERATOR_", frozen=True, use_attribute_docstrings=True
    )

    short_periods: bool = False
    """For tests: let periods be shorter than what is kind to a server. Read before the periods."""
    kubeconfig: Path | None = None
    """Kubeconfig file. Default: the pod's own account, else KUBECONFIG or ~/.kube/config."""
    namespaces: Names = ()
    """Only these namespaces. Default: all."""
    workers: Annotated[int, Field(ge=1, le=256)] = 16
    """How many objects are looked at at the same time."""
    workers_per_server: Annotated[int, Field(ge=1, le=256)] = 8
    """How many of them may belong to one server, so that one that hangs delays no other."""
    ops_address: Address = Address.read("0.0.0.0:8080")
    """Where /livez, /readyz and /metrics listen."""
    leader_election: bool = True
    """Hold a Lease, so that of several replicas one acts."""
    lease_namespace: str | None = None
    """Where the Lease is. Default: the pod's namespace, else `default`."""
    lease_name: str = "execution-operator"
    """What the Lease is called."""
    lease_duration: Period = timedelta(seconds=15)
    """How long a Lease that is not renewed keeps others away."""
    renew_deadline: Period = timedelta(seconds=10)
    """How long the leader tries to renew before it stops."""
    retry_period: Period = timedelta(seconds=2)
    """How often the leader renews."""
    cluster_id: str | None = None
    """What tells this cluster from others. Default: the uid of namespace kube-system."""
    argocd_instance_label: str | None = None
    """The label by which Argo CD tracks objects (its application.instanceLabelKey, such as
    app.kubernetes.io/instance), where its resourceTrackingMethod is `label`: ttlAfterFinished is
    not applied to objects that have it. Default: Argo CD tracks by annotation."""
    settling_time: Period | None = None
    """How long after a lost answer a run is looked for before it is started again. Default: the
    server's request time-out and 30 seconds."""
    resync_period: Period = timedelta(minutes=10)
    """How often each object is looked at without cause."""
    probe_period: Period = timedelta(minutes=1)
    """How often an idle server is asked whether it still lets us in."""
    secret_period: Period = timedelta(minutes=1)
    """How long a Secret's value is kept in memory, and how often one that is waited for is read."""
    outage_period: Period = timedelta(minutes=1)
    """How long a server may be out of reach before each of its runs, agents and docker hosts says
    so."""
    verdict_period: Period = timedelta(minutes=2)
    """How long a completed run may go without a verdict."""
    lost_period: Period = timedelta(minutes=2)
    """How long a server must deny a run before it is lost."""
    unused_period: Period = timedelta(minutes=1)
    """How long a server must be unused before its finalizer goes."""
    missing_period: Period = timedelta(minutes=5)
    """How long a missing Secret or key counts as about to come, also for deletions that need it."""
    counts_period: Period = timedelta(minutes=1)
    """How often a server's counts of runs are renewed."""
    poll_period: Period = timedelta(seconds=5)
    """How often active runs are looked at, where the server's own pollInterval is not set."""
    late_period: Period = timedelta(hours=1)
    """How late a run may be started after its `scheduled.at`, where it has no timeouts.queue."""
    quiet_period: Period = timedelta(minutes=1)
    """How rarely agents and docker hosts are looked at while nothing about them changes."""
    fight_period: Period = timedelta(minutes=10)
    """How rarely something is repaired that others overwrite again and again."""
    deletion_period: Period = timedelta(minutes=10)
    """How long the deletion of an agent or a docker host may wait for its server."""
    drain_period: Period = timedelta(seconds=25)
    """How long requests under way may take at the end."""
    allowed_server_hosts: Names = ()
    """Patterns of the server and proxy hosts that may be reached. Default: all."""
    allow_loopback: bool = False
    """Reach servers on this machine's own addresses, as in a demonstration."""
    log_format: Literal["json", "text"] = "json"
    """How log lines look."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged."""

    @field_validator("ops_address", mode="before")
    @classmethod
    def _read_address(cls, value: object) -> object:
        return Address.read(value) if isinstance(value, str) else value

    @field_validator(*_LEAST)
    @classmethod
    def _is_kind(cls, value: timedelta | None, info: ValidationInfo) -> timedelta | None:
        least = _SHORTEST if info.data.get("short_periods") else _LEAST[info.field_name or ""]
        if value is not None and value < least:
            text = f"give at least {durationpy.to_str(least)}"
            raise ValueError(text)
        return value

    @model_validator(mode="after")
    def _lease_is_consistent(self) -> Self:
        if not self.retry_period < self.renew_deadline < self.lease_duration:
            text = "give retry_period < renew_deadline < lease_duration"
            raise ValueError(text)
        return self
