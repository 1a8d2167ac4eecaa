"""How the demonstration looks, on a terminal and in a log."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from cluster.report import Report
from demonstration.examples import parse_ending
from demonstration.installation import Resource
from demonstration.outcomes import Outcome
from demonstration.screen import Lines, Sight, Tables, as_kubectl, happened, open_view, step
from demonstration.tables import Seen, Table

RUNS = Resource("TestExecution", "testexecutions", "tex", group="g", version="v1")
SERVERS = Resource("ExecutionServer", "executionservers", "exs", group="g", version="v1")
COLUMNS = [
    {"name": "Name", "type": "string", "format": "name", "priority": 0},
    {"name": "Phase", "type": "string", "priority": 0},
    {"name": "Asset", "type": "string", "priority": 1},
    {"name": "Age", "type": "date", "priority": 0},
]


def row(*cells: Any) -> dict[str, Any]:
    return {"cells": cells, "object": {"metadata": {"name": cells[0]}, "unknown": 1}}


def sight(*rows: dict[str, Any], resource: Resource = RUNS) -> Sight:
    table = {"kind": "Table", "columnDefinitions": COLUMNS, "rows": rows}
    return Sight(resource, Table.model_validate(table))


def console(*, width: int = 80, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=terminal, _environ={})


def printed(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def logged(*moments: list[Sight]) -> list[str]:
    """What a log has after those moments."""
    out = console()
    lines = Lines(out)
    for moment in moments:
        lines.show(moment)
    return printed(out)


def test_a_table_has_the_columns_that_kubectl_shows_without_wide() -> None:
    out = console()
    out.print(as_kubectl([sight(row("smoke", "Running", "a.testsuite", "3s"))]))
    assert printed(out) == ["", "$ kubectl get tex", "NAME   PHASE    AGE", "smoke  Running  3s"]


def test_a_cell_that_is_missing_is_blank() -> None:
    assert logged([sight(row("smoke", None, None, "3s"))])[-1] == "tex/smoke         3s"


def test_a_log_has_each_object_once_below_its_kind_s_headings() -> None:
    servers = sight(row("hub", "x", "", "1s"), resource=SERVERS)
    runs = sight(row("smoke", "Pending", "", "1s"), row("other", "Running", "", "1s"))
    assert logged([servers, runs]) == [
        "exs/NAME  PHASE  AGE",
        "exs/hub   x      1s",
        "tex/NAME   PHASE    AGE",
        "tex/smoke  Pending  1s",
        "tex/other  Running  1s",
    ]


def test_a_log_gets_a_line_for_what_changed_only() -> None:
    before = [sight(row("smoke", "Pending", "", "1s"), row("other", "Running", "", "1s"))]
    after = [sight(row("smoke", "Running", "", "2s"), row("other", "Running", "", "2s"))]
    assert logged(before, after)[3:] == ["tex/smoke  Running  2s"]


def test_age_alone_is_no_change() -> None:
    lines = logged(
        [sight(row("smoke", "Running", "", "1s"))], [sight(row("smoke", "Running", "", "9s"))]
    )
    assert len(lines) == 2


def test_columns_stay_as_wide_as_what_came() -> None:
    words = ("Pending", "InTransition", "Running")
    lines = logged(*([sight(row("smoke", word, "", "1s"))] for word in words))
    assert lines[-2:] == ["tex/smoke  InTransition  1s", "tex/smoke  Running       1s"]


@pytest.mark.parametrize(
    ("terminal", "view"), [(True, Tables), (False, Lines)], ids=["terminal", "pipe"]
)
def test_tables_are_redrawn_on_a_terminal_only(terminal: bool, view: type) -> None:  # noqa: FBT001 - a table's column
    with open_view(console(terminal=terminal)) as opened:
        assert isinstance(opened, view)


def test_a_coloured_pipe_is_not_redrawn() -> None:
    out = Console(file=io.StringIO(), force_terminal=True, force_interactive=False)
    with open_view(out) as opened:
        assert isinstance(opened, Lines)


def test_a_step_says_how_long_it_took() -> None:
    out = console()
    moments = iter([1.0, 3.5, 3.5])
    with step(Report(out, elapsed_seconds=lambda: next(moments)), "doing", done="done"):
        pass
    assert printed(out) == ["   3.5 s  done (2.5 s)"]


def outcome(said: str, **status: Any) -> Outcome:
    found = {"metadata": {"name": "smoke"}, "status": status}
    return Outcome(parse_ending(said), Seen.model_validate(found) if status else None)


def test_the_end_shows_what_was_expected_what_came_and_why() -> None:
    out = console()
    ready = {"type": "Ready", "status": "False", "reason": "TestsFailed", "message": "2 of 9"}
    end = outcome("TestExecution/smoke phase=Succeeded", phase="Failed", conditions=[ready])
    out.print(happened([end], [RUNS]))
    assert printed(out)[1].split() == ["object", "expected", "got", "why"]
    assert printed(out)[3].split() == ["tex/smoke", "Succeeded", "Failed", "2", "of", "9"]


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        pytest.param(outcome("TestExecution/smoke phase=Failed"), "not there", id="absent"),
        pytest.param(outcome("TestExecution/smoke verdict=FAIL", phase="x"), "-", id="empty"),
    ],
)
def test_what_did_not_come_is_shown_too(end: Outcome, shown: str) -> None:
    out = console()
    out.print(happened([end], [RUNS]))
    assert printed(out)[3].endswith(f"  {shown}")


@pytest.mark.parametrize("width", [80, 120])
def test_the_end_loses_no_word_on_a_narrow_terminal(width: int) -> None:
    out = console(width=width)
    words = [f"word{number}" for number in range(60)]
    ready = {"type": "Ready", "status": "False", "message": " ".join(words)}
    end = outcome("TestExecution/smoke phase=Failed", phase="Failed", conditions=[ready])
    out.print(happened([end], [RUNS]))
    text = " ".join(printed(out)).split()
    assert [word for word in text if word in words] == words
    assert max(map(len, printed(out))) <= width
