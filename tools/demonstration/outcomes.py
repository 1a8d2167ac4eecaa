"""Decides whether the examples ended as they said; looks at nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from demonstration.examples import Ending, Named
    from demonstration.tables import Seen

# A state that may be left again counts as an end when it lasts longer than any step of a run.
SETTLED_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ending and what was seen of its object; None: it is not there."""

    ending: Ending
    seen: Seen | None

    @property
    def got(self) -> tuple[str, ...]:
        """What the object shows of the ending's keys, in their order; empty for nothing."""
        if self.seen is None:
            return ()
        return tuple(self.seen.value_of(one.key) for one in self.ending.fields)

    @property
    def is_as_said(self) -> bool:
        """Whether the object shows all that the ending says."""
        return self.got == tuple(one.value for one in self.ending.fields)

    @property
    def is_final(self) -> bool:
        """Whether the object can never end in another way."""
        return self.seen is not None and self.seen.is_completed


def compare(endings: Iterable[Ending], seen: Mapping[Named, Seen]) -> tuple[Outcome, ...]:
    """Put what was seen beside what was said."""
    return tuple(Outcome(ending, seen.get(ending.about)) for ending in endings)


def due(waiting: list[Ending], seen: Mapping[Named, Seen]) -> tuple[Named, ...]:
    """Take out of the list what is seen as it says, and name it."""
    reached = [one for one in compare(waiting, seen) if one.is_as_said]
    for one in reached:
        waiting.remove(one.ending)
    return tuple(one.ending.about for one in reached)


def difference(outcome: Outcome) -> str:
    """Say in one line what is not as said."""
    if outcome.seen is None:
        return f"{outcome.ending.about} is not there"
    pairs = zip(outcome.ending.fields, outcome.got, strict=True)
    wrong = (
        f"{one.key}={got or 'nothing'} instead of {one.value}"
        for one, got in pairs
        if got != one.value
    )
    return f"{outcome.ending.about} has {', '.join(wrong)}"


@dataclass(frozen=True, slots=True)
class _Lasting:
    got: tuple[str, ...]
    since_seconds: float


@dataclass(slots=True)
class Patience:
    """Knows since when each object looks as it does."""

    _known: dict[Named, _Lasting] = field(default_factory=dict)

    def is_over(self, outcomes: Iterable[Outcome], now_seconds: float) -> bool:
        """Say whether nothing more is to be waited for."""
        ended = [self._has_ended(outcome, now_seconds) for outcome in outcomes]
        return all(ended)

    def _has_ended(self, outcome: Outcome, now_seconds: float) -> bool:
        last = self._known.get(outcome.ending.about)
        if last is None or last.got != outcome.got:
            last = _Lasting(outcome.got, now_seconds)
            self._known[outcome.ending.about] = last
        if outcome.is_final:
            return True
        return outcome.is_as_said and now_seconds - last.since_seconds >= SETTLED_SECONDS
