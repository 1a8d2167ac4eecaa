"""Decides which hosts and addresses may be connected to; it resolves and connects nothing."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

# NAT64 and the deprecated IPv4-compatible form carry an IPv4 address in their last 32 bits.
_CARRIERS: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """Which hosts may be reached, the same for servers and proxies.

    Attributes:
        allowed_hosts: glob patterns for host names, in lower case; empty allows every name.
        allow_loopback: whether this machine itself may be reached.
    """

    allowed_hosts: tuple[str, ...] = ()
    allow_loopback: bool = False

    def refuses_host(self, host: str) -> str | None:
        """Say why a host, as the URL names it, is refused; None when it is not."""
        name = host.lower().rstrip(".")
        if self.allowed_hosts and not any(fnmatchcase(name, glob) for glob in self.allowed_hosts):
            return f'host "{name}" is not among the allowed server hosts'
        address = literal_address(name)
        return None if address is None else self.refuses_address(str(address))

    def refuses_address(self, address: str) -> str | None:
        """Say why an address, as it is about to be connected to, is refused; None when not."""
        try:
            real = _carried(ip_address(address))
        except ValueError:
            return f'"{address}" is not an IP address'
        if real.is_link_local or real.is_multicast:
            return f"address {real} is link-local or multicast, which is never allowed"
        if (real.is_loopback or real.is_unspecified) and not self.allow_loopback:
            return f"address {real} is this machine itself, which is not allowed"
        return None


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """Read a host that is an address, also in C's forms (2852039166, 0xa9.0376.43518)."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    if not host[:1].isdigit():  # inet_aton accepts nothing else
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Unwrap an IPv4 address that travels inside an IPv6 one."""
    if isinstance(address, IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is not None:
        return inside
    low = IPv6Address(int(address))  # without the zone, which no network contains
    if low.is_loopback or low.is_unspecified or not any(low in net for net in _CARRIERS):
        return low
    return IPv4Address(int(low) & 0xFFFFFFFF)
