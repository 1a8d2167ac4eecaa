"""When a problem is told in the words that it had before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.wording import in_the_same_words

AWAY = Problem(reason=Reason.SERVER_UNREACHABLE, message="cannot list agents: no answer")


@pytest.mark.parametrize(
    ("problem", "same"),
    [
        pytest.param(
            replace(AWAY, message="cannot list agents: timed out"), True, id="passing: any words"
        ),
        pytest.param(
            replace(AWAY, message="cannot change an agent: no answer"), False, id="of another thing"
        ),
        pytest.param(
            replace(AWAY, reason=Reason.PROTOCOL_ERROR, message="cannot list agents: HTML"),
            False,
            id="another reason",
        ),
    ],
)
def test_a_passing_problem_is_the_same_for_its_reason_and_what_it_is_about(problem, same):
    assert (in_the_same_words(problem, AWAY).message == AWAY.message) is same
