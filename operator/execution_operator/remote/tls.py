"""Builds the TLS settings for a server; slow, since it may read many certificates: use a thread."""

from __future__ import annotations

import ssl


class UnusableBundleError(ValueError):
    """The CA bundle holds no certificate that can be read."""


def trusting(ca_bundle: str) -> ssl.SSLContext:
    """Trust the certificates of a PEM text and no others, be they roots or a server's own.

    Raises:
        UnusableBundleError: there is none in it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=ca_bundle)
    except (ssl.SSLError, ValueError, TypeError):
        raise UnusableBundleError from None
    # What Python 3.13 turns on and earlier ones do not: a bundle must mean the same everywhere.
    # Strict refuses what charts generate (no key identifiers); partial chains let a self-signed
    # server certificate or an intermediate be trusted directly.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return bounded(context)


def trusting_anybody() -> ssl.SSLContext:
    """Encrypt without knowing for whom; only where a person asked for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return bounded(context)


def bounded(context: ssl.SSLContext) -> ssl.SSLContext:
    """Refuse what is older than TLS 1.2, and speak HTTP/1.1."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
