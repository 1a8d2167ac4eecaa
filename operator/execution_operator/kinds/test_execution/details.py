"""What the result of a run says beside its verdict: test counts, reports, its page; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from execution_operator.api.run_status import Report, TestCounts
from execution_operator.kinds.test_execution.actions import ReadResult, ReadTests
from execution_operator.kinds.test_execution.standing import (
    is_stub,
    project_id,
    result_id,
    verdict_is_late,
)
from execution_operator.kinds.test_execution.words import COMPLETE, wants_result
from execution_operator.remote.urls import link_on

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.test_execution.seen import Seen
    from execution_operator.reconcile.ports import Now
    from execution_operator.remote.testhub.wire import Report as FoundReport

_TRIES: Final = 3
"""So many reads that fail in a row, and a run ends without what they would have told."""
_MOST_REPORTS: Final = 10
_REPORTS_SIZE: Final = 4096
"""Bytes that all reports may take together: a status is to stay small."""
_NAME_SIZE: Final = 253


def next_detail(
    wanted: TestExecution, seen: Seen, now: Now, periods: Periods
) -> ReadResult | ReadTests | None:
    """What to read of the result of a run that ended; None when all is known that will be."""
    memory, run, project = seen.memory, seen.memory.run, project_id(wanted, seen)
    if run is None or project is None or is_stub(wanted) or not wants_result(run.status):
        return None
    if run.status == COMPLETE:
        return _of_complete(wanted, seen, now, periods)
    if memory.failures >= _TRIES:
        return None
    if memory.result is None and memory.awaiting_since is None:
        return ReadResult(project, result_id(wanted, seen))
    return _tests(wanted, seen)


def _of_complete(
    wanted: TestExecution, seen: Seen, now: Now, periods: Periods
) -> ReadResult | ReadTests | None:
    """Its verdict is waited for; nothing else holds the end up for long."""
    result, project = seen.memory.result, project_id(wanted, seen) or ""
    if result is None or not result.verdict:
        late = verdict_is_late(seen, now, periods)
        return None if late else ReadResult(project, result_id(wanted, seen))
    return None if seen.memory.failures >= _TRIES else _tests(wanted, seen)


def _tests(wanted: TestExecution, seen: Seen) -> ReadTests | None:
    memory, result = seen.memory, result_id(wanted, seen)
    if memory.result is None or memory.tests_read or result is None:
        return None
    return ReadTests(project_id(wanted, seen) or "", result)


def tests_of(seen: Seen) -> TestCounts | None:
    """The counts as the status shows them."""
    found = seen.memory.tests
    if found is None:
        return None
    return TestCounts(
        total=found.total,
        passed=found.passed,
        failed=found.failed,
        errors=found.errors,
        skipped=found.skipped,
    )


def result_page(url: str | None, project: str | None, result: str | None) -> str | None:
    """The page that shows a result to a person (the Test Hub API, section Results)."""
    if url is None or project is None or result is None:
        return None
    return f"{url}/funrep.html#/projects/{quote(project, safe='')}/results/{quote(result, safe='')}"


def reports_of(seen: Seen) -> tuple[Report, ...]:
    """The reports that have a link on the server's own host; as many as a status has room for."""
    if seen.memory.result is None or seen.url is None:
        return ()
    kept: dict[str, Report] = {}
    size = 0
    for found in seen.memory.result.reports:
        report = _report(found, seen.url, kept)
        if report is None:
            continue
        size += len(report.name.encode()) + len(report.url.encode())
        if len(kept) == _MOST_REPORTS or size > _REPORTS_SIZE:
            break
        kept[report.name] = report
    return tuple(kept.values())


def left_out(seen: Seen, shown: tuple[Report, ...]) -> str:
    """A sentence about the reports that the status does not show; empty when it shows all."""
    found = seen.memory.result.reports if seen.memory.result else ()
    missing = len(found) - len(shown)
    return f"; {missing} of {len(found)} reports are not listed here" if missing else ""


def _report(found: FoundReport, url: str, taken: dict[str, Report]) -> Report | None:
    """One that can be shown, under a name that no other has."""
    link = link_on(url, found.href) if found.href else None
    if link is None:
        return None
    bare = (found.name or found.id or "report")[:_NAME_SIZE]
    name, number = bare, 1
    while name in taken:
        number += 1
        suffix = f" ({number})"
        name = bare[: _NAME_SIZE - len(suffix)] + suffix
    return Report(name=name, url=link)
