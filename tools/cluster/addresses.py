"""Keeps free ports on the loopback interface; knows nothing of who listens there."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"


@contextmanager
def held_port() -> Iterator[int]:
    """Yield a free TCP port, kept for servers that set SO_REUSEPORT as we do.

    A port that is freed to be passed on can be taken by anybody, also while its server is stopped:
    even by a client's own attempt to connect to it, which then talks to itself. A held one refuses
    connections and is given to nobody else.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]
