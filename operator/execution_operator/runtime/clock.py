"""The machine's clock as the engine's port; the only place where time is read."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from execution_operator.reconcile.ports import Now


class SystemClock:
    """Monotonic seconds for periods, UTC for what people read."""

    def now(self) -> Now:
        """This moment."""
        return Now(time.monotonic(), datetime.now(UTC))
