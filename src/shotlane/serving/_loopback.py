"""Ways in for others on this machine: sockets of the loopback interface, and links to pseudo-terminals."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path


class LoopbackServer:
    """A TCP port of the loopback interface; each connection is served in a thread of its own.

    `serve` returns when the connection is over, or raises `OSError`. Raises `OSError` when the port is taken.
    """

    def __init__(self, port: int, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._connections: set[socket.socket] = set()
        self._turn = threading.Lock()
        self._listener = listen(port)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        hang_up(self._listener)
        with self._turn:
            connections, self._connections = self._connections, set()
        for connection in connections:
            hang_up(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._turn:
                self._connections.add(connection)
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._serve(connection)
        with self._turn:
            self._connections.discard(connection)
        hang_up(connection)


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
