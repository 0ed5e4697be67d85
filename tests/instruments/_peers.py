"""Devices on a real wire that answer as a test says, and pools on stations made for one test."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.instruments._stations import sound

from shotlane.instruments import InstrumentError, Pool, build_pool
from shotlane.testing import Bench

BENCH = Path(__file__).parents[2] / "stations" / "bench.yaml"
Answer = Callable[[str], str | None]


class AsciiDevice:
    """Answers lines on a TCP port of the loopback interface; None is silence. `asked`: what came."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.resource = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        try:
            while data := connection.recv(4096):
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self.asked.append(line.decode())
                    reply = self.answer(line.decode())
                    if reply is not None:
                        connection.sendall(reply.encode() + b"\n")
        except OSError:
            return

    def hang_up(self) -> None:
        """Break all connections, as a device does that is switched off."""
        connections, self._connections = self._connections, []
        self._end(connections)

    def close(self) -> None:
        """Hang up and go away."""
        self._end([self._listener, *self._connections])

    def _end(self, connections: list[socket.socket]) -> None:
        for connection in connections:
            with suppress(OSError):  # it may have gone by itself
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@contextmanager
def device(answer: Answer) -> Iterator[AsciiDevice]:
    """A device for one test."""
    made = AsciiDevice(answer)
    try:
        yield made
    finally:
        made.close()


class Told:
    """Takes what a pool tells."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, role: str, type_: str, fields: Mapping[str, Any]) -> None:
        assert fields["role"] == role
        self.events.append((type_, fields))

    def of(self, type_: str) -> list[Mapping[str, Any]]:
        """The fields of all events of one type."""
        return [fields for name, fields in self.events if name == type_]


@contextmanager
def pool_on(
    text: str, folder: Path, documents: Mapping[str, str] | None = None
) -> Iterator[tuple[Pool, Told]]:
    """A pool on a station that has no fault; nothing is open yet."""
    told = Told()
    pool = build_pool(sound(text, folder, documents), now_ns=time.monotonic_ns, notify=told)
    try:
        yield pool, told
    finally:
        pool.close()


def bench_station(bench: Bench) -> str:
    """The committed station of the bench, where this bench is."""
    text = BENCH.read_text(encoding="utf-8").replace("127.0.0.1:5020", f"127.0.0.1:{bench.modbus_port}")
    return text.replace("/tmp/shotlane-bench-gas", bench.serial_path)


def value(pool: Pool, role: str, name: str) -> Any:
    """What an attribute reads."""
    return pool.read(role, [name]).readings[name].value


def fault_of(act: Callable[..., Any], *arguments: Any) -> InstrumentError | None:
    """The fault of one use of a pool."""
    try:
        act(*arguments)
    except InstrumentError as error:
        return error
    return None


def seconds(act: Callable[[], Any]) -> float:
    """How long something takes."""
    before = time.monotonic()
    act()
    return time.monotonic() - before
