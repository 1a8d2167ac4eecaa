"""What a JUnit view says of its tests, whoever wrote it."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.remote.testhub.junit import TestCounts, count_tests

CASES = """<testsuite name="a" tests="99">
  <testcase name="1"/>
  <testcase name="2"><system-out>text</system-out></testcase>
  <testcase name="3"><failure message="x">trace</failure></testcase>
  <testcase name="4"><error/></testcase>
  <testcase name="5"><skipped/></testcase>
  <testcase name="6"><skipped/></testcase>
</testsuite>"""
ALL = TestCounts(total=6, failed=1, errors=1, skipped=2)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        pytest.param(CASES, ALL, id="cases win over the suite's numbers"),
        pytest.param(f"<testsuites>{CASES}</testsuites>", ALL, id="suites"),
        pytest.param(
            f"<testsuites>{CASES}{CASES}</testsuites>",
            TestCounts(total=12, failed=2, errors=2, skipped=4),
            id="two suites",
        ),
        pytest.param(
            f"<testsuites><testsuite>{CASES}</testsuite></testsuites>", ALL, id="suites in a suite"
        ),
        pytest.param(
            CASES.replace("<testsuite ", '<testsuite xmlns="urn:junit" '), ALL, id="a namespace"
        ),
        pytest.param(
            "<testsuite><testcase><failure/><error/><failure/></testcase></testsuite>",
            TestCounts(total=1, failed=0, errors=1, skipped=0),
            id="one outcome a case",
        ),
        pytest.param(
            "<testsuite><testcase><properties><error/></properties></testcase></testsuite>",
            TestCounts(total=1, failed=0, errors=0, skipped=0),
            id="an outcome of something else",
        ),
        pytest.param(
            '<testsuite tests="5" failures="1" errors="1" skipped="1"/>',
            TestCounts(total=5, failed=1, errors=1, skipped=1),
            id="numbers alone",
        ),
        pytest.param(
            '<testsuites tests="5"><testsuite tests="3"/><testsuite tests="2"/></testsuites>',
            TestCounts(total=5, failed=0, errors=0, skipped=0),
            id="numbers of all, counted once",
        ),
        pytest.param(
            '<testsuites><testsuite tests="3"><testsuite tests="3"/></testsuite></testsuites>',
            TestCounts(total=3, failed=0, errors=0, skipped=0),
            id="numbers of each suite, counted once",
        ),
        pytest.param(
            '<testsuite tests="2" failures="9" errors="-1" skipped="many"/>',
            TestCounts(total=2, failed=2, errors=0, skipped=0),
            id="numbers that cannot be",
        ),
        pytest.param(
            f'<testsuite tests="{"9" * 4000}"/>',
            TestCounts(total=0, failed=0, errors=0, skipped=0),
            id="a number that is too large",
        ),
        pytest.param(
            "<testsuite/>", TestCounts(total=0, failed=0, errors=0, skipped=0), id="no tests"
        ),
    ],
)
def test_tests_are_counted(text: str, counts: TestCounts) -> None:
    assert count_tests(text.encode()) == counts


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "no XML", id="nothing"),
        pytest.param("<testsuite>", "no XML", id="cut off"),
        pytest.param("{}", "no XML", id="JSON"),
        pytest.param("<html/>", "no JUnit", id="a page"),
        pytest.param("<testsuite>&a;</testsuite>", "no XML", id="unknown entity"),
        pytest.param("<!DOCTYPE a><testsuite/>", "document type", id="document type"),
        pytest.param(
            '<!DOCTYPE a [<!ENTITY b "x">]><testsuite>&b;</testsuite>', "document type", id="entity"
        ),
        pytest.param(
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><testsuite/>',
            "document type",
            id="outside",
        ),
        pytest.param("<?xml version='1.0' encoding='klingon'?><testsuite/>", "no XML", id="tongue"),
    ],
)
def test_what_is_no_junit_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        count_tests(text.encode())


def test_memory_does_not_grow_with_the_document() -> None:
    body = b"<testsuite>" + 20_000 * b"<testcase name='a'><skipped/></testcase>" + b"</testsuite>"
    tracemalloc.start()
    try:
        assert count_tests(body).skipped == 20_000
        assert tracemalloc.get_traced_memory()[1] < 2 * len(body)
    finally:
        tracemalloc.stop()


def test_depth_is_no_matter() -> None:
    body = b"<testsuite>" + 50_000 * b"<a>" + 50_000 * b"</a>" + b"</testsuite>"
    assert count_tests(body).total == 0


PIECES = st.sampled_from(
    [
        *(
            "<testsuite tests='2'>",
            "<testcase>",
            "<failure/>",
            "<error/>",
            "<skipped/>",
        ),
        *("</testcase>", "</testsuite>"),
    ]
)


@given(st.lists(PIECES, max_size=20))
def test_the_parts_are_never_more_than_the_whole(pieces: list[str]) -> None:
    try:
        counts = count_tests("".join(pieces).encode())
    except ValueError:
        return

    assert counts.passed >= 0
    assert counts.total == counts.passed + counts.failed + counts.errors + counts.skipped
