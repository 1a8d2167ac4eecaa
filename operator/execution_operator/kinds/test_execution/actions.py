"""What can be done about a run: values alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from execution_operator.kinds.test_execution.identity import Intent


@dataclass(frozen=True, slots=True)
class WriteIntent:
    """Record that a run is about to be started; hold the object and its server."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Start:
    """Ask the server to start the run."""

    attempt: int


@dataclass(frozen=True, slots=True)
class LookUp:
    """Look whether the server has the run already."""

    attempt: int


@dataclass(frozen=True, slots=True)
class LookUpOriginal:
    """Look for the run of the object that this one was copied or restored from."""

    intent: Intent
    attempts: int


@dataclass(frozen=True, slots=True)
class Reckon:
    """Look whether the attempt has another run than the one that is known."""

    project_id: str
    execution_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Adopt:
    """Follow a run that is there."""

    project_id: str
    execution_id: str


@dataclass(frozen=True, slots=True)
class IgnoreAdoption:
    """Tell that spec.adopt came too late."""


@dataclass(frozen=True, slots=True)
class LeaveBehind:
    """Be done with a run that may have been started, and say so."""

    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """Read the run on its own."""

    project_id: str
    execution_id: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Read the run's result; without an id the server never told of one."""

    project_id: str
    result_id: str | None


@dataclass(frozen=True, slots=True)
class ReadTests:
    """Count the tests of the run's result."""

    project_id: str
    result_id: str


@dataclass(frozen=True, slots=True)
class BeginAttempt:
    """Record, as its intent, that a later attempt is about to be started."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Expire:
    """Delete the object: it has been over for as long as it was to be kept."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask the server to stop the run."""

    project_id: str
    execution_id: str


@dataclass(frozen=True, slots=True)
class Configure:
    """Tell the run its configuration."""

    project_id: str
    execution_id: str


@dataclass(frozen=True, slots=True)
class Release:
    """Take our finalizer off.

    Attributes:
        left_behind: why a run may still be going on; None when none is.
    """

    left_behind: str | None = None


Search = LookUp | LookUpOriginal | Reckon | Adopt
Reading = Read | ReadResult | ReadTests
Order = Stop | Configure
Exchange = Start | Search | Reading | Order
Action = WriteIntent | BeginAttempt | Expire | Release | IgnoreAdoption | LeaveBehind | Exchange
