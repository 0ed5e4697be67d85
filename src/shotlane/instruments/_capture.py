"""What passes on real wires, written as dialogues that `shotlane.testing.scripted_wire` plays.

Each port has its own dialogue, under a line `port: ADDRESS`. While it is written, ports take turns as they
speak, so that a program that is killed leaves what it heard; at the end each stands whole. What was received
between two requests is one answer. Secrets are masked, also where they stand as bytes. Whoever uses the port
never notices: what cannot be written any more is left out.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from shotlane.instruments.definition._definition import Resource
from shotlane.instruments.ports._transport import BytePort, PortLost
from shotlane.instruments.ports._wire_text import as_hex, as_text, shown_ends

Mask = Callable[[str], str]
Cut = Callable[[bytes], list[bytes] | None]
_HEAD: Final = "port: "
_HEADER_SIZE: Final = 6  # of Modbus TCP, up to the unit
_LEAST_S: Final = 0.001


class Capture:
    """A file of dialogues, for any number of ports and threads. Raises `OSError`, also when it exists."""

    def __init__(self, path: Path, *, pauses: bool = False) -> None:
        self._path = path
        self._pauses = pauses
        self._file = path.open("x", encoding="utf-8", newline="\n", buffering=1)
        self._lock = threading.Lock()
        self._ports: list[_CapturedPort] = []
        self._last = ""
        self.lines = 0
        self.failure: OSError | None = None  # why it ends early

    def wrap(self, port: BytePort, resource: Resource, mask: Mask) -> BytePort:
        """The same port, heard."""
        place = _place(resource)
        heard = _CapturedPort(port, _writer(self, place, mask), mask, _cut_of(resource), self._pauses)
        self._ports.append(heard)
        return heard

    def write(self, place: str, line: str) -> None:
        """Add a line to the dialogue of a port."""
        with self._lock:
            if self._file.closed or self.failure is not None:
                return
            head = f"{_HEAD}{place}\n" if place != self._last else ""
            self._last = place
            try:
                self._file.write(f"{head}{line}\n")
            except OSError as error:
                self.failure = error
                return
            self.lines += 1

    def close(self) -> None:
        """Write what is left, and the dialogue of each port whole."""
        for port in self._ports:
            port.write_answer()
        with self._lock:
            if self._file.closed:
                return
            try:
                self._file.close()
                text = _port_by_port(self._path.read_text(encoding="utf-8"))
                if self.failure is None:
                    self._path.write_text(text, encoding="utf-8", newline="\n")
            except OSError as error:
                self.failure = self.failure or error


def _writer(capture: Capture, place: str, mask: Mask) -> Callable[[str, str], None]:
    """Write a mark and what was sent or answered, masked before its ends are made visible."""

    def write(mark: str, text: str) -> None:
        capture.write(place, f"{mark} {shown_ends(mask(text))}")

    return write


class _CapturedPort:
    """A port that tells what it sends and receives. Implements `BytePort`."""

    def __init__(
        self,
        port: BytePort,
        write: Callable[[str, str], None],
        mask: Mask,
        cut: Cut | None,
        pauses: bool,
    ) -> None:
        self._port = port
        self._write = write
        self._mask = mask
        self._cut = cut
        self._pauses = pauses
        self._heard: list[tuple[float, bytes]] = []  # seconds since what was before it
        self._since_s = 0.0
        self._was_open = False

    @property
    def is_open(self) -> bool:
        """Whether it is open as far as is known."""
        return self._port.is_open

    def open(self, timeout_s: float) -> None:
        """Open it."""
        self._port.open(timeout_s)
        self._since_s = time.monotonic()
        if self._was_open:
            self._write("#", "opened again")
        self._was_open = True

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all bytes."""
        self.write_answer()
        self._tell(">", data)
        self._since_s = time.monotonic()
        try:
            self._port.send(data, timeout_s)
        except OSError as error:
            self._write("#", f"not sent: {as_text(str(error).encode())}")
            raise

    def receive(self, timeout_s: float) -> bytes:
        """What has come."""
        try:
            data = self._port.receive(timeout_s)
        except PortLost as error:
            self.write_answer()
            self._write("#", as_text(str(error).encode()))
            raise
        if data:
            now_s = time.monotonic()
            self._heard.append((now_s - self._since_s, data))
            self._since_s = now_s
        return data

    def close(self) -> None:
        """Close it."""
        self.write_answer()
        self._port.close()

    def write_answer(self) -> None:
        """Write what came since the last request."""
        heard, self._heard = self._heard, []
        whole = as_text(b"".join(data for _, data in heard))
        # A secret that came in pieces is seen in the whole only.
        apart = self._pauses and self._mask(whole) == whole
        for pause_s, data in _joined(heard, apart=apart):
            if self._pauses:
                self._write("pause", f"{pause_s * 1e3:.3g} ms")
            self._tell("<", data)

    def _tell(self, mark: str, data: bytes) -> None:
        if self._cut is None:
            self._write(mark, as_text(data))
            return
        messages = self._cut(data)
        if messages is None:
            self._write(f"{mark}x", as_hex(data))
            return
        for message in messages:
            self._write(mark, as_hex(message))


def _joined(heard: list[tuple[float, bytes]], *, apart: bool) -> Iterator[tuple[float, bytes]]:
    """Pieces as one answer; those that came later stay `apart`."""
    pause_s, whole = 0.0, b""
    for waited_s, data in heard:
        if whole and apart and waited_s >= _LEAST_S:
            yield pause_s, whole
            whole = b""
        pause_s = pause_s if whole else waited_s
        whole += data
    if whole:
        yield pause_s, whole


def _place(resource: Resource) -> str:
    """The address of the port, whatever unit is spoken to there."""
    base, _, query = resource.text.partition("?")
    kept = "&".join(one for one in query.split("&") if one and not one.startswith("unit="))
    return f"{base}?{kept}" if kept else base


def _cut_of(resource: Resource) -> Cut | None:
    """How unit and PDU are cut from frames of Modbus; None for lines of text."""
    if not resource.scheme.startswith("modbus"):
        return None
    tcp = resource.scheme == "modbus+tcp" and resource.query.get("framing") != "rtu"
    return _tcp_messages if tcp else _rtu_message


def _tcp_messages(data: bytes) -> list[bytes] | None:
    messages = []
    while data:
        end = _HEADER_SIZE + int.from_bytes(data[4:_HEADER_SIZE], "big")
        if len(data) < end or data[2:4] != b"\0\0" or end == _HEADER_SIZE:
            return None
        messages.append(data[_HEADER_SIZE:end])
        data = data[end:]
    return messages


def _rtu_message(data: bytes) -> list[bytes] | None:
    from shotlane.instruments.modbus._codec import rtu_is_sound  # late: pymodbus

    return [data[:-2]] if len(data) > 3 and rtu_is_sound(data) else None


def _port_by_port(text: str) -> str:
    dialogues: dict[str, list[str]] = {}
    head = ""
    for line in text.splitlines():
        if line.startswith(_HEAD):
            head = line
        else:
            dialogues.setdefault(head, []).append(line)
    return "\n".join("\n".join([head, *lines, ""]) for head, lines in dialogues.items())
