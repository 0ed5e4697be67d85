"""A device on TCP that a test writes itself: who serves a connection is said by a class of it."""

import socket
import threading
from contextlib import suppress


class TcpDevice:
    """Listens on a free port of this machine until it is closed; a thread serves each connection."""

    def __init__(self) -> None:
        self._connections: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """Answer until the connection ends; an `OSError` is an end."""
        raise NotImplementedError

    def close(self) -> None:
        """Be gone."""
        for one in (self._server, *self._connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self._connections.append(connection)
                threading.Thread(target=self._served, args=(connection,), daemon=True).start()

    def _served(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self.serve(connection)
