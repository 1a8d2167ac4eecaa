"""Asks an API server whether something is there; knows nothing of processes."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection

from cluster.addresses import HOST

REQUEST_SECONDS = 5
PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, repr=False)
class Probe:
    """An API server on the loopback interface, asked with a token; no proxy is ever used."""

    port: int
    token: str
    trust: ssl.SSLContext

    def finds(self, path: str) -> bool:
        """Say whether a GET of the path is answered by 200; an unreachable server is a no."""
        connection = HTTPSConnection(HOST, self.port, timeout=REQUEST_SECONDS, context=self.trust)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            return connection.getresponse().status == 200  # noqa: PLR2004 - as the docstring says
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def wait_until(
    holds: Callable[[], bool], *, limit_seconds: float, check: Callable[[], None]
) -> None:
    """Wait until the condition holds; `check` is called before each look, and raises to give up.

    Raises:
        TimeoutError: it did not hold in time.
    """
    end = time.monotonic() + limit_seconds
    while True:
        check()
        if holds():
            return
        if time.monotonic() > end:
            message = f"not ready after {limit_seconds:.0f} s"
            raise TimeoutError(message)
        time.sleep(PAUSE_SECONDS)
