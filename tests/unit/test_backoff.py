"""How long to wait before trying again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_operator.reconcile.backoff import Backoff
from support.chance import Chance

BARE = Backoff(first=0.5, factor=2.0, longest=60.0, jitter=0.0)


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        pytest.param(0, 0.5, id="none counts as one"),
        pytest.param(1, 0.5, id="first"),
        pytest.param(2, 1.0, id="second"),
        pytest.param(3, 2.0, id="third"),
        pytest.param(7, 32.0, id="last below the bound"),
        pytest.param(8, 60.0, id="bounded"),
        pytest.param(1_000_000, 60.0, id="a million failures overflow nothing"),
    ],
)
def test_the_wait_doubles_up_to_its_bound(failures, expected):
    assert BARE.delay(failures, Chance()) == expected


@pytest.mark.parametrize(
    ("chance", "expected"), [(0.0, 1.0), (0.5, 1.1), (1.0, 1.2)], ids=["least", "middle", "most"]
)
def test_jitter_only_lengthens(chance, expected):
    assert Backoff(first=1.0, jitter=0.2).delay(1, Chance(chance)) == pytest.approx(expected)


@given(st.integers(0, 200), st.floats(0.0, 1.0, exclude_max=True))
def test_one_more_failure_never_shortens_the_bare_wait(failures, chance):
    backoff = Backoff()
    sooner = backoff.delay(failures, Chance(0.0))
    assert sooner <= backoff.delay(failures + 1, Chance(chance))
    assert backoff.first <= sooner <= backoff.longest
