"""What is wrong for a moment is not told of a machine on record: its conditions stay; pure.

Lists have the patience of their own outage, and tell it to each of their followers in its turn.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.machines.blocking import is_missing
from execution_operator.kinds.machines.claims import hindered
from execution_operator.kinds.machines.judge import Row
from execution_operator.kinds.machines.standing import machine_id, recorded_id
from execution_operator.kinds.problems import PASSING, is_stalled

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.judge import Judgement
    from execution_operator.kinds.machines.seen import Seen
    from execution_operator.kinds.periods import Periods
    from execution_operator.kinds.problems import Problem
    from execution_operator.kinds.standing import Standing
    from execution_operator.reconcile.ports import Now


def is_left_to_lists(wanted: MachineObject, standing: Standing) -> bool:
    """Whether it is not the ExecutionServer that says whether the machine can be seen.

    A server that does not answer is told on itself at once. Lists fail of the same, and tell it
    to all whom they concern only when it lasts, and so many a second.
    """
    known = recorded_id(wanted) is not None and not wanted.metadata.is_deleted
    return known and standing.is_away


def is_passing(problem: Problem | None) -> bool:
    """Whether the problem is likely to pass by itself."""
    return problem is not None and problem.reason in PASSING


def missing_since(
    wanted: MachineObject, seen: Seen, now: Now, problem: Problem | None, *, periods: Periods
) -> float | None:
    """Monotonic time since when what the problem names is missing; None when nothing is.

    What a process before this one waited for in vain is not waited for again.
    """
    if problem is None or not is_missing(problem):
        return None
    if seen.memory.missing_since is not None:
        return seen.memory.missing_since
    return now.monotonic - (periods.missing if is_stalled(wanted, problem.reason) else 0.0)


def back_since(
    wanted: MachineObject, seen: Seen, now: Now, problem: Problem | None
) -> float | None:
    """Monotonic time since when nothing fails that was told to; None when no list is awaited."""
    if problem is not None or not _comes_back(wanted, seen):
        return None
    return seen.memory.back_since or now.monotonic


def lists_awaited(wanted: MachineObject, seen: Seen, now: Now, periods: Periods) -> float:
    """Seconds for which lists of projects are awaited, before what came back is told; or 0.

    A list of several pages may never prove that the machine is not there.
    """
    if not _comes_back(wanted, seen):
        return 0.0
    since = seen.memory.back_since or now.monotonic
    return max(0.0, since + periods.outage - now.monotonic)


def stays_untold(
    wanted: MachineObject, seen: Seen, now: Now, *, judged: Judgement, periods: Periods
) -> bool:
    """Whether nothing is known of a machine on record that is worth a write yet.

    So it is until the first list of a process, and while something fails that has not lasted.
    """
    if not _is_on_record(wanted, seen) or seen.rival is not None:
        return False
    if judged.row is Row.STALLED or (judged.row is Row.PAUSED and not _said_paused(wanted)):
        return False
    if judged.problem is None:
        is_unlisted = seen.machine is None and not seen.sight.misses
        return is_unlisted or lists_awaited(wanted, seen, now, periods) > 0
    if not is_passing(judged.problem) or _is_told_elsewhere(wanted, seen):
        return False
    since = seen.memory.failing_since
    return since is None or now.monotonic - since < periods.outage


def steadied(wanted: MachineObject, judged: Judgement) -> Judgement:
    """The same in the words that it was told in, while that goes on.

    Each list and request that fails of one outage has words of its own, and each telling is a
    write.
    """
    problem, told = judged.problem, wanted.status.condition(ConditionType.SYNCED)
    if problem is None or told is None or judged.row is not Row.UNSEEN:
        return judged
    if not is_passing(problem) or (told.status, told.reason) != ("False", problem.reason):
        return judged
    return replace(judged, message=told.message, problem=replace(problem, message=told.message))


def _comes_back(wanted: MachineObject, seen: Seen) -> bool:
    """Whether it is seen again, and not yet by each list that it was told not to be seen by."""
    told = wanted.status.condition(ConditionType.READY)
    unseen = told is not None and told.status == "Unknown" and told.reason in PASSING
    return unseen and None in seen.associations.values()


def _said_paused(wanted: MachineObject) -> bool:
    told = wanted.status.condition(ConditionType.READY)
    return told is not None and told.reason == Reason.PAUSED


def _is_on_record(wanted: MachineObject, seen: Seen) -> bool:
    """Whether it is there for all that is known, and is to stay."""
    known = recorded_id(wanted)
    return (
        known is not None and known == machine_id(wanted, seen) and not wanted.metadata.is_deleted
    )


def _is_told_elsewhere(wanted: MachineObject, seen: Seen) -> bool:
    """Whether a list had the patience already, or one project fails and others wait for a record.

    Lists of projects are known by their ids.
    """
    problems = [one.problem for one in seen.projects if one.id is not None]
    problems += hindered(wanted, seen)
    return seen.sight.trouble is not None or any(map(is_passing, problems))
