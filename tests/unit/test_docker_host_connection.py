"""What counts as a connection that failed, whatever words a server has for it."""

from __future__ import annotations

import pytest

from execution_operator.api.docker_host import DockerConnectionStatus
from execution_operator.kinds.docker_host.connection import is_failure, label, steady, told
from execution_operator.remote.testhub.machine_wire import ConnectionStatus

INFO = {"version": "27.3.1"}


def found(status: str | None = None, reason: str | None = None, info: dict[str, str] | None = None):
    return ConnectionStatus.model_validate({"status": status, "reason": reason, "info": info})


@pytest.mark.parametrize(
    ("connection", "failed"),
    [
        pytest.param(found("SUCCESS", info=INFO), False, id="reached"),
        pytest.param(found("SUCCESS"), False, id="reached, tells nothing"),
        pytest.param(found("success", "all is well"), False, id="reached, with a word on it"),
        pytest.param(found("FAILURE", "refused"), True, id="failed"),
        pytest.param(found(" failed "), True, id="failed, without a reason"),
        pytest.param(found("FAILURE", info=INFO), True, id="failed, what it was before"),
        pytest.param(found("BLAU", "no route"), True, id="an unknown word and why not"),
        pytest.param(found("BLAU", "slow", INFO), False, id="an unknown word, but it was reached"),
        pytest.param(found("BLAU"), False, id="an unknown word alone"),
        pytest.param(found(), False, id="nothing"),
        pytest.param(found(reason="no route"), True, id="only why not"),
    ],
)
def test_only_what_is_surely_meant_so_is_a_failure(connection, failed):
    assert is_failure(connection) is failed


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        (found("FAILURE", "connection\nrefused"), "FAILURE: connection refused"),
        (found("FAILURE"), "FAILURE"),
        (found(), "it gives no reason"),
    ],
    ids=["both", "status", "nothing"],
)
def test_the_servers_words_are_one_line(connection, says):
    assert told(connection) == says


@pytest.mark.parametrize(
    ("word", "shown"),
    [("Success", "SUCCESS"), ("BLAU", "other"), ("", "unknown"), (None, "unknown")],
)
def test_the_metric_has_a_bounded_number_of_labels(word, shown):
    assert label(word) == shown


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        pytest.param(
            ("FAILURE", "timed out after 30012 ms"),
            found("FAILURE", "timed out after 29987 ms"),
            "timed out after 30012 ms",
            id="another duration",
        ),
        pytest.param(("FAILURE", "timed out"), found("FAILURE", "refused"), "refused", id="words"),
        pytest.param(("SUCCESS", "in 3 ms"), found("FAILURE", "in 5 ms"), "in 5 ms", id="status"),
        pytest.param(None, found("FAILURE", "refused"), "refused", id="the first"),
        pytest.param(
            ("FAILURE", None), found("FAILURE", "refused"), "refused", id="a first reason"
        ),
        pytest.param(("FAILURE", "refused"), found("FAILURE"), None, id="no reason any more"),
    ],
)
def test_a_reason_keeps_its_words_where_only_what_counts_or_dates_differs(before, now, shown):
    known = DockerConnectionStatus(status=before[0], reason=before[1]) if before else None
    assert steady(now, known).reason == shown
