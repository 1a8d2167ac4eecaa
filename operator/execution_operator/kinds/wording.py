"""Keeps what is told over and over in the words that it was told in first; pure.

A server may put the time, a duration or a request's id into each answer, and each new wording
would be a write for every object that tells it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from execution_operator.kinds.problems import PASSING

if TYPE_CHECKING:
    from execution_operator.kinds.problems import Problem

_COUNTED: Final = re.compile(r"\S*\d\S*")
"""A word with a digit: a moment, a duration, an id."""


def in_the_same_words(problem: Problem, before: Problem | None) -> Problem:
    """The problem, told as it was before where it is the same one.

    One that is likely to pass is the same for its reason and for what it kept from being done;
    others have to read alike, too: a person who mended one is to see the next.
    """
    if before is None or before.reason is not problem.reason:
        return problem
    passing = problem.reason in PASSING and is_about_the_same(problem.message, before.message)
    same = passing or is_alike(problem.message, before.message)
    return replace(problem, message=before.message) if same else problem


def is_about_the_same(one: str, other: str) -> bool:
    """Whether two texts `cannot …: cause` name the same thing that cannot be done."""
    return is_alike(one.partition(": ")[0], other.partition(": ")[0])


def is_alike(one: str, other: str) -> bool:
    """Whether two texts differ only in words with digits."""
    return _COUNTED.sub("#", one) == _COUNTED.sub("#", other)
