"""Wires on this machine: a TCP port of the loopback interface, a pseudo-terminal behind a link."""

import os
import select
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from shotlane.serving._device import Outcome
from shotlane.serving._loopback import LoopbackServer, point


class Requests(Protocol):
    """Cuts requests from what comes, and answers them."""

    def feed(self, data: bytes) -> Iterable[Outcome]:
        """What goes back for what has come."""


class TcpWire(LoopbackServer):
    """A port; each connection has its own requests."""

    def __init__(self, port: int, begin: Callable[[], Requests]) -> None:
        self._begin = begin
        super().__init__(port, self._answer)

    def _answer(self, connection: socket.socket) -> None:
        requests = self._begin()
        while data := connection.recv(4096):
            for outcome in requests.feed(data):
                if outcome.hangs_up:
                    return
                time.sleep(outcome.delay_s)
                connection.sendall(outcome.data)


class PtyWire:
    """A pseudo-terminal, found through a link; who hangs up comes back under another node."""

    def __init__(self, link: Path, begin: Callable[[], Requests]) -> None:
        self.link = link
        self._begin = begin
        self._wake_read, self._wake_write = os.pipe()
        self._open()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Go away, with the link."""
        os.write(self._wake_write, b".")
        self._thread.join()

    def _open(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._node = os.ttyname(self._slave)
        point(self.link, self._node)

    def _end(self) -> None:
        if self.link.is_symlink() and str(self.link.readlink()) == self._node:
            self.link.unlink()
        os.close(self._slave)
        os.close(self._master)

    def _serve(self) -> None:
        requests = self._begin()
        while True:
            readable, _, _ = select.select([self._master, self._wake_read], [], [])
            if self._wake_read in readable:
                self._end()
                return
            for outcome in requests.feed(os.read(self._master, 4096)):
                if outcome.hangs_up:
                    self._end()
                    self._open()
                    requests = self._begin()
                    break
                time.sleep(outcome.delay_s)
                self._send(outcome.data)

    def _send(self, data: bytes) -> None:
        """Write what a client takes; one that never reads must not hold up the device."""
        while data and select.select([], [self._master], [], 1.0)[1]:
            data = data[os.write(self._master, data) :]
