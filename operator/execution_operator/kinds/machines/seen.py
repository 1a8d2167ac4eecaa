"""What is known of a machine and its object; values alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from execution_operator.kinds.machines.creates import Creates
from execution_operator.kinds.machines.streak import Streak
from execution_operator.remote.shared_list import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from execution_operator.api.reasons import Reason
    from execution_operator.kinds.machines.actions import Change
    from execution_operator.kinds.machines.identity import Intent
    from execution_operator.kinds.problems import Problem
    from execution_operator.remote.messages import JSON
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_wire import ConnectionStatus, Machine


class Certainty(Enum):
    """What this process knows of a create that it, or one before it, may have sent."""

    UNSENT = "surely nothing was created"
    DOUBTFUL = "something may have been created"


@dataclass(frozen=True, slots=True)
class Found:
    """A look-up by name; what else the level has is left out.

    Attributes:
        began: monotonic time at which the list was asked for: what came later may be missing.
        ended: monotonic time at which all was known; it ages from then, however long that took.
        url: of the server that was asked.
        others: the ids of all that the level has, where none is of that name, so that a create may
            follow: nobody may hold their list any more by then. None: not known.
    """

    began: float
    machines: tuple[Machine, ...]
    ended: float = field(kw_only=True)
    url: str = field(kw_only=True)
    others: Collection[str] | None = field(default=None, kw_only=True, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Association:
    """What became of a change of ours.

    Attributes:
        there: whether a project may use the machine; None: later lists have to say it.
        since: monotonic time at which that was known; later lists say more.
        in_vain: the server accepted the change, and did not show it.
    """

    there: bool | None
    since: float
    in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a project was not let use the machine, or no longer, and when that is tried again.

    Attributes:
        until: monotonic time of the next attempt.
        tries: how often in a row it was surely refused, for `asked_for` (see
            `claims.due_again`).
    """

    problem: Problem
    until: float
    tries: int = 0
    asked_for: tuple[int, str] = (0, "")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Members that a server takes and never gives back.

    Attributes:
        members: under the API's own names; no repr shows them.
        fingerprint: the same for the same values of the same object, it tells nothing of them;
            None when there are no such members.
    """

    members: Mapping[str, str] = field(default_factory=dict, repr=False)
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What an exchange failed of, and the generation and the request for a look it was for."""

    problem: Problem
    asked_for: tuple[int, str]


@dataclass(frozen=True, slots=True)
class Denials:
    """How often in a row, and since when, the API says that it has no such things at all."""

    since: float
    count: int


@dataclass(frozen=True, slots=True)
class Link:
    """What the server last said of its connection to the machine; None: it does not tell.

    Attributes:
        looked_at: monotonic time at which it was asked.
    """

    looked_at: float
    said: ConnectionStatus | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What this process remembers of one object; losing it is safe.

    Attributes:
        certainty: None when this process has sent nothing.
        doubt_since: monotonic time of the last create whose fate is unknown.
        found: the last look-up by name.
        checked_at: monotonic time of the last search for twins that failed.
        machine: as it was last read on its own, and `read_at` when.
        unread: the id of what we created, until it was once seen under its name, or another one.
        stray: what we created and the server called otherwise, while it is not taken off yet.
        gone: the recorded id that the server has surely no more.
        is_confirmed: it was read for a deletion: its id still means it.
        is_removed: it was taken off the server for a deletion.
        associations: what our own changes made of projects, by id.
        repairs: how often what differed was set again, or an update was denied.
        reassociations: how often a project had to be told again the same, by id.
        refusals: changes of projects that were refused; others are not kept waiting for them.
        settles: by project, from when on lists tell all of our requests (see `claims.settles_at`).
        problem: what the last exchange failed of.
        told: that of an exchange before it, whose words are kept.
        failures: how many exchanges failed in a row.
        failed_for: the generation and the request for a look that these were about.
        creates: of whatever machines for this object, the ones that are gone as well.
        vain: the failures when it was last tried to create it: look-ups that go well between two
            attempts end no row.
        retry_at: monotonic time of the next attempt after a failure.
        lost_since: monotonic time since when it is not available.
        missing_since: monotonic time since when something that it names is not there.
        failing_since: monotonic time since when the exchange fails, or names cannot be looked up.
        back_since: monotonic time since when only lists of projects keep an outage told.
        sent: the fingerprint of the hidden members that this process sent last.
        link: the server's connection to it, as it was last looked at.
        denials: None while the API has such things, for all that is known.
    """

    certainty: Certainty | None = None
    doubt_since: float = 0.0
    found: Found | None = None
    checked_at: float = 0.0
    machine: Machine | None = None
    read_at: float = 0.0
    unread: str | None = None
    stray: Machine | None = None
    gone: str | None = None
    is_confirmed: bool = False
    is_removed: bool = False
    associations: Mapping[str, Association] = field(default_factory=dict)
    repairs: Streak = field(default_factory=Streak)
    reassociations: Mapping[str, Streak] = field(default_factory=dict)
    refusals: Mapping[Change, Refusal] = field(default_factory=dict)
    settles: Mapping[str, float | None] = field(default_factory=dict)
    problem: Problem | None = None
    told: Told | None = None
    failures: int = 0
    failed_for: tuple[int, str] | None = None
    creates: Creates = field(default_factory=Creates)
    vain: int = 0
    retry_at: float = 0.0
    lost_since: float | None = None
    missing_since: float | None = None
    failing_since: float | None = None
    back_since: float | None = None
    sent: str | None = None
    link: Link | None = None
    denials: Denials | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the last exchange failed, whatever is known of it."""
        return self.retry_at > 0

    def told_of(self, asked_for: tuple[int, str]) -> Problem | None:
        """What an exchange failed of last, unless people ask for something else by now."""
        told = self.told
        return told.problem if told is not None and told.asked_for == asked_for else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProject:
    """A project that the spec lists.

    Attributes:
        id: None while it is not known, and then `problem` says why.
    """

    id: str | None
    name: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a machine.

    Attributes:
        cluster_id: of the cluster that we are in.
        intent: as the object carries it.
        term_began: monotonic time at which this leadership began.
        url: the server's; None while there is no connection.
        level: where the machine belongs; None while the space is not known.
        blocker: why nothing can be done now.
        server_gone: the ExecutionServer or its Secret is no more.
        connecting: whether the server can be used, and by which connection, is about to be known.
        rival: another object that manages the same machine, as people may read it.
        settling: seconds after which a list surely shows what was created.
        members: what the machine has to be like, under the API's own names.
        hidden: what it has to be like and cannot be compared; None while not known.
        look_every: seconds between two looks at the server's connection; None: it has none.
        unsupported: what it is called when a server has no such machines; None: all have them.
        is_another: what the server has under its id goes by another name now.
        associations: by project, whether it may use the machine; None while not known.
        unsettled: projects on record that a late request of ours may still associate.
        changes: how many changes of projects this look brought already.
    """

    memory: Memory = Memory()
    cluster_id: str
    intent: Intent | None = None
    term_began: float = 0.0
    url: str | None = None
    level: Level | None = None
    blocker: Problem | None = None
    server_gone: bool = False
    connecting: bool = False
    rival: str | None = None
    settling: float = 60.0
    poll: float = 5.0
    members: Mapping[str, JSON] = field(default_factory=dict)
    hidden: Hidden | None = None
    look_every: float | None = None
    unsupported: Reason | None = None
    machine: Machine | None = None
    is_another: bool = False
    sight: Sight = field(default_factory=Sight)
    projects: tuple[WantedProject, ...] = ()
    associations: Mapping[str, bool | None] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()
    changes: int = 0
