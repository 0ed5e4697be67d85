"""Scripted devices on real wires: a TCP port and a pseudo-terminal."""

import contextlib
import os
import select
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

Answer = bytes | None | list[bytes | float]
Script = Callable[[bytes], Answer]


class Peer(Protocol):
    """A scripted device: where it is, and what it was sent."""

    resource: str
    received: list[bytes]

    def say(self, data: bytes) -> None:
        """Send something unasked."""


def wait_for(device: Peer, count: int) -> None:
    """Return when so many messages have come, or after a while."""
    deadline = time.monotonic() + 5
    while len(device.received) < count and time.monotonic() < deadline:
        time.sleep(0.005)


class _Server:
    """Cuts what comes into messages and answers each as the script says.

    `end` ends a message; None: each piece that comes is one message. An answer is bytes, or a list of pieces
    and pauses in seconds.
    """

    def __init__(self, script: Script, end: bytes | None) -> None:
        self.received: list[bytes] = []
        self.resource = ""
        self._script = script
        self._end = end
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def say(self, data: bytes) -> None:
        self._send(data)

    def _serve(self) -> None:
        buffer = b""
        while not self._stopped.is_set():
            piece = self._receive()
            if self._end is None:
                messages, buffer = [piece] if piece else [], b""
            else:
                *messages, buffer = (buffer + piece).split(self._end)
            for message in messages:
                self.received.append(message)
                self._answer(self._script(message))

    def _answer(self, answer: Answer) -> None:
        for piece in answer if isinstance(answer, list) else [answer]:
            if isinstance(piece, float):
                time.sleep(piece)
            elif piece:
                with contextlib.suppress(OSError):
                    self._send(piece)

    def _receive(self) -> bytes:
        raise NotImplementedError

    def _send(self, data: bytes) -> None:
        raise NotImplementedError


class _TcpPeer(_Server):
    def __init__(self, script: Script, end: bytes | None) -> None:
        super().__init__(script, end)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._connection: socket.socket | None = None
        self.resource = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._listener.close()
        if self._connection is not None:
            self._connection.close()

    def _receive(self) -> bytes:
        try:
            if self._connection is None:
                self._connection, _ = self._listener.accept()
                self._connection.settimeout(0.05)
            data = self._connection.recv(65536)
        except TimeoutError:
            return b""
        except OSError:
            data = b""
        if not data and self._connection is not None:
            self._connection.close()
            self._connection = None
        return data

    def _send(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.sendall(data)


class _PtyPeer(_Server):
    def __init__(self, script: Script, end: bytes | None) -> None:
        super().__init__(script, end)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.resource = f"serial://{os.ttyname(self._slave)}"
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        os.close(self._slave)
        os.close(self._master)

    def _receive(self) -> bytes:
        readable, _, _ = select.select([self._master], [], [], 0.05)
        return os.read(self._master, 65536) if readable else b""

    def _send(self, data: bytes) -> None:
        os.write(self._master, data)


@contextmanager
def peer(
    script: Script | dict[bytes, Any], *, wire: str = "tcp", end: bytes | None = b"\n"
) -> Iterator[Peer]:
    """A device that answers as a function, or a table by message, says."""
    answers = script.get if isinstance(script, dict) else script
    device = (_TcpPeer if wire == "tcp" else _PtyPeer)(answers, end)
    try:
        yield device
    finally:
        device.close()
