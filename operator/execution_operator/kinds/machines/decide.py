"""The one next thing for a machine; pure: no clock, no server, no cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from execution_operator.api.machine import Origin
from execution_operator.kinds.machines.actions import (
    Action,
    Confirm,
    Create,
    Look,
    LookUp,
    Update,
    Withdraw,
    WriteIntent,
)
from execution_operator.kinds.machines.claims import (
    association_pauses,
    changing,
    claim_pauses,
    claims,
    dissociation_pauses,
    unwanted,
)
from execution_operator.kinds.machines.deletion import deleting
from execution_operator.kinds.machines.drift import drift
from execution_operator.kinds.machines.identity import Intent, space_of
from execution_operator.kinds.machines.patience import lists_awaited
from execution_operator.kinds.machines.standing import (
    doubt_since,
    in_doubt,
    is_elsewhere,
    is_unsent,
    is_vain,
    level_is_recorded,
    looked_up,
    machine_id,
    origin,
    recorded_id,
)
from execution_operator.kinds.machines.twins import due
from execution_operator.reconcile.kind import Plan, Result
from execution_operator.remote.errors import NotFound

if TYPE_CHECKING:
    from execution_operator.api.machine import MachineObject
    from execution_operator.kinds.machines.seen import Found, Seen
    from execution_operator.kinds.periods import Periods
    from execution_operator.reconcile.ports import Now
    from execution_operator.remote.testhub.levels import Level

REST: Final[Plan[Action]] = Plan()
_MISSES: Final = 3
"""A machine is gone when that many lists in a row lack it, and the server denies it."""


def decide(wanted: MachineObject, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """What to do next, or when to look again.

    An intent to create stands only while the create follows at once or may have happened: before
    anything else is done, or waited for, it is taken back.
    """
    if wanted.metadata.is_deleted:
        return deleting(wanted, seen, now, periods)
    plan = _living(wanted, seen, now, periods)
    if is_vain(wanted, seen) and not isinstance(plan.action, Create | WriteIntent):
        return Plan(action=Withdraw())
    return plan


def _living(wanted: MachineObject, seen: Seen, now: Now, periods: Periods) -> Plan[Action]:
    """The same for an object that nobody wants gone."""
    if wanted.metadata.is_paused or seen.connecting:
        return REST
    if is_elsewhere(wanted, seen):
        return Plan(result=Result.TERMINAL)
    if seen.rival is not None:
        return Plan(look_again=periods.secret, result=Result.TERMINAL)
    if seen.blocker is not None or seen.url is None or seen.level is None:
        return Plan(look_again=periods.secret, result=Result.REQUEUED)
    if seen.memory.retry_at > now.monotonic:
        return Plan(look_again=seen.memory.retry_at - now.monotonic, result=Result.REQUEUED)
    if _is_denied(seen):
        return Plan(action=LookUp(seen.level, now.monotonic))
    if machine_id(wanted, seen) is None:
        return _finding(wanted, seen, now, level=seen.level, periods=periods)
    return _keeping(wanted, seen, now, level=seen.level, periods=periods)


def _is_denied(seen: Seen) -> bool:
    """Whether the API may have no such machines at all: count how often it says so.

    A list of our own that worked since then is newer than what followers were told of the lists.
    """
    if seen.memory.denials is not None:
        return True
    trouble, found = seen.sight.trouble, looked_up(seen)
    if seen.unsupported is None or trouble is None or not isinstance(trouble.error, NotFound):
        return False
    return found is None or found.began <= trouble.since


def _finding(
    wanted: MachineObject, seen: Seen, now: Now, *, level: Level, periods: Periods
) -> Plan[Action]:
    """Look it up by its name; adopt it, or create it when it is surely not there."""
    if recorded_id(wanted) is not None:
        return Plan(look_again=seen.poll, result=Result.REQUEUED)  # the status forgets it now
    doubtful = in_doubt(wanted, seen)
    found = looked_up(seen)
    if is_vain(wanted, seen) and wanted.metadata.is_held and found and not found.machines:
        return Plan(action=Create(level))  # announced just now: however long that took
    since = doubt_since(seen) if doubtful else 0.0
    oldest = now.monotonic - (periods.quiet if doubtful else _fresh(seen, periods))
    if found is None or found.began < since or found.ended < oldest:
        return Plan(action=LookUp(level, max(since, oldest)))
    if len(found.machines) > 1:
        left = found.ended + periods.secret - now.monotonic
        if left > 0:
            return Plan(look_again=left, result=Result.TERMINAL)
        return Plan(action=LookUp(level, now.monotonic))
    if found.machines:
        return Plan(action=WriteIntent(_intent(wanted, seen, level, Origin.ADOPTED)))
    if doubtful:
        return _doubting(found, seen, now, level)
    pause = seen.memory.creates.wait(now.monotonic, periods)
    if pause > 0:  # until then somebody else may put it there
        return Plan(look_again=min(pause, periods.secret), result=Result.REQUEUED)
    return Plan(action=WriteIntent(_intent(wanted, seen, level, Origin.CREATED)))


def _doubting(found: Found, seen: Seen, now: Now, level: Level) -> Plan[Action]:
    """What may have been created is not listed: it surely was not only once the lists settled."""
    settled = doubt_since(seen) + seen.settling
    if found.began >= settled:
        return Plan(action=Withdraw())
    if now.monotonic >= settled:
        return Plan(action=LookUp(level, settled))
    return Plan(look_again=settled - now.monotonic, result=Result.REQUEUED)


def _fresh(seen: Seen, periods: Periods) -> float:
    """For how many seconds a look-up holds."""
    return min(max(2 * seen.poll, 1.0), periods.quiet)


def _keeping(
    wanted: MachineObject, seen: Seen, now: Now, *, level: Level, periods: Periods
) -> Plan[Action]:
    """Hold and record it, repair it, let the right projects use it."""
    known = machine_id(wanted, seen) or ""
    how = origin(wanted, seen)
    if not wanted.metadata.is_held and how is not None:
        return Plan(action=WriteIntent(_intent(wanted, seen, level, how)))
    if not level_is_recorded(wanted, seen):
        return Plan(look_again=seen.poll, result=Result.REQUEUED)  # the status is written now
    if seen.machine is None:
        return _missing(seen, now, level=level, known=known, periods=periods)
    if claims(wanted, seen, now) != wanted.status.projects:
        return Plan(look_again=seen.poll, result=Result.REQUEUED)  # the status is written now
    memory, fight = seen.memory, periods.fight
    pauses = association_pauses(wanted, seen, now, fight)
    missing = [one for one, wait in pauses.items() if not wait]
    if missing:
        return changing(missing[0], seen)
    left = dissociation_pauses(wanted, seen, unwanted(wanted, seen), now=now, fight=fight)
    dropped = [one for one, wait in left.items() if not wait]
    if dropped:
        return changing(dropped[0], seen)
    drifted = bool(drift(seen.members, seen.machine.members))
    unsent = is_unsent(wanted, seen)  # it waits for a fight over the rest, but never for long
    repair = memory.repairs.wait(now.monotonic, min(fight, periods.secret) if unsent else fight)
    if (unsent or drifted) and not repair:
        return Plan(action=Update(level, known))
    waits = [*pauses.values(), *left.values(), *claim_pauses(wanted, seen, now, fight)]
    waits += [repair] * (unsent or drifted)
    awaited = lists_awaited(wanted, seen, now, periods)
    waits += [awaited] * (awaited > 0)
    return _looking(seen, now, _rest(seen, now, waits, periods), Look(level, known))


def _looking(seen: Seen, now: Now, plan: Plan[Action], look: Look) -> Plan[Action]:
    """The same, and in time a look at the server's connection.

    What failed is not told any more once it is time to try again (`Observer`). When that time
    comes during this very look and nothing is left to try, a look-up shows that all is well.
    """
    if seen.memory.problem is not None:
        return Plan(action=LookUp(look.level, now.monotonic))
    left = _look_in(seen, now)
    if left is None:
        return plan
    if left <= 0:
        return Plan(action=look)
    return replace(plan, look_again=left if plan.look_again is None else min(plan.look_again, left))


def _look_in(seen: Seen, now: Now) -> float | None:
    """Seconds until the next look at the server's connection; None where it has none."""
    if seen.look_every is None:
        return None
    link = seen.memory.link
    return 0.0 if link is None else link.looked_at + seen.look_every - now.monotonic


def _rest(seen: Seen, now: Now, waits: list[float], periods: Periods) -> Plan[Action]:
    """Until the lists show a change, or something that is waited for may have come."""
    if any(one.problem for one in seen.projects):
        waits = [*waits, periods.secret]
    if seen.memory.lost_since is not None:
        left = seen.memory.lost_since + periods.missing - now.monotonic
        waits = [*waits, left] if left > 0 else waits
    peace = seen.memory.creates.peace_in(now.monotonic, periods.fight)
    if peace is not None:
        waits = [*waits, peace]
    again = due(seen, periods)
    if again is not None and again <= now.monotonic and seen.level is not None:
        return Plan(action=LookUp(seen.level, again - periods.quiet, is_for_twins=True))
    if again is not None:
        waits = [*waits, again - now.monotonic]
    return Plan(look_again=min(waits), result=Result.REQUEUED) if waits else REST


def _missing(seen: Seen, now: Now, *, level: Level, known: str, periods: Periods) -> Plan[Action]:
    """Believe that it is gone only after several lists, and then ask for it by its id."""
    sight = seen.sight
    if seen.is_another:
        return Plan(action=Confirm(level, known))
    if sight.missed_since is None:
        return REST  # no list was completed yet; the first one wakes
    left = sight.missed_since + periods.lost - now.monotonic
    if left > 0 or sight.misses < _MISSES:
        return Plan(look_again=max(left, seen.poll), result=Result.REQUEUED)
    return Plan(action=Confirm(level, known))


def _intent(wanted: MachineObject, seen: Seen, level: Level, how: Origin) -> Intent:
    return Intent(
        uid=wanted.metadata.uid,
        cluster=seen.cluster_id,
        server=seen.url or "",
        space=space_of(level),
        origin=how,
        writer="",
    )
