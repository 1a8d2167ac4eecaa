"""Counts the tests of a result's JUnit view; pure, for XML that anybody may have written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUITES: Final = frozenset({"testsuite", "testsuites"})
_OUTCOMES: Final = ("error", "failure", "skipped")
"""What stands in a test case that did not pass; the first one counts where there are several."""
_MOST: Final = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCounts:
    """How many tests there were, by outcome; the parts never exceed the whole."""

    __test__ = False  # for pytest: it is none

    total: int
    failed: int
    errors: int
    skipped: int

    @property
    def passed(self) -> int:
        """Those that are none of the others."""
        return self.total - self.failed - self.errors - self.skipped


def count_tests(body: bytes) -> TestCounts:
    """Count the test cases of a JUnit document; its suites' own numbers where it has no cases.

    No tree is built, so memory does not grow with the document; a document type, and with it
    every entity, is refused.

    Raises:
        ValueError: it is no JUnit document.
    """
    counter = _Counter()
    parser = DefusedXMLParser(target=counter, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
    except DefusedXmlException:
        text = "it has a document type"
        raise ValueError(text) from None
    except (ParseError, LookupError, ValueError):  # LookupError: an encoding nobody knows
        text = "it is no XML"
        raise ValueError(text) from None
    if not counter.is_junit:
        text = "it is no JUnit document"
        raise ValueError(text)
    return counter.counts()


class _Counter:
    """Takes the events of the parser; holds numbers only."""

    def __init__(self) -> None:
        self.is_junit = False
        self._depth = 0
        self._case_depth = 0
        self._outcome: str | None = None
        self._cases = dict.fromkeys(("total", *_OUTCOMES), 0)
        self._told = dict.fromkeys(("total", *_OUTCOMES), 0)
        self._root_tells = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        self._depth += 1
        if self._depth == 1:
            self.is_junit = name in _SUITES
            self._root_tells = "tests" in attributes
        if name in _SUITES and self._speaks():
            self._take(attributes)
        if name == "testcase":
            self._case_depth, self._outcome = self._depth, None
            self._cases["total"] += 1
        elif name in _OUTCOMES and self._case_depth and self._depth == self._case_depth + 1:
            self._outcome = min(self._outcome or name, name, key=_OUTCOMES.index)

    def end(self, _tag: str) -> None:
        """An element ends."""
        if self._depth == self._case_depth:
            if self._outcome is not None:
                self._cases[self._outcome] += 1
            self._case_depth = 0
        self._depth -= 1

    def data(self, _text: str) -> None:
        """Text, which says nothing of numbers."""

    def close(self) -> None:
        """The document ends."""

    def counts(self) -> TestCounts:
        """What was counted."""
        known = self._cases if self._cases["total"] else self._told
        total, left, parts = known["total"], known["total"], {}
        for outcome in _OUTCOMES:
            parts[outcome] = min(known[outcome], left)
            left -= parts[outcome]
        return TestCounts(
            total=total,
            errors=parts["error"],
            failed=parts["failure"],
            skipped=parts["skipped"],
        )

    def _speaks(self) -> bool:
        """Whether this suite's numbers stand for tests that no other suite's numbers include."""
        return self._depth == (1 if self._root_tells else 2)

    def _take(self, attributes: Mapping[str, str]) -> None:
        for mine, name in (
            ("total", "tests"),
            ("error", "errors"),
            ("failure", "failures"),
            ("skipped", "skipped"),
        ):
            self._told[mine] += _number(attributes.get(name))


def _number(text: str | None) -> int:
    plain = text is not None and text.isascii() and text.isdecimal()
    return int(text) if text is not None and plain and len(text) < len(str(_MOST)) else 0
