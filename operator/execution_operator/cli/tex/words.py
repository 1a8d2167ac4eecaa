"""How times and tables are written for people; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from execution_operator.cli.tex.outcome import phase_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from execution_operator.cli.tex.objects import Found

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_DETAILED_MINUTES: Final = 10
_DETAILED_HOURS: Final = 10
_TWO_DAYS: Final = 2
COLUMNS: Final = ("NAME", "PHASE", "VERDICT", "SERVER", "ASSET", "DURATION", "AGE")


def period(length: timedelta) -> str:
    """A length of time as kubectl shortens it: 45s, 3m20s, 15m, 4h5m, 3d."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // _MINUTE, seconds // _HOUR, seconds // _DAY
    if minutes < _TWO_DAYS:
        return f"{seconds}s"
    if minutes < _DETAILED_MINUTES:
        return _pair(minutes, "m", seconds % _MINUTE, "s")
    if hours < 1:
        return f"{minutes}m"
    if hours < _DETAILED_HOURS:
        return _pair(hours, "h", minutes % 60, "m")
    return f"{hours}h" if days < _TWO_DAYS else f"{days}d"


def row(found: Found, *, now: datetime, with_namespace: bool) -> tuple[str, ...]:
    """One run as the cells of a table; `COLUMNS`, or NAMESPACE before them."""
    run = found.run
    created = run.metadata.creation_timestamp
    asset = run.spec.test_asset.name or run.spec.test_asset.asset_id or ""
    cells = (
        found.name,
        phase_of(run),
        str(run.status.verdict or "-"),
        run.spec.server_ref.name,
        asset,
        run.status.duration or _so_far(found, now),
        period(now - created) if created else "",
    )
    return (found.namespace, *cells) if with_namespace else cells


def newest_last(items: Sequence[Found]) -> list[Found]:
    """In the order in which they were asked for."""
    return sorted(items, key=_order)


def _order(found: Found) -> tuple[str, str, str]:
    created = found.run.metadata.creation_timestamp
    return (created.isoformat() if created else "", found.namespace, found.name)


def _so_far(found: Found, now: datetime) -> str:
    status = found.run.status
    if status.start_time is None or status.completion_time is not None:
        return "-"
    return period(now - status.start_time)


def _pair(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"
