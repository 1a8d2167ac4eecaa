"""What a docker host's Secret has to hold, and what is told when it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from execution_operator.api.reasons import Reason
from execution_operator.kinds.docker_host.tls import material
from execution_operator.kinds.machines.seen import Hidden
from execution_operator.kinds.problems import Problem
from support import tls_material

GOOD = tls_material.material()
OTHER = tls_material.material()
LATER = tls_material.material(
    not_before=datetime.now(UTC) + timedelta(days=1),
    not_after=datetime.now(UTC) + timedelta(days=2),
)
HALF = GOOD["tls.crt"][: len(GOOD["tls.crt"]) // 2]


def read(salt: str = "u1", **values: str | None) -> Hidden | Problem:
    kept = {name: SecretStr(value) if value is not None else None for name, value in values.items()}
    return material("docker-tls", kept, salt=salt, now=datetime.now(UTC))


def changed(**values: str | None) -> dict[str, str | None]:
    return {**GOOD, **{name.replace("_", "."): value for name, value in values.items()}}


WRONG = {
    "no key": (
        {name: GOOD[name] for name in ("ca.crt", "tls.crt")},
        Reason.SECRET_KEY_MISSING,
        'has no key "tls.key": add it, as PEM; its keys are ca.crt, tls.crt',
    ),
    "nothing": (
        {},
        Reason.SECRET_KEY_MISSING,
        'has no key "ca.crt": add it, as PEM; its keys are none',
    ),
    "an empty certificate": (
        changed(tls_crt=" \n"),
        Reason.SECRET_KEY_MISSING,
        'key "tls.crt" is empty: store PEM in it',
    ),
    "bytes": (
        changed(tls_key=None),
        Reason.SECRET_KEY_MISSING,
        'key "tls.key" is not text: store PEM in it',
    ),
    "another's key": (
        changed(tls_key=OTHER["tls.key"]),
        Reason.INVALID_SPEC,
        'the key in "tls.key" is not that of the first certificate in "tls.crt"',
    ),
    "half a certificate": (
        changed(tls_crt=HALF),
        Reason.INVALID_SPEC,
        'key "tls.crt" has no certificate that can be read',
    ),
    "a key as authority": (
        changed(ca_crt=GOOD["tls.key"]),
        Reason.INVALID_SPEC,
        'key "ca.crt" has no certificate that can be read',
    ),
    "a certificate as key": (
        changed(tls_key=GOOD["tls.crt"]),
        Reason.INVALID_SPEC,
        'key "tls.key" has no private key that can be read',
    ),
    "a key with a password": (
        changed(tls_key=tls_material.locked(GOOD["tls.key"])),
        Reason.INVALID_SPEC,
        'key "tls.key" needs a password: store the key without one',
    ),
    "an expired certificate": (
        tls_material.expired(),
        Reason.INVALID_SPEC,
        'the certificate in "tls.crt" expired at ',
    ),
    "a certificate of tomorrow": (
        LATER,
        Reason.INVALID_SPEC,
        'the certificate in "tls.crt" is not valid before ',
    ),
}


@pytest.mark.parametrize(("values", "reason", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told_in_its_own_sentence_without_the_values(values, reason, says):
    told = read(**values)
    assert isinstance(told, Problem)
    assert told.reason is reason
    assert told.message.startswith('Secret "docker-tls"')
    assert says in told.message
    assert "\n" not in told.message
    assert "BEGIN CERT" not in told.message.replace("-----BEGIN CERTIFICATE-----", "", 1)
    for value in values.values():
        assert value is None or not value.strip() or value not in told.message


def test_what_belongs_together_is_sent_under_the_apis_own_names():
    found = read(**GOOD)
    assert isinstance(found, Hidden)
    assert found.members == {
        "caCert": GOOD["ca.crt"],
        "clientCert": GOOD["tls.crt"],
        "clientKey": GOOD["tls.key"],
    }


def test_a_chain_and_a_bundle_with_an_old_authority_are_fit():
    old = tls_material.expired()["tls.crt"]
    values = changed(ca_crt=old + GOOD["ca.crt"], tls_crt=GOOD["tls.crt"] + GOOD["ca.crt"])
    assert isinstance(read(**values), Hidden)


def test_no_repr_shows_a_value():
    assert "BEGIN" not in repr(read(**GOOD))


@pytest.mark.parametrize("name", sorted(GOOD))
def test_the_fingerprint_changes_with_each_value(name):
    again = changed() | {name: f"{GOOD[name]}\n"}
    assert read(**again).fingerprint != read(**GOOD).fingerprint


def test_the_fingerprint_changes_when_text_moves_from_one_value_to_the_next():
    moved = changed(tls_crt=GOOD["tls.crt"][:-1], tls_key=f"\n{GOOD['tls.key']}")
    assert read(**moved).fingerprint != read(**GOOD).fingerprint


def test_the_fingerprint_is_the_same_for_the_same_values_of_one_object_only():
    assert read("u1", **GOOD).fingerprint == read("u1", **GOOD).fingerprint
    assert read("u1", **GOOD).fingerprint != read("u2", **GOOD).fingerprint
