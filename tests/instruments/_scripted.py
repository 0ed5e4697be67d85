"""Devices that answer as a function says, on the wires of `shotlane.testing`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from shotlane.testing._script_wires import PtyWire, TcpWire

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
    deadline = time.monotonic() + 30
    while len(device.received) < count and time.monotonic() < deadline:
        time.sleep(0.005)


class _Device:
    """Cuts what comes into messages and answers each as the script says.

    `end` ends a message; None: each piece that comes is one message. An answer is bytes, or a list of pieces
    and pauses in seconds.
    """

    def __init__(self, script: Script, wire: str, end: bytes | None) -> None:
        self.received: list[bytes] = []
        self._script = script
        self._end = end
        self._buffer = b""
        self._wire = (TcpWire if wire == "tcp" else PtyWire)(self._take, self._forget)
        self.resource = self._wire.address

    def say(self, data: bytes) -> None:
        self._wire.send(data)

    def close(self) -> None:
        self._wire.close()

    def _forget(self) -> None:
        self._buffer = b""

    def _take(self, piece: bytes) -> None:
        if self._end is None:
            messages = [piece] if piece else []
        else:
            *messages, self._buffer = (self._buffer + piece).split(self._end)
        for message in messages:
            self.received.append(message)
            self._answer(self._script(message))

    def _answer(self, answer: Answer) -> None:
        for piece in answer if isinstance(answer, list) else [answer]:
            if isinstance(piece, float):
                time.sleep(piece)
            elif piece:
                self._wire.send(piece)


@contextmanager
def peer(
    script: Script | dict[bytes, Any], *, wire: str = "tcp", end: bytes | None = b"\n"
) -> Iterator[Peer]:
    """A device that answers as a function, or a table by message, says."""
    answers = script.get if isinstance(script, dict) else script
    device = _Device(answers, wire, end)
    try:
        yield device
    finally:
        device.close()
