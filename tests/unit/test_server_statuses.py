"""What an ExecutionServer's status says, one situation a line."""

from __future__ import annotations

import pytest

from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.api.reasons import Reason
from execution_operator.kinds.execution_server.seen import Seen
from execution_operator.kinds.execution_server.summarize import summarize
from execution_operator.kinds.problems import Problem
from execution_operator.remote import errors
from execution_operator.remote.outage import Trouble
from support.runs import PERIODS, START, at
from support.servers import away, failing, missing, server, usable, used_by

NO_SECRET = Problem(reason=Reason.SECRET_NOT_FOUND, message="no Secret")
NO_KEY = Problem(reason=Reason.SECRET_KEY_MISSING, message="no key")
NO_SPACE = Problem(reason=Reason.REFERENCE_NOT_FOUND, message="no space")
INVALID = Problem(reason=Reason.INVALID_SPEC, message="not supported", needs_person=True)
PAUSED = {PAUSED_ANNOTATION: "true"}
DELETED = server(deleted_at=START)
AWAY = away()


def status_of(wanted, seen, seconds=100.0):
    return summarize(wanted, seen, at(seconds), PERIODS)


def conditions_of(status):
    return {one.type: one for one in status.conditions}


def row(status):
    found = conditions_of(status)
    shown = [
        found[kind].status if kind in found else "-" for kind in ("Ready", "Reconciling", "Stalled")
    ]
    return " ".join([*shown, found["Ready"].reason])


@pytest.mark.parametrize(
    ("wanted", "seen", "expected"),
    [
        pytest.param(server(), usable(), "True - - Ready", id="usable"),
        pytest.param(server(annotations=PAUSED), usable(), "Unknown - - Paused", id="paused"),
        pytest.param(server(annotations=PAUSED), AWAY, "Unknown - - Paused", id="paused, away"),
        pytest.param(
            server(),
            missing(NO_SECRET, 100.0),
            "False True - SecretNotFound",
            id="no Secret, just now",
        ),
        pytest.param(
            server(),
            missing(NO_KEY, -199.0),
            "False True - SecretKeyMissing",
            id="no key, for almost 5 min",
        ),
        pytest.param(
            server(),
            missing(NO_KEY, -200.0),
            "False - True SecretKeyMissing",
            id="no key, for 5 min",
        ),
        pytest.param(
            server(),
            usable(problem=NO_SPACE, missing_since=100.0),
            "False True - ReferenceNotFound",
            id="no space, just now",
        ),
        pytest.param(
            server(),
            usable(problem=NO_SPACE, missing_since=-200.0),
            "False - True ReferenceNotFound",
            id="no space, for 5 min",
        ),
        pytest.param(server(), AWAY, "Unknown True - ServerUnreachable", id="out of reach"),
        pytest.param(
            server(),
            failing(errors.RateLimited, reached=True),
            "Unknown True - RateLimited",
            id="asks for patience",
        ),
        pytest.param(
            server(),
            failing(errors.ProtocolError, reached=True),
            "Unknown True - ProtocolError",
            id="answers nonsense",
        ),
        *[
            pytest.param(
                server(),
                failing(error, reached=reached),
                f"False - True {error.reason}",
                id=error.__name__,
            )
            for error, reached in [
                (errors.Unauthorized, True),
                (errors.LicenseRefused, True),
                (errors.Forbidden, True),
                (errors.Rejected, True),
                (errors.NotFound, True),
                (errors.TLSVerificationFailed, False),
                (errors.HostNotAllowed, False),
            ]
        ],
        pytest.param(
            server(),
            Seen(problem=INVALID),
            "False - True InvalidSpec",
            id="is invalid",
        ),
    ],
)
def test_each_state_shows_its_row(wanted, seen, expected):
    assert row(status_of(wanted, seen)) == expected


@pytest.mark.parametrize(
    ("seen", "reachable", "authenticated"),
    [
        pytest.param(usable(), "True Reachable", "True Authenticated", id="usable"),
        pytest.param(
            usable(problem=NO_SPACE), "True Reachable", "True Authenticated", id="no space"
        ),
        pytest.param(Seen(), "Unknown Pending", "Unknown Pending", id="not asked"),
        pytest.param(
            missing(NO_SECRET, 100.0),
            "Unknown SecretNotFound",
            "Unknown SecretNotFound",
            id="no Secret",
        ),
        pytest.param(
            AWAY, "False ServerUnreachable", "Unknown ServerUnreachable", id="out of reach"
        ),
        pytest.param(
            failing(errors.TLSVerificationFailed, reached=False),
            "False TLSVerificationFailed",
            "Unknown TLSVerificationFailed",
            id="certificate",
        ),
        pytest.param(
            failing(errors.Unauthorized, reached=True),
            "True Reachable",
            "False Unauthorized",
            id="refused token",
        ),
        pytest.param(
            failing(errors.RateLimited, reached=True),
            "True Reachable",
            "Unknown RateLimited",
            id="asks for patience",
        ),
    ],
)
def test_whether_it_answers_and_lets_us_in(seen, reachable, authenticated):
    found = conditions_of(status_of(server(), seen))
    asked = [found["Reachable"], found["Authenticated"]]
    assert [f"{one.status} {one.reason}" for one in asked] == [reachable, authenticated]


def test_lists_that_fail_are_told_beside_an_answer():
    trouble = Trouble(errors.Unreachable("cannot list the runs of 7: HTTP 502"), 40.0)
    found = conditions_of(status_of(server(), usable(trouble=trouble)))
    assert (found["Ready"].status, found["Reachable"].status) == ("True", "True")
    assert "cannot list the runs of 7: HTTP 502" in found["Reachable"].message


@pytest.mark.parametrize(
    ("spec", "caution"),
    [
        pytest.param({}, "usable", id="none"),
        pytest.param(
            {"tls": {"insecureSkipVerify": True}}, "its certificate is not checked", id="unchecked"
        ),
        pytest.param(
            {
                "testHub": {
                    "url": "HTTP://hub",
                    "offlineTokenSecretRef": {"name": "t", "key": "t"},
                },
                "allowPlainHTTP": True,
            },
            "the connection is not encrypted",
            id="plain",
        ),
    ],
)
def test_a_usable_server_says_what_is_unsafe(spec, caution):
    assert caution in conditions_of(status_of(server(spec=spec), usable()))["Ready"].message


@pytest.mark.parametrize(
    ("users", "named"),
    [
        pytest.param(["a"], "uses it: a", id="one"),
        pytest.param(list("abcde"), "uses it: a, b, c, d, e", id="five"),
        pytest.param(list("abcdefgh"), "uses it: a, b, c, d, e and 3 more", id="many"),
    ],
)
def test_a_blocked_deletion_names_its_users(users, named):
    blocked = conditions_of(status_of(DELETED, usable(use=used_by(*users))))["Reconciling"]
    assert (blocked.status, blocked.reason) == ("True", "DeletionBlocked")
    assert blocked.message.endswith(named)


def test_a_blocked_deletion_of_a_paused_server_names_its_users():
    paused = server(annotations=PAUSED, deleted_at=START)
    status = status_of(paused, usable(use=used_by("a")))
    assert conditions_of(status)["Reconciling"].reason == "DeletionBlocked"


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(failing(errors.Unauthorized, reached=True), id="refused"),
        pytest.param(AWAY, id="out of reach"),
        pytest.param(missing(NO_SECRET, 100.0), id="no Secret"),
        pytest.param(missing(NO_SECRET, -200.0), id="no Secret for long"),
    ],
)
def test_a_blocked_deletion_names_its_users_whatever_else_is_wrong(seen):
    blocked = usable(
        problem=seen.problem,
        reached=seen.reached,
        missing_since=seen.missing_since,
        use=used_by("a"),
    )
    found = conditions_of(status_of(DELETED, blocked))
    assert found["Reconciling"].reason == "DeletionBlocked"


def test_a_deletion_that_nobody_blocks_does_not_wait():
    assert "Reconciling" not in conditions_of(status_of(DELETED, usable()))


@pytest.mark.parametrize(
    "seen",
    [
        usable(),
        usable(use=used_by("a", "b")),
        AWAY,
        failing(errors.Forbidden, reached=True),
        missing(NO_SECRET, -200.0, use=used_by("a")),
        Seen(problem=INVALID),
    ],
    ids=["usable", "used", "away", "refused", "missing", "invalid"],
)
@pytest.mark.parametrize(
    "wanted",
    [server(), DELETED, server(annotations=PAUSED), server(deleted_at=START, annotations=PAUSED)],
    ids=["", "deleted", "paused", "both"],
)
def test_no_condition_is_said_twice(wanted, seen):
    kinds = [one.type for one in status_of(wanted, seen).conditions]
    assert len(kinds) == len(set(kinds))


def test_a_server_that_is_annotated_as_not_paused_is_not():
    resumed = server(annotations={PAUSED_ANNOTATION: "false"})
    assert row(status_of(resumed, usable())) == "True - - Ready"
