"""Which runs a list request means."""

import pytest

from execution_simulator.ledger import Ledger, Run, Wish
from execution_simulator.runs import forced, planned
from execution_simulator.scripts import Script
from execution_simulator.specification import ExecutionSpecification
from execution_simulator.testhub.filters import parse_filter
from execution_simulator.variants import Settings
from execution_simulator.world import Asset

NOW = 1_800_000_000.0
AT_NOW = "2027-01-15T08:00:00Z"
A_SECOND_BEFORE = "2027-01-15T07:59:59Z"
A_SECOND_AFTER = "2027-01-15T08:00:01Z"


def run(
    *, run_id: str = "run", tags: tuple[str, ...] = ("a", "b"), script: Script | None = None
) -> Run:
    """A run of an API suite that was created and began at NOW."""
    script = script or Script(transition_seconds=10, run_seconds=10)
    wanted = ExecutionSpecification.model_validate_json(
        '{"testAsset": {"name": "x", "revision": "main"}, "offlineToken": "t",'
        ' "environment": "staging"}'
    ).model_copy(update={"tags": tags})
    return Run(
        id=run_id,
        result_id=f"result-{run_id}",
        project_id="1",
        asset=Asset(id="asset", project_id="1", name="T/x.testsuite", external_type="APISUITE"),
        specification=wanted,
        script=script,
        created=NOW,
        due=NOW,
        timeline=planned(script, created=NOW, due=NOW),
        configurations={},
    )


@pytest.mark.parametrize(
    ("query", "after", "expected"),
    [
        ({}, 0, True),
        ({}, 20, False),
        ({"execution.status": "ALL"}, 20, True),
        ({"execution.status": "COMPLETE"}, 20, True),
        ({"execution.status": "RUNNING,COMPLETE"}, 10, True),
        ({"execution.status": "COMPLETE,CANCELED"}, 10, False),
        ({"asset.id": "other,asset"}, 0, True),
        ({"asset.id": "other"}, 0, False),
        ({"asset.path": "T/x.testsuite"}, 0, True),
        ({"asset.path": "x.testsuite"}, 0, False),
        ({"asset.externalType": "APISUITE,APISTUB"}, 0, True),
        ({"asset.externalType": "APISTUB"}, 0, False),
        ({"environment": "production,staging"}, 0, True),
        ({"environment": "production"}, 0, False),
        ({"tag": "a"}, 0, True),
        ({"tag": "a,b"}, 0, True),
        ({"tag": "a,c"}, 0, False),
        ({"scheduledDateAfter": A_SECOND_BEFORE}, 0, True),
        ({"scheduledDateAfter": AT_NOW}, 0, False),
        ({"scheduledDateBefore": A_SECOND_AFTER}, 0, True),
        ({"scheduledDateBefore": AT_NOW}, 0, False),
        ({"scheduledDateBefore": "2027-01-15T10:00:01+02:00"}, 0, True),
        ({"completionDateAfter": AT_NOW, "execution.status": "ALL"}, 20, True),
        ({"completionDateAfter": AT_NOW, "execution.status": "ALL"}, 10, False),
        ({"completionDateAfter": "2027-01-15T08:00:20Z", "execution.status": "ALL"}, 20, False),
        ({"completionDateBefore": "2027-01-15T08:00:21Z", "execution.status": "ALL"}, 30, True),
        ({"completionDateBefore": "2027-01-15T08:00:20Z", "execution.status": "ALL"}, 30, False),
        ({"completionDateNotSetOrAfter": AT_NOW}, 10, True),
        ({"completionDateNotSetOrAfter": AT_NOW, "execution.status": "ALL"}, 20, True),
        (
            {"completionDateNotSetOrAfter": "2027-01-15T08:00:20Z", "execution.status": "ALL"},
            30,
            False,
        ),
        ({"completionDateAfter": AT_NOW}, 20, False),
    ],
    ids=str,
)
def test_a_filter_means_a_run(query: dict[str, str], after: float, expected: bool) -> None:  # noqa: FBT001 -- a column of the table
    settings = Settings()
    assert parse_filter(query, settings).matches(run(), NOW + after, settings) is expected


@pytest.mark.parametrize(
    ("settings", "query", "after", "expected"),
    [
        pytest.param(Settings(tag_filter="ignored"), {"tag": "c"}, 0, True, id="tags ignored"),
        pytest.param(Settings(list_lag_seconds=5), {}, 4, False, id="within the lag"),
        pytest.param(Settings(list_lag_seconds=5), {}, 5, True, id="after the lag"),
        pytest.param(
            Settings(date_filter_lifts_status=True),
            {"completionDateAfter": AT_NOW},
            20,
            True,
            id="a date lifts the default status",
        ),
    ],
)
def test_a_setting_changes_what_is_meant(
    settings: Settings, query: dict[str, str], after: float, *, expected: bool
) -> None:
    assert parse_filter(query, settings).matches(run(), NOW + after, settings) is expected


@pytest.mark.parametrize("listed", [True, False])
def test_a_word_outside_the_enum_is_listed_as_the_settings_say(*, listed: bool) -> None:
    settings = Settings(list_unknown_statuses=listed)
    waiting = run(script=Script(transition_status="WAITING_FOR_AGENT"))
    assert parse_filter({}, settings).matches(waiting, NOW, settings) is listed


@pytest.mark.parametrize(
    "query",
    [
        {"execution.status": "RUNNING,DONE"},
        {"execution.status": "running"},
        {"completionDateAfter": "yesterday"},
        {"scheduledDateBefore": "7:00PM"},
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_an_error(query: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(query))):
        parse_filter(query, Settings())


def test_a_run_leaves_the_active_ones_when_its_end_has_come() -> None:
    ledger = Ledger()
    ledger.add(run())
    active = Wish(active_only=True, tags=frozenset())
    counts = [len(list(ledger.candidates("1", active, NOW + after))) for after in (19, 20)]
    assert counts == [1, 0]


def test_a_look_by_tag_touches_no_other_run() -> None:
    ledger = Ledger()
    for number in range(100):
        ledger.add(run(run_id=str(number), tags=("all", f"only-{number}")))
    wish = Wish(active_only=False, tags=frozenset({"all", "only-7"}))
    assert [found.id for found in ledger.candidates("1", wish, NOW + 100)] == ["7"]


def test_a_look_by_completion_touches_only_later_ends() -> None:
    ledger = Ledger()
    for number in range(10):
        ledger.add(run(run_id=str(number), script=Script(run_seconds=number)))
    wish = Wish(active_only=False, tags=frozenset({"a"}), completed_after=NOW + 8.5)
    assert [found.id for found in ledger.candidates("1", wish, NOW + 100)] == ["8", "9"]


def test_a_forced_end_is_found_and_a_run_that_is_brought_back_is_active_again() -> None:
    ledger, kept = Ledger(), run()
    ledger.add(kept)
    active = Wish(active_only=True, tags=frozenset())
    ledger.change(kept, forced(kept.timeline, now=NOW + 1, status="CANCELED", message=""))
    ended = list(ledger.candidates("1", active, NOW + 1))
    ledger.change(kept, forced(kept.timeline, now=NOW + 2, status="RUNNING", message=""))
    assert (ended, list(ledger.candidates("1", active, NOW + 99))) == ([], [kept])


def test_a_removed_run_is_found_nowhere() -> None:
    ledger, gone = Ledger(), run()
    ledger.add(gone)
    ledger.remove(gone)
    everything = Wish(active_only=False, tags=frozenset({"a"}))
    assert list(ledger.candidates("1", everything, NOW + 100)) == []
    assert ledger.get("1", "run") is ledger.find("run") is ledger.by_result("1", "result-run")
