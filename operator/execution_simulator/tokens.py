"""Offline tokens that are valid and access tokens that were given out; knows no HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Standing(Enum):
    """What the server thinks of an offline token."""

    VALID = "valid"
    LICENCE_REFUSED = "licenceRefused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Granted:
    offline: str
    expires_at: float


class Tokens:
    """The token store. Access tokens are opaque: `make` gives a new one each time."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._offline: dict[str, Standing] = {}
        self._access: dict[str, _Granted] = {}

    def add(self, token: str, standing: Standing = Standing.VALID) -> None:
        """Know an offline token."""
        self._offline[token] = standing

    def remove(self, token: str) -> bool:
        """Forget an offline token and what was given out for it; whether it was known."""
        self._access = {
            access: granted for access, granted in self._access.items() if granted.offline != token
        }
        return self._offline.pop(token, None) is not None

    def standing(self, token: str) -> Standing:
        """What is thought of an offline token."""
        return self._offline.get(token, Standing.UNKNOWN)

    def knows(self, token: str) -> bool:
        """Whether an offline token is the right one, with a licence or without."""
        return token in self._offline

    def grant(self, offline: str, *, now: float, seconds: float) -> str:
        """A new access token; those that have expired are forgotten meanwhile."""
        self._access = {
            access: granted for access, granted in self._access.items() if granted.expires_at > now
        }
        access = self._make()
        self._access[access] = _Granted(offline, now + seconds)
        return access

    def admits(self, access: str, now: float) -> bool:
        """Whether an access token was given out and has not expired."""
        granted = self._access.get(access)
        return granted is not None and now < granted.expires_at

    def revoke_access(self) -> int:
        """Forget all access tokens; how many there were."""
        count = len(self._access)
        self._access = {}
        return count

    def counts(self) -> dict[str, int]:
        """How many tokens are known, never the tokens themselves."""
        refused = sum(it is Standing.LICENCE_REFUSED for it in self._offline.values())
        return {
            "offline": len(self._offline),
            "licenceRefused": refused,
            "access": len(self._access),
        }

    def redacted(self, text: str) -> str:
        """The text with every known offline token replaced."""
        for token in self._offline:
            text = text.replace(token, "***")
        return text
