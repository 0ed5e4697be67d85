"""The client's way to a server: to its address, and past its greeting, where both ends prove the token."""

import os
import socket
from contextlib import suppress

from shotlane.sessions._addresses import Address, parse_address
from shotlane.sessions._certificate import secured
from shotlane.sessions._error import SessionError
from shotlane.sessions._frames import GREETING, receive, send
from shotlane.sessions._shown import shown
from shotlane.sessions._tokens import Token, is_proof, new_number, proof, token_of

VERSION = 1
_CONNECT_S = 5.0
# When a machine is silent for so long it has vanished: after 10 s of quiet three questions, 5 s apart.
_SILENCE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 25_000))


def reach(address: str, serves: str, wish: dict[str, object], token: Token = None) -> socket.socket:
    """Connect to a server of this kind, with what is wanted of it. Raises `SessionError`.

    `serves`: `instruments` or `runs`. The socket waits five seconds for an answer.
    """
    found = parse_address(address)
    line = connected(found)
    try:
        _greet(line, found, serves, wish, token_of(address, token))
    except (OSError, EOFError) as error:
        line.close()
        why = str(error) or "it ended the connection"
        raise SessionError(f"the server at {address} does not answer as one: {why}") from None
    except BaseException:
        line.close()
        raise
    return line


def connected(address: Address, timeout_s: float = _CONNECT_S) -> socket.socket:
    """A socket to an address. Raises `SessionError`."""
    try:
        if address.kind == "unix":
            return unix_socket(address.path, timeout_s)
        line = socket.create_connection((address.host, address.port), timeout_s)
        keep_alive(line)
        return _over_tls(line, address) if address.kind == "tls" else line
    except (OSError, AttributeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SessionError(f"no server answers at {address.text}: {why}") from None


def _over_tls(line: socket.socket, address: Address) -> socket.socket:
    try:
        return secured(line, address.pin)
    except BaseException:
        line.close()
        raise


def unix_socket(path: str, timeout_s: float) -> socket.socket:
    """A socket to a server of this machine. Raises `OSError`."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(timeout_s)
        line.connect(path)
    except OSError:
        line.close()
        raise
    return line


def keep_alive(line: socket.socket) -> None:
    """Have the system notice when the other machine has vanished."""
    if line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _SILENCE:
        option = getattr(socket, name, None)  # not every system has each
        if option is not None:
            line.setsockopt(socket.IPPROTO_TCP, option, value)


def hang_up(line: socket.socket) -> None:
    """End a connection that another thread may be waiting on."""
    with suppress(OSError):
        # Not the method of TLS, which would let that thread go on without encryption.
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _greet(line: socket.socket, found: Address, serves: str, wish: dict[str, object], token: str) -> None:
    greeting, address = shown(receive(line, GREETING)), found.text
    refused = greeting.get("refused")
    if refused is None and greeting.get(f"shotlane-{serves}") != VERSION:
        refused = f"it serves no {serves} that this version of shotlane can use"
    if refused is not None:
        raise SessionError(f"the server at {address} refuses: {refused}")
    mine, by = new_number(), f"process {os.getpid()} of {socket.gethostname()}"
    proven = proof(token, "client", found.pin, str(greeting.get("number")))
    send(line, {**wish, "by": by, "number": mine, "proof": proven}, GREETING)
    answer = shown(receive(line, GREETING))
    if "refused" in answer:
        raise SessionError(f"the server at {address} refuses: {answer['refused']}")
    if not is_proof(token, "server", found.pin, mine, answer.get("proof")):
        raise SessionError(f"at {address} there is another server: it does not have the token")
