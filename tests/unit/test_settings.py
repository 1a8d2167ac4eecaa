"""Which settings are taken, and what is said of the others."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import durationpy
import pytest
from pydantic import ValidationError

from execution_operator.settings import Address, Settings

PERIODS = {
    name for name, field in Settings.model_fields.items() if "timedelta" in str(field.annotation)
}
LEAST = {
    "settling_time": "30s",
    "lease_duration": "8s",
    "renew_deadline": "3s",
    "retry_period": "1s",
    "resync_period": "1m",
    "probe_period": "10s",
    "secret_period": "5s",
    "outage_period": "10s",
    "verdict_period": "10s",
    "lost_period": "30s",
    "unused_period": "10s",
    "missing_period": "10s",
    "counts_period": "10s",
    "poll_period": "1s",
    "late_period": "1m",
    "quiet_period": "1s",
    "fight_period": "1m",
    "deletion_period": "10s",
    "drain_period": "1s",
}
OF_THE_LEASE = {"lease_duration": {"renew_deadline": "4s"}}
"""What has to be shorter than the shortest lease."""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in os.environ:
        if name.startswith("EXECUTION_OPERATOR_"):
            monkeypatch.delenv(name)


def refusals(**given):
    """What is said of each thing that is wrong, without pydantic's own frame."""
    with pytest.raises(ValidationError) as caught:
        Settings(**given)
    return {
        ".".join(map(str, error["loc"])): error["msg"].removeprefix("Value error, ")
        for error in caught.value.errors(include_url=False)
    }


def refusal(**given):
    """What is said of the first thing that is wrong."""
    return next(iter(refusals(**given).values()))


def shorter(period):
    return durationpy.to_str(durationpy.from_str(period) - timedelta(milliseconds=1))


def test_defaults_are_valid():
    assert Settings().lease_duration == timedelta(seconds=15)


def test_every_period_has_a_bound():
    assert set(LEAST) == PERIODS


@pytest.mark.parametrize(("field", "least"), LEAST.items(), ids=LEAST)
def test_a_period_that_is_unkind_is_refused_in_a_sentence(field, least):
    assert refusals(**{field: shorter(least)}) == {field: f"give at least {least}"}


@pytest.mark.parametrize(("field", "least"), LEAST.items(), ids=LEAST)
def test_the_shortest_period_is_taken(field, least):
    settings = Settings(**{field: least} | OF_THE_LEASE.get(field, {}))
    assert getattr(settings, field) == durationpy.from_str(least)


@pytest.mark.parametrize("field", sorted(set(LEAST) - {"lease_duration", "renew_deadline"}))
def test_tests_may_be_unkind(field):
    settings = Settings(short_periods=True, **{field: "10ms"})
    assert getattr(settings, field) == timedelta(milliseconds=10)


def test_tests_may_have_short_leases():
    settings = Settings(
        short_periods=True, lease_duration="1s", renew_deadline="500ms", retry_period="100ms"
    )
    assert settings.lease_duration == timedelta(seconds=1)


@pytest.mark.parametrize("given", ["0s", "9ms", "-5m"])
def test_nobody_may_have_no_period_at_all(given):
    said = refusals(short_periods=True, poll_period=given)
    assert said == {"poll_period": "give at least 10ms"}


@pytest.mark.parametrize("given", ["0s", "9ms", "-5m", "-1ns"])
def test_a_period_that_is_far_too_short_is_told_what_is_enough(given):
    assert refusals(probe_period=given) == {"probe_period": "give at least 10s"}


def test_each_period_that_is_too_short_is_told():
    assert refusals(probe_period="1s", lost_period="1s") == {
        "probe_period": "give at least 10s",
        "lost_period": "give at least 30s",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("127.0.0.1:8080", Address("127.0.0.1", 8080), id="IPv4"),
        pytest.param("localhost:0", Address("localhost", 0), id="any port"),
        pytest.param("pod-1.ops:65535", Address("pod-1.ops", 65535), id="last port"),
        pytest.param("[::1]:8080", Address("::1", 8080), id="IPv6"),
        pytest.param("[fe80::1%eth0]:8080", Address("fe80::1%eth0", 8080), id="IPv6 with zone"),
        pytest.param(":8080", Address("", 8080), id="all addresses"),
    ],
)
def test_an_address_is_a_host_and_a_port(given, expected):
    address = Settings(ops_address=given).ops_address
    assert (address, str(address)) == (expected, given)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="nothing"),
        pytest.param("nonsense", id="no port"),
        pytest.param("127.0.0.1:", id="empty port"),
        pytest.param("127.0.0.1:http", id="port by name"),
        pytest.param("127.0.0.1:65536", id="port too large"),
        pytest.param("127.0.0.1:-1", id="port too small"),
        pytest.param("127.0.0.1:٣", id="digits of another script"),
        pytest.param("::1:8080", id="IPv6 without brackets"),
        pytest.param("[::1]", id="IPv6 without port"),
        pytest.param("[localhost]:80", id="a name in brackets"),
        pytest.param("a b:80", id="blank"),
    ],
)
def test_what_is_no_address_is_refused_in_a_sentence(given):
    text = "give HOST:PORT, a port from 0 to 65535 and an IPv6 address in brackets"
    assert refusals(ops_address=given) == {"ops_address": text}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("90s", timedelta(seconds=90), id="seconds"),
        pytest.param("1h30m", timedelta(minutes=90), id="hours and minutes"),
        pytest.param("1500ms", timedelta(seconds=1.5), id="milliseconds"),
        pytest.param(timedelta(minutes=2), timedelta(minutes=2), id="already read"),
    ],
)
def test_a_period_is_read_as_kubernetes_writes_it(given, expected):
    assert Settings(poll_period=given).poll_period == expected


@pytest.mark.parametrize("given", ["", "5", "soon", "5 minutes", "5x", "9" * 20 + "h", "1e9s"])
def test_a_period_that_is_none_is_refused(given):
    assert "uration" in refusal(poll_period=given)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"renew_deadline": "15s"}, id="renewing until the end"),
        pytest.param({"renew_deadline": "1m"}, id="renewing after the end"),
        pytest.param({"retry_period": "10s"}, id="one try"),
        pytest.param({"lease_duration": "10s"}, id="short lease"),
    ],
)
@pytest.mark.parametrize("short_periods", [False, True], ids=["", "also for tests"])
def test_the_periods_of_the_lease_fit_together(given, short_periods):
    assert (
        refusal(short_periods=short_periods, **given)
        == "give retry_period < renew_deadline < lease_duration"
    )


def test_no_settling_time_means_that_the_servers_timeout_decides():
    assert Settings().settling_time is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("", (), id="none"),
        pytest.param("shop", ("shop",), id="one"),
        pytest.param("shop,bank", ("shop", "bank"), id="two"),
        pytest.param("shop,,bank,", ("shop", "bank"), id="nothing between commas"),
        pytest.param(("shop", "bank"), ("shop", "bank"), id="already a list"),
    ],
)
@pytest.mark.parametrize("field", ["namespaces", "allowed_server_hosts"])
def test_a_list_is_separated_by_commas(field, given, expected):
    assert getattr(Settings(**{field: given}), field) == expected


def test_blanks_around_names_do_not_matter():
    assert Settings(namespaces=" shop, bank").namespaces == ("shop", "bank")


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("POLL_PERIOD", "7s", "poll_period", timedelta(seconds=7)),
        ("NAMESPACES", "shop,bank", "namespaces", ("shop", "bank")),
        ("NAMESPACES", "", "namespaces", ()),
        ("WORKERS", "3", "workers", 3),
        ("LEADER_ELECTION", "false", "leader_election", False),
        ("SHORT_PERIODS", "true", "short_periods", True),
        ("KUBECONFIG", "some/file", "kubeconfig", Path("some/file")),
        ("SETTLING_TIME", "45s", "settling_time", timedelta(seconds=45)),
        ("LOG_FORMAT", "text", "log_format", "text"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_the_environment_sets(variable, value, field, expected, monkeypatch):
    monkeypatch.setenv(f"EXECUTION_OPERATOR_{variable}", value)
    assert getattr(Settings(), field) == expected


def test_what_is_given_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("EXECUTION_OPERATOR_POLL_PERIOD", "7s")
    assert Settings(poll_period="8s").poll_period == timedelta(seconds=8)


def test_the_environment_is_bounded_as_well(monkeypatch):
    monkeypatch.setenv("EXECUTION_OPERATOR_POLL_PERIOD", "10ms")
    assert refusals() == {"poll_period": "give at least 1s"}


def test_variables_without_the_prefix_set_nothing(monkeypatch):
    monkeypatch.setenv("WORKERS", "3")
    assert Settings().workers == 16


@pytest.mark.parametrize("field", ["workers", "workers_per_server"])
@pytest.mark.parametrize("given", [0, 257, "many"])
def test_the_number_of_workers_is_bounded(field, given):
    assert refusal(**{field: given})


@pytest.mark.parametrize("given", [{"log_format": "xml"}, {"log_level": "loud"}, {"nonsense": 1}])
def test_what_is_unknown_is_refused(given):
    assert refusal(**given)


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        Settings().workers = 1
