"""Certificates and keys as a docker host's Secret holds them, made anew for each test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def material(**dates: Any) -> dict[str, str]:
    """A Secret's values that belong together; `not_before` and `not_after` of the certificate."""
    authority = trustme.CA()
    leaf = authority.issue_cert("docker-1.example.com", **dates)
    return {
        "ca.crt": authority.cert_pem.bytes().decode(),
        "tls.crt": leaf.cert_chain_pems[0].bytes().decode(),
        "tls.key": leaf.private_key_pem.bytes().decode(),
    }


def expired() -> dict[str, str]:
    """One whose certificate was valid until yesterday."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return material(not_before=yesterday - timedelta(days=1), not_after=yesterday)


def locked(key: str) -> str:
    """The same private key under a password."""
    return (
        load_pem_private_key(key.encode(), password=None)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
        .decode()
    )
