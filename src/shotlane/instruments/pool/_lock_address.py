"""Which instruments are one and the same, however their addresses are spelt.

A serial device is the file that its links lead to now, on this machine; a host is what its name resolves to
now, with all names of the loopback made one. So the answer may change when a port is plugged in again: it is
asked for anew at each opening.
"""

import os
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from shotlane.instruments.definition._definition import Resource

_Address = IPv4Address | IPv6Address
_LOOPBACK = "127.0.0.1"


def lock_address(resource: Resource) -> str | None:
    """The address that locks are kept under; None for what is simulated or has no address: no locks."""
    if resource.scheme == "sim" or not resource.text:
        return None
    if resource.host:
        return f"tcp:{_host(resource.host)}:{resource.tcp_port}"
    if resource.path:
        # A home folder may be shared by several machines; their serial ports are not.
        return f"serial:{socket.gethostname()}:{_device(resource.path)}"
    return resource.port


def is_left(resource: Resource, address: str) -> bool:
    """Whether an address that it once meant is another's by now; not while its device is just away."""
    if lock_address(resource) == address:
        return False
    if not resource.path:
        return True
    # Its link leads elsewhere, or has gone and the node that it led to has come back without it.
    return Path(resource.path).exists() or Path(address.split(":", 2)[-1]).exists()


def _device(path: str) -> str:
    return path.upper() if path.upper().startswith("COM") else os.path.realpath(path)


def _host(name: str) -> str:
    plain = name.lower().rstrip(".")
    try:
        found = socket.getaddrinfo(plain, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return plain
    # A scope (`fe80::1%eth0`) says by which way, not to whom.
    addresses = {_unmapped(ip_address(str(entry[4][0]).partition("%")[0])) for entry in found}
    first = min(addresses, key=lambda address: (address.version, int(address)))
    return _LOOPBACK if first.is_loopback or first.is_unspecified else str(first)


def _unmapped(address: _Address) -> _Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
