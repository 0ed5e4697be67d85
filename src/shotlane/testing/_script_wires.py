"""The device's end of a real wire: a TCP port of the loopback interface, or a pseudo-terminal.

One thread hears what comes, and speaks. What it hears is passed on in the pieces in which it comes; an empty
piece now and then says that nothing comes. One connection at a time: another waits for the end of the first.
"""

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable
from typing import Final

_TICK_S: Final = 0.05
_CHUNK: Final = 65536


class DeviceWire:
    """What both wires have in common. `take` gets what comes, `greet` is called as somebody connects."""

    def __init__(self, take: Callable[[bytes], None], greet: Callable[[], None] = lambda: None) -> None:
        self.address = ""
        self._take = take
        self._greet = greet
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="scripted-wire", daemon=True)

    def pause(self, seconds: float) -> None:
        """Let time pass, unless the wire is closed."""
        self._stopped.wait(seconds)

    def send(self, data: bytes) -> None:
        """Send something. Who has gone hears nothing."""
        with contextlib.suppress(OSError):
            self._send(data)

    def hang_up(self) -> None:
        """Close the connection, where there is such a thing."""

    def close(self) -> None:
        """Take the wire away. Does nothing the second time."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._thread.join()
        self._release()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            self._take(self._receive())

    def _receive(self) -> bytes:
        raise NotImplementedError

    def _send(self, data: bytes) -> None:
        raise NotImplementedError

    def _release(self) -> None:
        raise NotImplementedError


class TcpWire(DeviceWire):
    """A TCP port that the system chooses."""

    def __init__(self, take: Callable[[bytes], None], greet: Callable[[], None] = lambda: None) -> None:
        super().__init__(take, greet)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_TICK_S)
        self._connection: socket.socket | None = None
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread.start()

    def _receive(self) -> bytes:
        try:
            if self._connection is None:
                self._connection, _ = self._listener.accept()
                self._connection.settimeout(_TICK_S)
                self._greet()
            data = self._connection.recv(_CHUNK)
        except TimeoutError:
            return b""
        except OSError:
            data = b""
        if not data and self._connection is not None:
            self._connection.close()
            self._connection = None
        return data

    def hang_up(self) -> None:
        """Close the connection; the next one is answered."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.sendall(data)

    def _release(self) -> None:
        self._listener.close()
        if self._connection is not None:
            self._connection.close()


class PtyWire(DeviceWire):
    """A pseudo-terminal, which is a serial port for everybody; not on Windows."""

    def __init__(self, take: Callable[[bytes], None], greet: Callable[[], None] = lambda: None) -> None:
        import tty  # not on Windows

        super().__init__(take, greet)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.address = f"serial://{os.ttyname(self._slave)}"
        self._thread.start()

    def _receive(self) -> bytes:
        readable, _, _ = select.select([self._master], [], [], _TICK_S)
        return os.read(self._master, _CHUNK) if readable else b""

    def _send(self, data: bytes) -> None:
        os.write(self._master, data)

    def _release(self) -> None:
        os.close(self._slave)
        os.close(self._master)
