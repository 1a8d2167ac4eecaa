"""Writes what a client needs to log in; knows nothing of how tokens are made."""

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Login:
    """A user of an API server: `authority` is the PEM text of the certificate it is trusted by."""

    url: str
    authority: bytes
    user: str
    token: str = field(repr=False)
    namespace: str = "default"


def kubeconfig(login: Login) -> str:
    """Return a kubeconfig file that needs no other file."""
    authority = base64.b64encode(login.authority).decode()
    context = {"cluster": "local", "user": login.user, "namespace": login.namespace}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "local",
                    "cluster": {"server": login.url, "certificate-authority-data": authority},
                }
            ],
            "users": [{"name": login.user, "user": {"token": login.token}}],
            "contexts": [{"name": "local", "context": context}],
            "current-context": "local",
        },
        sort_keys=False,
    )


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only we can read; one that is there is replaced whole."""
    data = content.encode() if isinstance(content, str) else content
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(new, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
    new.replace(path)
