"""What a run does, written down in advance; must not know the state machine that plays it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from execution_simulator.models import ControlModel
from execution_simulator.words import EndStatus, Verdict
from execution_simulator.world import Asset


class Match(ControlModel):
    """Which runs a script is for. What is None matches all; what is given must all hold."""

    asset: str | None = None
    """The asset's id or its full repository path."""
    external_type: str | None = None
    tag: str | None = None
    project: str | None = None
    """The project's id."""

    def fits(self, *, asset: Asset, project: str, tags: Iterable[str]) -> bool:
        """Whether a run of this asset, in this project, with these tags, is meant."""
        return (
            self.asset in {None, asset.id, asset.name}
            and self.external_type in {None, asset.external_type}
            and self.project in {None, project}
            and (self.tag is None or self.tag in tags)
        )


class Report(ControlModel):
    """A report of a result. `{context}`, `{project}` and `{result}` in `href` are filled in."""

    id: str = "functional"
    name: str = "Functional report"
    href: str = "{context}/funrep.html#/projects/{project}/results/{result}"
    content_type: str = "text/html"


class TestCounts(ControlModel):
    """How many test cases the JUnit view shows, by outcome."""

    __test__ = False  # the name begins like a test class; pytest must not collect it

    passed: int = Field(default=1, ge=0)
    failed: int = Field(default=0, ge=0)
    errors: int = Field(default=0, ge=0)
    skipped: int = Field(default=0, ge=0)

    @property
    def total(self) -> int:
        """All cases."""
        return self.passed + self.failed + self.errors + self.skipped


class Script(ControlModel):
    """The course of a run. Durations are in seconds of the simulator's clock."""

    name: str = "default"
    match: Match = Match()
    times: int | None = Field(default=None, ge=1)
    """Only so many runs play it, then the next one that fits does. None: all."""
    transition_seconds: float = Field(default=1, ge=0)
    run_seconds: float = Field(default=3, ge=0)
    stop_seconds: float = Field(default=1, ge=0)
    """How long the run stays STOPPING; never longer than the caller's stopTimeoutSecs."""
    verdict_delay_seconds: float = Field(default=0, ge=0)
    """How long after the end the result still says `verdict: null`."""
    end_status: EndStatus = "COMPLETE"
    verdict: Verdict | Literal["NONE"] | None = None
    """None: what the end status suggests. NONE: null for ever."""
    message: str = ""
    """Stands in the execution and the result once the run has ended."""
    log: str = "Started.\nDone.\n"
    log_grows: bool = False
    """Its lines come one by one while the run is RUNNING, the last after `run_seconds`."""
    init_log: str = "Prepared the container.\n"
    reports: tuple[Report, ...] = (Report(),)
    tests: TestCounts = TestCounts()
    junit: str | None = None
    """The JUnit view as it is, in the place of one that is made of `tests`."""
    never_ends: bool = False
    stuck_in_transition: bool = False
    transition_status: str = "IN_TRANSITION"
    """The word shown before RUNNING, such as WAITING_FOR_AGENT."""
    stop_ends_as: EndStatus = "STOPPED_BY_USER"
    """COMPLETE: the natural end wins the race against the stop."""
    hard_stop_ends_as: EndStatus = "STOPPED_BY_USER"
    """The end when `stop_seconds` is longer than the caller allowed."""
    restarts_on_configuration: bool = False
    """Whether a change of the advanced configurations starts the run anew."""


class Scripts:
    """The scripts in force, the first match wins; without a match the default `Script()`."""

    def __init__(self, scripts: Iterable[Script] = ()) -> None:
        self._scripts = tuple(scripts)
        self._played: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Script]:
        return iter(self._scripts)

    def replace(self, scripts: Iterable[Script]) -> None:
        """Forget all, take these."""
        self._scripts = tuple(scripts)
        self._played.clear()

    def put(self, script: Script) -> None:
        """Put a script before all others; one of the same name goes."""
        self._scripts = (script, *(old for old in self._scripts if old.name != script.name))
        del self._played[script.name]

    def choose(self, *, asset: Asset, project: str, tags: Iterable[str]) -> Script:
        """The script that a new run plays; it counts for the script's `times`."""
        for script in self._scripts:
            used_up = script.times is not None and self._played[script.name] >= script.times
            if not used_up and script.match.fits(asset=asset, project=project, tags=tags):
                self._played[script.name] += 1
                return script
        return Script()
