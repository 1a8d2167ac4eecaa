"""What is known of a run: values alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from execution_operator.api.run_specification import RemoteLocation
    from execution_operator.kinds.problems import Problem
    from execution_operator.kinds.test_execution.capacity import Place
    from execution_operator.kinds.test_execution.identity import Intent
    from execution_operator.remote.outage import Trouble
    from execution_operator.remote.snapshot import Sighting
    from execution_operator.remote.testhub.junit import TestCounts
    from execution_operator.remote.testhub.wire import ExecutionResource, ResultResource


class Certainty(Enum):
    """What is known of whether this attempt's request was sent.

    UNSENT: this process wrote the intent and has not sent it. DOUBTFUL: it may have been sent.
    """

    UNSENT = "unsent"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What the look-ups of a run in doubt say.

    Attributes:
        since: monotonic time from which the settling time counts.
        looked_at: monotonic time at which the newest look-up began; None: look at once.
        absent: whether that one found nothing, where it would have found something.
        problem: why no look-up can decide; None while one can.
    """

    since: float
    looked_at: float | None = None
    absent: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    """How often, and since when in monotonic seconds, the server says that there is no such run."""

    since: float
    count: int


@dataclass(frozen=True, slots=True)
class RefusedConfiguration:
    """A configuration that the server did not take, and why."""

    told: str | None
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What this process remembers of one object; losing it is safe.

    Attributes:
        attempt: the attempt that all else speaks of.
        saw_end: whether this process saw the attempt before that end.
        certainty: whether this attempt's request was sent.
        repeated: whether this process asked for it when it might have been asked for before.
        run: the newest state of the run that was read.
        submitted_at: when its server accepted it, if that was told to this process.
        read_at: monotonic time at which the run was last read on its own.
        result: its result, once read.
        tests: how many tests there were, by the result's JUnit view.
        tests_read: whether that view was asked for, and the server said what there is to say.
        ended_at: monotonic time at which it was first seen ended.
        awaiting_since: monotonic time at which its result was first read without a verdict.
        adopted: whether it was there before this object: followed, never stopped.
        reckonings: monotonic times at which to look for a second run of the same attempt; inf: at
            the run's end.
        stop_sent: whether this process asked the server to stop it.
        denials: that the server says that there is no such run.
        problem: what went wrong in the last exchange about it.
        problem_since: monotonic time of the first of them that failed in a row.
        failures: exchanges that failed in a row.
        retry_at: monotonic time before which nothing is sent about it.
        refused: the server's final no to the start.
        adoption_ignored: whether it was told that spec.adopt came too late.
        restored_at: monotonic time at which the run of the original was looked for.
        left_behind: why a run that is to be stopped may go on all the same.
        configured: what stands for the configuration that the run knows.
        refused_configuration: the one that the server did not take.
    """

    attempt: int = 1
    saw_end: bool = False
    certainty: Certainty | None = None
    doubt: Doubt | None = None
    repeated: bool = False
    run: ExecutionResource | None = None
    submitted_at: datetime | None = None
    read_at: float | None = None
    result: ResultResource | None = None
    tests: TestCounts | None = None
    tests_read: bool = False
    ended_at: float | None = None
    awaiting_since: float | None = None
    adopted: bool = False
    reckonings: tuple[float, ...] = ()
    stop_sent: bool = False
    denials: Denials | None = None
    problem: Problem | None = None
    problem_since: float | None = None
    failures: int = 0
    retry_at: float = 0.0
    refused: Problem | None = None
    adoption_ignored: bool = False
    restored_at: float | None = None
    left_behind: str | None = None
    configured: str | None = None
    refused_configuration: RefusedConfiguration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that a decision about a run depends on, beside the object itself.

    Attributes:
        url: the normalised URL of the server; None while there is no connection.
        connecting: the server is fine, its connection is about to be there.
        blocker: why the server or the project cannot be used.
        server_gone: the server or its Secret is gone for good, as far as a deletion cares.
        settling: seconds after a lost answer in which a run may still appear.
        poll: seconds between two looks at something active.
        trouble: that the server's lists fail for so long that the run has to say so.
        listed_at: monotonic time of the newest complete list of the project.
        asset_id: the test asset to run, once it is known.
        locations: the run's remote locations by id, once all of them can be used.
        unready: what a start lacks yet; nothing else waits for it.
        owner: the object that owns the run already, as far as this one may know its name.
        original_lives: whether the object whose intent this one carries is there.
        tracked_by: the GitOps tool that would create the object again if it were deleted.
        place: that it waits for other runs of the server to end.
        asked_at: monotonic time of this look, where somebody asked for one by annotation.
    """

    memory: Memory
    cluster_id: str
    url: str | None = None
    connecting: bool = False
    blocker: Problem | None = None
    server_gone: bool = False
    project_id: str | None = None
    asset_id: str | None = None
    locations: tuple[RemoteLocation, ...] = ()
    unready: Problem | None = None
    intent: Intent | None = None
    sighting: Sighting | None = None
    trouble: Trouble | None = None
    listed_at: float | None = None
    owner: str | None = None
    original_lives: bool = False
    tracked_by: str | None = None
    place: Place | None = None
    asked_at: float | None = None
    settling: float = 60.0
    poll: float = 5.0
