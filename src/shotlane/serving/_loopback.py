"""Ways in for others on this machine: sockets of the loopback interface, and links to pseudo-terminals."""

import contextlib
import socket
from pathlib import Path


def listen(port: int) -> socket.socket:
    """A socket that listens on the loopback interface only. Raises `OSError` when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    listener.listen()
    return listener


def hang_up(connection: socket.socket) -> None:
    """Close a socket that another thread may be waiting on."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def point(link: Path, target: str) -> None:
    """Let a link point to a node; a stale link is replaced, any other file is left alone."""
    if link.is_symlink():
        link.unlink()
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
