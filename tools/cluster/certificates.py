"""Makes the keys and certificates of one control plane; knows nothing of who uses them."""

from dataclasses import dataclass, field

import trustme

from cluster.addresses import HOST


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM texts.

    Attributes:
        authority: the certificate that clients trust.
        server: the API server's, for localhost and 127.0.0.1.
        server_key: its private key.
        service_account_key: the private key that signs the tokens of ServiceAccounts.
    """

    authority: bytes
    server: bytes
    server_key: bytes = field(repr=False)
    service_account_key: bytes = field(repr=False)


def make_certificates() -> Certificates:
    """Make an authority of its own for each control plane: no other one is trusted by its clients.

    The certificate that kube-apiserver makes for itself lacks localhost.
    """
    authority = trustme.CA()
    server = authority.issue_cert("localhost", HOST)
    return Certificates(
        authority=authority.cert_pem.bytes(),
        server=b"".join(pem.bytes() for pem in server.cert_chain_pems),
        server_key=server.private_key_pem.bytes(),
        service_account_key=authority.issue_cert("service-account").private_key_pem.bytes(),
    )
