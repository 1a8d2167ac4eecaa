"""What a server uses towards a docker host: is the Secret's TLS material fit for it; pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from execution_operator.api.reasons import Reason
from execution_operator.kinds.machines.seen import Hidden
from execution_operator.kinds.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from pydantic import SecretStr

CA, CERTIFICATE, KEY = "ca.crt", "tls.crt", "tls.key"
MEMBERS: Final = {CA: "caCert", CERTIFICATE: "clientCert", KEY: "clientKey"}
"""The Secret's keys, and what the API calls their values (seed 000, DockerHost)."""
_SHOWN: Final = 10


def material(
    name: str, values: Mapping[str, SecretStr | None], *, salt: str, now: datetime
) -> Hidden | Problem:
    """What the Secret holds, under the API's own names, or what is wrong with it, without values.

    Args:
        name: the Secret's, for people.
        values: by key; None for one that is not text.
        salt: something that only this object has, such as its uid.
        now: certificates have to be valid at this moment.
    """
    secret = f'Secret "{name}"'
    missing = _missing(secret, values)
    if missing is not None:
        return missing
    pem = {
        key: value.get_secret_value() for key, value in values.items() if value and key in MEMBERS
    }
    try:
        _check(secret, pem, now)
    except _Unfit as unfit:
        return Problem(reason=Reason.INVALID_SPEC, message=str(unfit), needs_person=True)
    members = {MEMBERS[key]: value for key, value in pem.items()}
    return Hidden(members, _fingerprint(pem, salt))


class _Unfit(Exception):  # noqa: N818 - a meaning, not a fault
    """The Secret's values are not fit for TLS; says why and what to do."""


def _missing(secret: str, values: Mapping[str, SecretStr | None]) -> Problem | None:
    for key in MEMBERS:
        if key not in values:
            known = sorted(values)
            more = [f"{len(known) - _SHOWN} more"] if len(known) > _SHOWN else []
            there = ", ".join([*known[:_SHOWN], *more]) or "none"
            text = f'{secret} has no key "{key}": add it, as PEM; its keys are {there}'
            return Problem(reason=Reason.SECRET_KEY_MISSING, message=text)
        value = values[key]
        if value is None or not value.get_secret_value().strip():
            what = "is not text" if value is None else "is empty"
            text = f'{secret} key "{key}" {what}: store PEM in it'
            return Problem(reason=Reason.SECRET_KEY_MISSING, message=text)
    return None


def _check(secret: str, pem: Mapping[str, str], now: datetime) -> None:
    authorities = _certificates(secret, CA, pem[CA])
    own = _certificates(secret, CERTIFICATE, pem[CERTIFICATE])[0]
    key = _key(secret, pem[KEY])
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != own.public_key().public_bytes(*form):
        text = (
            f'{secret}: the key in "{KEY}" is not that of the first certificate in'
            f' "{CERTIFICATE}": store the two that belong together'
        )
        raise _Unfit(text)
    _check_dates(secret, CERTIFICATE, [own], now)
    _check_dates(secret, CA, authorities, now)


def _certificates(secret: str, key: str, text: str) -> Sequence[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(text.encode())
        for one in found:
            one.public_key()
    except (ValueError, UnsupportedAlgorithm):
        message = (
            f'{secret} key "{key}" has no certificate that can be read: store PEM that begins'
            " with -----BEGIN CERTIFICATE-----"
        )
        raise _Unfit(message) from None
    return found


def _key(secret: str, text: str) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(text.encode(), password=None)
    except TypeError:
        message = f'{secret} key "{KEY}" needs a password: store the key without one'
        raise _Unfit(message) from None
    except (ValueError, UnsupportedAlgorithm):
        message = (
            f'{secret} key "{KEY}" has no private key that can be read: store PEM that begins'
            " with -----BEGIN PRIVATE KEY-----"
        )
        raise _Unfit(message) from None


def _check_dates(
    secret: str, key: str, certificates: Sequence[x509.Certificate], now: datetime
) -> None:
    """One that is valid now is enough: a bundle may keep an old authority beside the new one."""
    if any(one.not_valid_before_utc <= now <= one.not_valid_after_utc for one in certificates):
        return
    last = max(one.not_valid_after_utc for one in certificates)
    if last < now:
        text = (
            f'{secret}: the certificate in "{key}" expired at {last.isoformat()}: store a new one'
        )
        raise _Unfit(text)
    first = min(one.not_valid_before_utc for one in certificates)
    text = (
        f'{secret}: the certificate in "{key}" is not valid before {first.isoformat()}: store one'
        " that is valid now"
    )
    raise _Unfit(text)


def _fingerprint(pem: Mapping[str, str], salt: str) -> str:
    digest = hashlib.sha256(salt.encode())
    for key in MEMBERS:
        value = pem[key].encode()
        digest.update(len(value).to_bytes(8, "big") + value)
    return digest.hexdigest()[:32]
