"""Whether an ExecutionServer can be used, from its object alone."""

from __future__ import annotations

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.standing import standing_of
from support.conditions import said
from support.runs import START
from support.servers import server


def with_conditions(*conditions, **more):
    given = server(**more).model_dump(by_alias=True) | {"status": {"conditions": conditions}}
    return type(server()).model_validate(given)


READY = said("Ready", "True", "Ready")
AWAY = said("Ready", "Unknown", "ServerUnreachable")
NO_SECRET = said("Ready", "False", "SecretNotFound")
FOR_LONG = said("Stalled", "True", "SecretNotFound")
NO_KEY = (said("Ready", "False", "SecretKeyMissing"), said("Stalled", "True", "SecretKeyMissing"))


@pytest.mark.parametrize(
    ("of", "flags"),
    [
        pytest.param(with_conditions(READY), "", id="usable"),
        pytest.param(with_conditions(), "blocked", id="never looked at"),
        pytest.param(with_conditions(READY, generation=2), "blocked changed", id="changed"),
        pytest.param(with_conditions(AWAY), "blocked away", id="does not answer"),
        pytest.param(
            with_conditions(said("Ready", "Unknown", "ProtocolError")),
            "blocked away",
            id="answers without sense",
        ),
        pytest.param(with_conditions(said("Ready", "Unknown", "Paused")), "blocked", id="paused"),
        pytest.param(
            with_conditions(said("Ready", "False", "Unauthorized")), "blocked", id="refuses"
        ),
        pytest.param(with_conditions(AWAY, deleted_at=START), "blocked", id="is being deleted"),
        pytest.param(with_conditions(NO_SECRET), "blocked", id="no Secret, just now"),
        pytest.param(
            with_conditions(NO_SECRET, FOR_LONG), "blocked gone", id="no Secret, for long"
        ),
        pytest.param(with_conditions(*NO_KEY), "blocked gone", id="no key, for long"),
        pytest.param(
            with_conditions(NO_SECRET, FOR_LONG, deleted_at=START),
            "blocked gone",
            id="no Secret for long, is being deleted",
        ),
        pytest.param(
            with_conditions(NO_SECRET, FOR_LONG, generation=2),
            "blocked changed",
            id="another Secret than the one that was missing",
        ),
    ],
)
def test_how_a_server_stands(of, flags):
    found = standing_of(of)
    known = {
        "blocked": found.blocker is not None,
        "gone": found.gone,
        "away": found.is_away,
        "changed": found.is_changed,
    }
    assert {name for name, holds in known.items() if holds} == set(flags.split())


def test_a_blocker_names_what_was_wrong_with_the_exchange():
    refuses = standing_of(with_conditions(said("Ready", "False", "Unauthorized")))
    assert (refuses.blocker.reason, refuses.blocker.cause) == (
        Reason.SERVER_NOT_READY,
        Reason.UNAUTHORIZED,
    )
    assert standing_of(with_conditions(NO_SECRET)).blocker.cause is None
