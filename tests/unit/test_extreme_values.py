"""Lengths of time that the CRD's pattern takes and that no date can be moved by."""

from __future__ import annotations

import pytest

from execution_operator.kinds.test_execution.decide import decide
from support.runs import PERIODS, START, at, held_run, intent, run, seen, started_status


def test_a_deletion_that_may_take_longer_than_time_is_still_decided():
    wanted = held_run(
        spec={"deletionTimeout": "20000000000h"}, status=started_status(), deleted_at=START
    )
    plan = decide(wanted, seen(intent=intent(), url=None), at(1), PERIODS)
    assert plan.look_again == PERIODS.secret


@pytest.mark.parametrize("length", ["99999999999h", "9" * 31 + "h"])
def test_every_length_of_time_that_the_crd_takes_can_be_read(length):
    assert run(spec={"timeouts": {"run": length}}).spec.timeouts is not None
