"""Which runs a list request means (seed 000, GET executions/), as pure data; knows no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from execution_simulator.ledger import Run, Wish
from execution_simulator.runs import completed_at, current
from execution_simulator.variants import Settings
from execution_simulator.words import ACTIVE, ENDED

ALL_STATUSES = ACTIVE | ENDED


@dataclass(frozen=True, slots=True)
class Filter:
    """All of it must hold. An empty set and None ask for nothing; moments are epoch seconds."""

    statuses: frozenset[str] = ACTIVE
    asset_ids: frozenset[str] = frozenset()
    asset_paths: frozenset[str] = frozenset()
    external_types: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    scheduled_after: float | None = None
    scheduled_before: float | None = None
    completed_after: float | None = None
    completed_before: float | None = None
    unset_or_completed_after: float | None = None

    def wish(self) -> Wish:
        """What narrows the search."""
        return Wish(self.statuses <= ACTIVE, self.tags, self.completed_after)

    def matches(self, run: Run, now: float, settings: Settings) -> bool:
        """Whether a run is meant. A new run is not seen in lists before the list lag is over."""
        return (
            run.created + settings.list_lag_seconds <= now
            and self._lists(current(run.timeline, now).status, settings)
            and (not self.tags or self.tags <= frozenset(run.tags))
            and self._names(run)
            and self._dates(run, now)
        )

    def _lists(self, status: str, settings: Settings) -> bool:
        if status in ALL_STATUSES:
            return status in self.statuses
        return settings.list_unknown_statuses and "IN_TRANSITION" in self.statuses

    def _names(self, run: Run) -> bool:
        return (
            _in(run.asset.id, self.asset_ids)
            and _in(run.asset.name, self.asset_paths)
            and _in(run.asset.external_type, self.external_types)
            and _in(run.specification.environment or "", self.environments)
        )

    def _dates(self, run: Run, now: float) -> bool:
        completed = completed_at(run.timeline, now)
        either = self.unset_or_completed_after
        return (
            _between(run.due, self.scheduled_after, self.scheduled_before)
            and _between(completed, self.completed_after, self.completed_before)
            and (either is None or completed is None or completed > either)
        )


def parse_filter(query: Mapping[str, str], settings: Settings) -> Filter:
    """The filter of a query.

    Raises:
        ValueError: for a status that does not exist or a date that is none.
    """
    dates = {name: _moment(name, query[name]) for name in _DATES if query.get(name)}
    return Filter(
        statuses=_statuses(query.get("execution.status", ""), bool(dates), settings),
        asset_ids=_words(query, "asset.id"),
        asset_paths=_words(query, "asset.path"),
        external_types=_words(query, "asset.externalType"),
        environments=_words(query, "environment"),
        tags=_words(query, "tag") if settings.tag_filter == "works" else frozenset(),
        scheduled_after=dates.get("scheduledDateAfter"),
        scheduled_before=dates.get("scheduledDateBefore"),
        completed_after=dates.get("completionDateAfter"),
        completed_before=dates.get("completionDateBefore"),
        unset_or_completed_after=dates.get("completionDateNotSetOrAfter"),
    )


_DATES = (
    "scheduledDateAfter",
    "scheduledDateBefore",
    "completionDateAfter",
    "completionDateBefore",
    "completionDateNotSetOrAfter",
)


def _statuses(text: str, has_dates: bool, settings: Settings) -> frozenset[str]:  # noqa: FBT001 -- private, one caller
    words = frozenset(word for word in text.split(",") if word)
    if not words:
        return ALL_STATUSES if has_dates and settings.date_filter_lifts_status else ACTIVE
    unknown = words - ALL_STATUSES - {"ALL"}
    if unknown:
        message = f"execution.status: unknown status {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return ALL_STATUSES if "ALL" in words else words


def _words(query: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(word for word in query.get(name, "").split(",") if word)


def _moment(name: str, text: str) -> float:
    # An offset's + arrives as a blank where the caller did not escape it.
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        message = f"{name}: must be an ISO 8601 date such as 2020-08-22T15:00:25Z"
        raise ValueError(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in(value: str, wanted: frozenset[str]) -> bool:
    return not wanted or value in wanted


def _between(moment: float | None, after: float | None, before: float | None) -> bool:
    if after is None and before is None:
        return True
    if moment is None:
        return False
    return (after is None or moment > after) and (before is None or moment < before)
