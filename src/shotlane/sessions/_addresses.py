"""Where servers are: how an address is written, and what is only for this machine.

Three kinds: `unix:///PATH` and `tcp://127.0.0.1:PORT` lead to this machine. `tls://HOST:PORT#sha256=DIGEST`
leads anywhere, and says in its digest which certificate alone is believed. There is no fourth: what goes over
a network is encrypted.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from shotlane.sessions._error import SessionError

LOOPBACK = "127.0.0.1"
_PIN = re.compile(r"sha256=([0-9a-f]{64})")
_HELP = "write unix:///PATH, tcp://127.0.0.1:PORT, or the line that `shotlane serve` prints, tls://..."


@dataclass(frozen=True, slots=True)
class Address:
    """A server. `pin`: SHA-256 of its certificate, as the address says."""

    kind: Literal["unix", "tcp", "tls"]
    text: str
    path: str = ""
    host: str = ""
    port: int = 0
    pin: str = ""


def parse_address(text: str) -> Address:
    """What an address says. Raises `SessionError` for what is none."""
    if text.startswith("unix:///"):
        return Address("unix", text, path=text.removeprefix("unix://"))
    host, port, fragment = _parts(text)
    if text.startswith("tls://"):
        pin = _PIN.fullmatch(fragment.lower())
        if pin is None:
            raise _no_address(text, "it ends in #sha256= and 64 digits: copy the whole line of the server")
        return Address("tls", text, host=host, port=port, pin=pin[1])
    if host not in (LOOPBACK, "localhost"):
        raise _no_address(text, "plain tcp is for 127.0.0.1 alone; another machine prints a tls:// address")
    return Address("tcp", text, host=host, port=port)


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, where a server shall be reached. Raises `SessionError`."""
    if text.startswith("tcp://"):
        raise SessionError(
            f"'{text}': nothing is served to a network unencrypted", "write HOST:PORT, which is TLS"
        )
    try:
        host, port, _ = _parts(f"tls://{text.removeprefix('tls://')}")
    except SessionError:
        raise SessionError(
            f"'{text}' is no place to listen at", "write HOST:PORT, as in 0.0.0.0:50250"
        ) from None
    return host, port


def host_and_port(host: str, port: int) -> str:
    """Both as an address has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parts(text: str) -> tuple[str, int, str]:
    try:
        found = urlsplit(text)
        host, port = found.hostname, found.port
    except ValueError:
        host, port = None, None
    if not host or port is None or found.scheme not in ("tcp", "tls") or found.path or found.username:
        raise _no_address(text, _HELP)
    return host, port, found.fragment


def _no_address(text: str, help: str) -> SessionError:
    return SessionError(f"'{text}' is no address of an instrument server", help)
