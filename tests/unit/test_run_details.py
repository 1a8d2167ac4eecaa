"""What a status tells of a result beside its verdict, and what it leaves out."""

from __future__ import annotations

import pytest

from execution_operator.kinds.test_execution.details import left_out, reports_of, result_page
from execution_operator.kinds.test_execution.memories import Memories
from execution_operator.kinds.test_execution.seen import Memory
from execution_operator.remote.redaction import Redactor
from execution_operator.remote.testhub.wire import ResultResource
from support.runs import run, seen

SECRET = "a-secret-value"


def found(*reports, clean=None):
    return ResultResource.model_validate({"id": "r1", "reports": [*reports]}, context=clean)


def shown(*reports):
    known = seen(Memory(result=found(*reports)))
    return reports_of(known), left_out(known, reports_of(known))


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://h", "https://h/funrep.html#/projects/1050/results/7"),
        ("https://h/test", "https://h/test/funrep.html#/projects/1050/results/7"),
    ],
    ids=["version 10", "version 11"],
)
def test_a_result_s_page_is_below_the_context_path(url, page):
    assert result_page(url, "1050", "7") == page


def test_ids_are_escaped_in_a_page():
    assert result_page("https://h", "a/b", "c#d").endswith("#/projects/a%2Fb/results/c%23d")


def test_a_report_without_a_name_has_its_id_or_none():
    reports, _ = shown({"id": "functional", "href": "a"}, {"href": "b"})
    assert [one.name for one in reports] == ["functional", "report"]


def test_reports_have_names_of_their_own_however_long():
    reports, _ = shown(*({"name": 400 * "n", "href": f"{number}"} for number in range(3)))
    assert len({one.name for one in reports}) == 3
    assert max(len(one.name) for one in reports) <= 253


def test_reports_take_no_more_room_than_a_status_has():
    reports, missing = shown(*({"name": f"{n}", "href": 900 * "ü"} for n in range(4)))
    assert sum(len(one.url.encode()) for one in reports) <= 4096
    assert missing == f"; {4 - len(reports)} of 4 reports are not listed here"
    assert len(reports) < 4


def test_all_reports_that_are_shown_leave_nothing_to_say():
    assert shown({"name": "a", "href": "b"})[1] == ""


@pytest.mark.parametrize("href", [f"/r?token={SECRET}", f"https://hub.example.com/{SECRET}"])
def test_a_link_with_one_of_our_tokens_is_not_kept(href):
    result = found({"name": "a", "href": href}, clean=Redactor([SECRET]))
    assert [one.href for one in result.reports] == [None]


@pytest.mark.parametrize(
    "report", [{"name": SECRET, "href": "a"}, {"name": "a", "href": f"a?{SECRET}"}], ids=str
)
def test_a_report_with_a_variable_s_value_is_not_kept(report):
    wanted = run(spec={"variables": {"password": SECRET}})
    kept = Memories().keep(wanted, result=found(report, {"name": "b", "href": "b"}))
    assert [one.name for one in kept.result.reports] == ["b"]
