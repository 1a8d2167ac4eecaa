"""Which hosts and addresses may be connected to."""

import pytest

from execution_operator.remote.addresses import HostPolicy


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::a9fe:a9fe",
        "224.0.0.1",
        "ff02::1",
    ],
)
def test_link_local_is_refused_in_every_disguise(address: str) -> None:
    assert HostPolicy(allow_loopback=True).refuses_address(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "64:ff9b::7f00:1"],  # noqa: S104 - nothing listens
)
def test_loopback_is_refused_unless_it_is_allowed(address: str) -> None:
    assert HostPolicy().refuses_address(address)
    assert HostPolicy(allow_loopback=True).refuses_address(address) is None


@pytest.mark.parametrize(
    "address", ["10.0.0.7", "93.184.216.34", "2001:4860::1", "64:ff9b::808:808"]
)
def test_other_addresses_are_allowed(address: str) -> None:
    assert HostPolicy().refuses_address(address) is None


def test_what_is_no_address_is_refused() -> None:
    assert HostPolicy().refuses_address("hub.example.com")


@pytest.mark.parametrize(
    "host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.254.169.254"]
)
def test_literal_address_in_odd_forms_is_refused_as_a_host(host: str) -> None:
    assert HostPolicy(allow_loopback=True).refuses_host(host)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        pytest.param("hub.example.com", True, id="matches"),
        pytest.param("HUB.example.com.", True, id="case and dot do not matter"),
        pytest.param("hub.example.org", False, id="matches none"),
        pytest.param("example.com", False, id="glob wants a name before the dot"),
        pytest.param("lab.perfectomobile.com", True, id="matches the second"),
    ],
)
def test_host_names_are_matched_by_globs(host: str, *, allowed: bool) -> None:
    policy = HostPolicy(allowed_hosts=("*.example.com", "*.perfectomobile.com"))

    assert (policy.refuses_host(host) is None) is allowed


def test_every_name_is_allowed_without_globs() -> None:
    assert HostPolicy().refuses_host("anything.at.all") is None
