"""The simulator's time, which a test can stop and move; knows nothing of what happens in it."""

from collections.abc import Callable


class Clock:
    """Seconds since the epoch, read from outside and shifted by what `advance` added."""

    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read
        self._shift = 0.0
        self._stopped_at: float | None = None

    def now(self) -> float:
        """Seconds since the epoch."""
        running = self._read() if self._stopped_at is None else self._stopped_at
        return running + self._shift

    def advance(self, seconds: float) -> None:
        """Move forward, never back: a run that has ended stays ended.

        Raises:
            ValueError: when seconds is negative.
        """
        if seconds < 0:
            message = f"cannot advance the clock by {seconds} s: it never goes back"
            raise ValueError(message)
        self._shift += seconds

    def freeze(self) -> None:
        """Stand still from now on; only `advance` moves it."""
        if self._stopped_at is None:
            self._stopped_at = self._read()

    def thaw(self) -> None:
        """Run again from where it stands."""
        if self._stopped_at is not None:
            self._shift -= self._read() - self._stopped_at
            self._stopped_at = None

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._stopped_at is not None
