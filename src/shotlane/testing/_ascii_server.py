"""A `FlowController` on a pseudo-terminal and, when asked for, on a TCP port of the loopback interface.

The pseudo-terminal is found through a link, as a USB adapter is: when the port vanishes and comes back, the
link points to another node. Each way in answers one line after the other.
"""

import contextlib
import os
import select
import socket
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shotlane.serving._loopback import LoopbackServer, point
from shotlane.serving._request_log import RequestLog
from shotlane.testing._faults import Fault, FaultSchedule
from shotlane.testing._flow_controller import FlowController

_END: Final = b"\r"


class AsciiPeer:
    """What both ways in share: the device, its faults, its log."""

    def __init__(self, device: FlowController, log: RequestLog) -> None:
        self.faults = FaultSchedule()
        self._device = device
        self._log = log

    def take(self, line: bytes, send: Callable[[bytes], None]) -> None:
        """Log a line that came, and answer it."""
        text = line.decode("ascii", "backslashreplace")
        fault = self.faults.next()
        self._log.add(
            "gas",
            command=text[1:],
            address=text[:1],
            raw=line.decode("latin-1") + "\r",
            **({} if fault is None else {"fault": fault.kind}),
        )
        answer = self._device.answer(text)
        if answer is not None and (spoilt := _spoilt(answer, fault)) is not None:
            send(spoilt.encode() + _END)


class PtyServer:
    """The device on a pseudo-terminal behind a link."""

    def __init__(self, peer: AsciiPeer, link: Path) -> None:
        self._peer = peer
        self._link = link
        self._master = -1
        self._slave = -1
        self._thread: threading.Thread | None = None
        self._wake_read, self._wake_write = os.pipe()
        self.appear()

    def appear(self) -> None:
        """Come up under a new node, and point the link there."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)  # a client that never reads must not hold up the bench
        point(self._link, os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def vanish(self) -> None:
        """Go away like an adapter that is pulled out."""
        if self._link.is_symlink() and str(self._link.readlink()) == os.ttyname(self._slave):
            self._link.unlink()
        os.write(self._wake_write, b".")
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def say(self, text: str) -> None:
        """Send something that nobody asked for."""
        os.write(self._master, text.encode())

    def close(self) -> None:
        """Go away for good."""
        if self._thread is not None:
            self.vanish()

    def _serve(self) -> None:
        buffer = b""
        while True:
            readable, _, _ = select.select([self._master, self._wake_read], [], [])
            if self._wake_read in readable:
                os.read(self._wake_read, 1)
                break
            buffer += os.read(self._master, 4096)
            *lines, buffer = buffer.split(_END)
            for line in lines:
                self._peer.take(line, self._send)
        os.close(self._slave)
        os.close(self._master)

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, data)


class AsciiTcpServer(LoopbackServer):
    """The device behind a TCP port, as behind a serial server: one line after the other for all clients."""

    def __init__(self, peer: AsciiPeer, port: int) -> None:
        self._peer = peer
        self._one_line = threading.Lock()
        super().__init__(port, self._answer)

    def _answer(self, connection: socket.socket) -> None:
        buffer = b""
        while data := connection.recv(4096):
            *lines, buffer = (buffer + data).split(_END)
            for line in lines:
                with self._one_line:
                    self._peer.take(line, connection.sendall)


def _spoilt(answer: str, fault: Fault | None) -> str | None:
    """The answer after its fault: later, none, damaged, or somebody else's."""
    if fault is None:
        return answer
    match fault.kind:
        case "delay":
            time.sleep(fault.seconds)
            return answer
        case "drop" | "hang_up":
            return None
        case "garble":
            return answer[:8] + "\x7f#" + answer[10:]
        case "wrong_unit":
            return ("B" if answer[:1] != "B" else "C") + answer[1:]
        case _:
            return "?"
