"""The state table of runs: its rows, and runs that are in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem, problem_of
from execution_operator.kinds.test_execution.capacity import Place
from execution_operator.kinds.test_execution.seen import Certainty, Denials, Doubt, Memory
from execution_operator.remote import errors
from execution_operator.remote.outage import Trouble
from execution_operator.remote.testhub.wire import TERMINAL_WORDS
from support.runs import (
    START,
    URL,
    between_status,
    execution,
    held_run,
    intent,
    result,
    run,
    seen,
    started_status,
)
from support.states import Json, State

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution

ROWS: Final = (
    "is in doubt",
    "waits: reference",
    "waits: server",
    "waits: capacity",
    "waits: rule",
    "waited longer than timeouts.queue",
    "is paused and not terminal",
    "is scheduled for later",
    "InTransition",
    "Running",
    "Stopping",
    "is a stub and runs",
    "cannot be seen for >= 60 s",
    "failed by infrastructure, attempts left",
    "passed",
    "did not pass",
    "was stopped",
    "ended in error",
    "is lost",
    "needs a person: SubmitAmbiguous",
    "needs a person: TokenNotUnique",
    "needs a person: ServerChanged",
    "needs a person: RestoredObject",
    "needs a person: AlreadyOwned",
    "needs a person: HostNotAllowed",
    "needs a person: InvalidSpec",
)
LATER: Final = ("waits: rule",)
"""Rows of what the operator does not do yet."""

_DOUBTFUL: Final = Memory(certainty=Certainty.DOUBTFUL)
_PAUSED: Final = {PAUSED_ANNOTATION: "true"}
_SILENT: Final = problem_of(errors.Unreachable("cannot list executions"))
_REFUSED: Final = problem_of(errors.Rejected("cannot start the run: no such asset"))
_TROUBLE: Final = Trouble(errors.Unreachable("cannot list executions"), 40.0)
_DENIED: Final = Denials(since=-30.0, count=3)
_STUB: Final[Json] = {"completion": "Running"}
_RETRY: Final[Json] = {"retry": {"limit": 1}}
_RETRY_ROW: Final = "failed by infrastructure, attempts left"
_SAID: Final[Json] = {
    "type": "Succeeded",
    "status": "Unknown",
    "reason": "StubRunning",
    "lastTransitionTime": "2026-11-22T09:00:00Z",
}
STUB_RUNS: Final = "Running | True StubRunning | - | - | Unknown | False | Current"


def goes_on(phase: str, reason: str) -> str:
    """The cells of a run that goes on by itself."""
    return f"{phase} | Unknown {reason} | True | - | Unknown | False | InProgress"


def rests(phase: str) -> str:
    """The cells of a run that is paused."""
    return f"{phase} | Unknown Paused | - | - | Unknown | False | InProgress"


def passed() -> str:
    """The cells of a run that passed."""
    return "Succeeded | True TestsPassed | - | - | True | True | Current"


def ended(phase: str, reason: str) -> str:
    """The cells of a run that ended otherwise."""
    return f"{phase} | False {reason} | - | True | False | True | Failed"


def stuck(phase: str, reason: str) -> str:
    """The cells of a run that needs a person."""
    return f"{phase} | False {reason} | - | True | Unknown | False | Failed"


def _started(phase: str = "Running", word: str | None = None, **more: Any) -> TestExecution:
    """A run whose id is recorded, and the server's last word."""
    status = started_status(phase=phase)
    status["execution"] |= {"status": word}
    return held_run(**{"status": status} | more)


def _undecidable(reason: Reason) -> Memory:
    problem = Problem(reason=reason, message="look there", needs_person=True)
    return Memory(certainty=Certainty.DOUBTFUL, doubt=Doubt(since=0.0, problem=problem))


def _waiting(row: str, reason: Reason) -> State:
    blocker = Problem(reason=reason, message="it is not there")
    return State(row, reason, run(), seen(blocker=blocker), goes_on("Pending", reason))


def _missing(reason: Reason) -> Problem:
    return Problem(reason=reason, message="it is not there")


def _before(row: str, how: str, memory: Memory, shows: str) -> State:
    """One with an intent and no recorded id."""
    return State(row, how, held_run(), seen(memory, intent=intent()), shows)


def _active(row: str, word: str, shows: str, **known: Any) -> State:
    """One of which the server said that word."""
    memory = Memory(run=execution(word))
    return State(row, word, _started(), seen(memory, intent=intent(), **known), shows)


def _unseen(phase: str, word: str) -> State:
    """One that was in that phase when the operator was started again, and is out of sight."""
    how = f"{phase}, last word {word}, operator restarted"
    shows = goes_on(phase, "ServerUnreachable")
    known = seen(intent=intent(), trouble=_TROUBLE)
    return State("cannot be seen for >= 60 s", how, _started(phase, word), known, shows)


def _stub(row: str, word: str, shows: str, **known: Any) -> State:
    """A stub of which the server said that word."""
    memory = Memory(run=execution(word))
    known = {"intent": intent()} | known
    return State(row, f"stub {word}", _started(spec=_STUB), seen(memory, **known), shows)


def _over(
    row: str,
    word: str,
    shows: str,
    verdict: str | None = None,
    spec: Json | None = None,
    **more: Any,
) -> State:
    """One of which the server said that it ended."""
    found = result(verdict) if verdict else None
    memory = Memory(run=execution(word), ended_at=90.0, result=found, **more)
    how = " ".join([word, *([verdict] if verdict else []), *(spec or ()), *more])
    return State(row, how, _started(spec=spec), seen(memory, intent=intent()), shows)


def _asked(reason: str) -> dict[str, Any]:
    return {"stopRequest": {"reason": reason, "time": START.isoformat()}}


def _timed_out(row: str, word: str, reason: str) -> State:
    """One that a time-out stopped, looked at by a process that did not stop it."""
    wanted = held_run(status=started_status(**_asked(reason)))
    known = seen(Memory(run=execution(word), ended_at=90.0), intent=intent())
    return State(row, f"{word} after {reason}", wanted, known, ended("Error", reason))


def _left_behind(row: str, word: str, reason: str) -> State:
    """One that a time-out should have stopped, and that went on."""
    wanted = held_run(status=started_status(**_asked(reason)))
    known = seen(Memory(run=execution(word), left_behind="it goes on"), intent=intent())
    return State(row, f"{word}, left behind", wanted, known, ended("Error", reason))


def _stopping(word: str, reason: str) -> State:
    """One whose stop is recorded and not yet sent."""
    wanted = held_run(status=started_status(**_asked(reason)))
    known = seen(Memory(run=execution(word)), intent=intent())
    shows = goes_on("Stopping", "Stopping")
    return State("Stopping", f"{word}, {reason} recorded", wanted, known, shows)


STATES: Final = (
    _before("is in doubt", "no answer yet", _DOUBTFUL, goes_on("Submitting", "Submitting")),
    _before(
        "is in doubt",
        "look-up failed",
        Memory(certainty=Certainty.DOUBTFUL, doubt=Doubt(since=0.0), problem=_SILENT),
        goes_on("Submitting", "Submitting"),
    ),
    _waiting("waits: reference", Reason.REFERENCE_NOT_FOUND),
    State(
        "waits: reference",
        "its test asset is not there",
        run(),
        seen(asset_id=None, unready=_missing(Reason.REFERENCE_NOT_FOUND)),
        goes_on("Pending", "ReferenceNotFound"),
    ),
    State(
        "waits: reference",
        "its agent is not there, or not ready",
        run(),
        seen(asset_id=None, unready=_missing(Reason.REFERENCE_NOT_READY)),
        goes_on("Pending", "ReferenceNotReady"),
    ),
    *(
        _before(
            "waits: reference",
            f"for its variables: {reason}",
            Memory(certainty=Certainty.UNSENT, problem=_missing(reason)),
            goes_on("Pending", reason),
        )
        for reason in (
            Reason.SECRET_NOT_FOUND,
            Reason.SECRET_KEY_MISSING,
            Reason.REFERENCE_NOT_FOUND,
        )
    ),
    _waiting("waits: server", Reason.SERVER_NOT_FOUND),
    _waiting("waits: server", Reason.SERVER_NOT_READY),
    State(
        "waits: capacity",
        "in place 7",
        run(),
        seen(place=Place(7, 40)),
        goes_on("Pending", "WaitingForCapacity"),
    ),
    _before(
        "waits: server",
        "surely nothing sent",
        Memory(certainty=Certainty.UNSENT, problem=_SILENT),
        goes_on("Pending", "ServerUnreachable"),
    ),
    *(
        State(
            "waited longer than timeouts.queue",
            how,
            run(spec={"timeouts": {"queue": "30s"}}),
            seen(blocker=blocker, url=None if blocker else URL),
            ended("Error", "QueueTimeout"),
        )
        for how, blocker in (
            ("before its start", None),
            ("for its server", Problem(reason=Reason.SERVER_NOT_READY, message="not ready")),
        )
    ),
    _timed_out("waited longer than timeouts.queue", "STOPPED_BY_USER", "QueueTimeout"),
    _timed_out("waited longer than timeouts.queue", "CANCELED", "QueueTimeout"),
    _timed_out("ended in error", "STOPPED_BY_USER", "RunTimeout"),
    _timed_out("ended in error", "COMPLETE", "RunTimeout"),
    _left_behind("waited longer than timeouts.queue", "IN_TRANSITION", "QueueTimeout"),
    _left_behind("ended in error", "RUNNING", "RunTimeout"),
    _stopping("IN_TRANSITION", "QueueTimeout"),
    _stopping("RUNNING", "RunTimeout"),
    _stopping("RUNNING", "StoppedByRequest"),
    State(
        "is paused and not terminal",
        "before its start",
        run(metadata={"annotations": _PAUSED}),
        seen(),
        rests("Pending"),
    ),
    *(
        State(
            "is paused and not terminal",
            phase,
            _started(phase, metadata={"annotations": _PAUSED}),
            seen(Memory(run=execution("RUNNING"))),
            rests(phase),
        )
        for phase in ("Scheduled", "InTransition", "Running", "Stopping")
    ),
    _active("is scheduled for later", "SCHEDULED", goes_on("Scheduled", "Scheduled")),
    _active("InTransition", "IN_TRANSITION", goes_on("InTransition", "InTransition")),
    _active("Running", "RUNNING", goes_on("Running", "Running")),
    _active("Running", "A_WORD_OF_TOMORROW", goes_on("Running", "Running")),
    _over("Running", "COMPLETE", goes_on("Running", "AwaitingVerdict")),
    _stub("is a stub and runs", "RUNNING", STUB_RUNS),
    State(
        "is a stub and runs",
        "operator restarted",
        _started(spec=_STUB, status=started_status(conditions=[_SAID])),
        seen(intent=intent()),
        STUB_RUNS,
    ),
    _stub("Running", "A_WORD_OF_TOMORROW", goes_on("Running", "Running")),
    _stub("InTransition", "IN_TRANSITION", goes_on("InTransition", "InTransition")),
    _stub(
        "cannot be seen for >= 60 s",
        "RUNNING",
        goes_on("Running", "ServerUnreachable"),
        trouble=_TROUBLE,
    ),
    _stub("was stopped", "STOPPED_BY_USER", ended("Stopped", "StoppedByUser")),
    _stub("was stopped", "CANCELED", ended("Stopped", "Canceled")),
    *(
        _stub("ended in error", word, ended("Error", "StubEnded"))
        for word in sorted(TERMINAL_WORDS - {"STOPPED_BY_USER", "CANCELED"})
    ),
    *(
        _over(_RETRY_ROW, word, goes_on("Pending", "RetryPending"), spec=_RETRY)
        for word in ("INCOMPLETE", "LAUNCH_FAILED", "STOPPED_AUTOMATICALLY")
    ),
    State(
        _RETRY_ROW,
        "start refused",
        held_run(spec=_RETRY),
        seen(Memory(certainty=Certainty.UNSENT, refused=_REFUSED), intent=intent()),
        goes_on("Pending", "RetryPending"),
    ),
    State(
        _RETRY_ROW,
        "operator restarted",
        held_run(spec=_RETRY, status=between_status()),
        seen(intent=intent()),
        goes_on("Pending", "RetryPending"),
    ),
    State(
        "waits: server",
        "between two attempts, the backoff over",
        held_run(spec=_RETRY, status=between_status()),
        seen(intent=intent(), blocker=Problem(reason=Reason.SERVER_NOT_READY, message="not ready")),
        goes_on("Pending", "ServerNotReady"),
    ),
    State(
        "is in doubt",
        "the second attempt",
        held_run(spec=_RETRY, status=between_status(attempt=2)),
        seen(intent=intent()),
        goes_on("Submitting", "Submitting"),
    ),
    State(
        "was stopped",
        "cancelled between two attempts",
        held_run(spec=_RETRY | {"cancel": True}, status=between_status()),
        seen(intent=intent()),
        ended("Stopped", "StoppedByRequest"),
    ),
    State(
        "ended in error",
        "the attempts that were left are taken away",
        held_run(spec={"retry": {"limit": 0}}, status=between_status()),
        seen(intent=intent()),
        ended("Error", "LaunchFailed"),
    ),
    _over(
        "ended in error",
        "LAUNCH_FAILED",
        ended("Error", "LaunchFailed"),
        spec={"retry": {"limit": 0}},
    ),
    _active("Stopping", "STOPPING", goes_on("Stopping", "Stopping")),
    *(
        _active(
            "cannot be seen for >= 60 s",
            word,
            goes_on(phase, "ServerUnreachable"),
            trouble=_TROUBLE,
        )
        for word, phase in (
            ("SCHEDULED", "Scheduled"),
            ("IN_TRANSITION", "InTransition"),
            ("RUNNING", "Running"),
            ("STOPPING", "Stopping"),
        )
    ),
    _unseen("Running", "RUNNING"),
    _unseen("Running", "COMPLETE"),
    _unseen("Stopping", "RUNNING"),
    _over("passed", "COMPLETE", passed(), "PASS"),
    _over("did not pass", "COMPLETE", ended("Failed", "TestsFailed"), "FAIL"),
    _over("did not pass", "COMPLETE", ended("Failed", "TestsFailed"), "ERROR"),
    _over("did not pass", "COMPLETE", ended("Failed", "Inconclusive"), "INCONCLUSIVE"),
    _over("did not pass", "COMPLETE_WITH_ERROR", ended("Failed", "CompletedWithError")),
    _over("was stopped", "STOPPED_BY_USER", ended("Stopped", "StoppedByUser")),
    _over("was stopped", "CANCELED", ended("Stopped", "Canceled")),
    _over("was stopped", "STOPPED_BY_USER", ended("Stopped", "StoppedByRequest"), stop_sent=True),
    State(
        "was stopped",
        "cancelled before its start",
        run(spec={"cancel": True}),
        seen(),
        ended("Stopped", "StoppedByRequest"),
    ),
    _over("ended in error", "INCOMPLETE", ended("Error", "Incomplete")),
    _over("ended in error", "STOPPED_AUTOMATICALLY", ended("Error", "StoppedAutomatically")),
    _over("ended in error", "LAUNCH_FAILED", ended("Error", "LaunchFailed")),
    State(
        "ended in error",
        "no verdict came",
        _started(),
        seen(
            Memory(run=execution("COMPLETE"), ended_at=90.0, awaiting_since=90.0), intent=intent()
        ),
        ended("Error", "NoVerdict"),
        seconds=210.0,
    ),
    _before(
        "ended in error",
        "start refused",
        Memory(certainty=Certainty.UNSENT, refused=_REFUSED),
        ended("Error", "SubmitFailed"),
    ),
    State(
        "is lost",
        "",
        _started(),
        seen(Memory(denials=_DENIED), intent=intent(), listed_at=95.0),
        ended("Lost", "Lost"),
    ),
    *(
        _before(f"needs a person: {reason}", "", _undecidable(reason), stuck("Pending", reason))
        for reason in (Reason.SUBMIT_AMBIGUOUS, Reason.TOKEN_NOT_UNIQUE)
    ),
    State(
        "needs a person: ServerChanged",
        "while it runs",
        _started(),
        seen(intent=intent(), url="https://other.example.com"),
        stuck("Running", "ServerChanged"),
    ),
    State(
        "needs a person: ServerChanged",
        "another cluster, in doubt",
        held_run(),
        seen(_DOUBTFUL, intent=intent(), cluster_id="c2"),
        stuck("Pending", "ServerChanged"),
    ),
    State(
        "needs a person: RestoredObject",
        "",
        held_run(),
        seen(intent=intent(uid="another")),
        stuck("Pending", "RestoredObject"),
    ),
    State(
        "needs a person: AlreadyOwned",
        "",
        run(spec={"adopt": {"executionId": "e1"}}),
        seen(owner='TestExecution "first"'),
        stuck("Pending", "AlreadyOwned"),
    ),
    State(
        "needs a person: HostNotAllowed",
        "the server's host is not among the allowed",
        run(),
        seen(blocker=Problem(reason=Reason.HOST_NOT_ALLOWED, message="not allowed"), url=None),
        stuck("Pending", "HostNotAllowed"),
    ),
    State(
        "needs a person: InvalidSpec",
        "its agent is on another server",
        run(),
        seen(asset_id=None, unready=_missing(Reason.INVALID_SPEC)),
        stuck("Pending", "InvalidSpec"),
    ),
    State(
        "needs a person: InvalidSpec",
        "",
        run(spec={"requires": [{"interceptRuleRef": {"name": "r"}}]}),
        seen(),
        stuck("Pending", "InvalidSpec"),
    ),
    State(
        "needs a person: InvalidSpec",
        "a date that there is not",
        run(spec={"scheduled": {"at": "2027-02-29T00:00:00Z"}}),
        seen(),
        stuck("Pending", "InvalidSpec"),
    ),
    _before(
        "needs a person: InvalidSpec",
        "a variable's value is too long",
        Memory(certainty=Certainty.UNSENT, problem=_missing(Reason.INVALID_SPEC)),
        stuck("Pending", "InvalidSpec"),
    ),
)
"""Runs in each row but those of later."""
