"""A served station for one test, and clients that know nothing of shotlane: a socket and a serial port."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import serial

from shotlane.api import find_by_name
from shotlane.diagnostics import Report, render_text
from shotlane.instruments import Pool, build_pool
from shotlane.serving import ServedStation, serve

WIRES = ("tcp://10.0.0.1:1", "serial:///dev/ttyUSB9?baudrate=115200")


class Client(Protocol):
    """Bytes out, bytes in."""

    def send(self, data: bytes) -> None:
        """Send."""

    def receive(self, count: int) -> bytes:
        """So many bytes, or what came in a second."""


class _Tcp:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=1)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                data += self._socket.recv(count - len(data))
            except TimeoutError:
                break
        return data

    def close(self) -> None:
        self._socket.close()


class _Serial:
    def __init__(self, path: str) -> None:
        self._port = serial.Serial(path, 115200, timeout=1)

    def send(self, data: bytes) -> None:
        self._port.write(data)

    def receive(self, count: int) -> bytes:
        data: bytes = self._port.read(count)
        return data

    def close(self) -> None:
        self._port.close()


@contextmanager
def served(document: str, resource: str, folder: Path) -> Iterator[ServedStation]:
    """One instrument `it`, served."""
    (folder / "device.yaml").write_text(document, encoding="utf-8")
    text = f"station: bench\ninstruments:\n  it: {{instrument: device, resource: '{resource}'}}\n"
    (folder / "bench.yaml").write_text(text, encoding="utf-8")
    report = Report()
    found = serve(folder / "bench.yaml", report, into=folder / "served")
    assert found is not None, render_text(report)
    with found:
        yield found


@contextmanager
def client(found: ServedStation) -> Iterator[Client]:
    """A program of somebody else on the one wire there is."""
    wire: Any = found.wires[0]
    made = _Serial(str(wire.link)) if hasattr(wire, "link") else _Tcp(wire.port)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def pool(found: ServedStation) -> Iterator[Pool]:
    """Our own driver there."""
    report = Report()
    station = find_by_name(str(found.file), report)
    assert station is not None, render_text(report)
    made = build_pool(station, now_ns=time.monotonic_ns, notify=lambda *_: None)
    try:
        made.open(station.roles)
        yield made
    finally:
        made.close()


def asked(found: ServedStation, *turns: tuple[bytes, bytes]) -> None:
    """Send the first of each pair; the second is what must come back, and nothing more."""
    with client(found) as made:
        for sent, wanted in turns:
            made.send(sent)
            came = made.receive(len(wanted)) if wanted else b""
            assert came == wanted, (sent, came)


Value = Callable[[Pool, str], Any]


def value(made: Pool, name: str) -> Any:
    """What an attribute reads."""
    return made.read("it", [name]).readings[name].value
