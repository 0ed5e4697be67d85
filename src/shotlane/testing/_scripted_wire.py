"""A device that says what is written, on a real wire, and tells what was not as written."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shotlane.testing._script import Exchange, Piece, Script, ScriptError, read_script
from shotlane.testing._script_course import Course, Order, ScriptMismatch
from shotlane.testing._script_wires import DeviceWire, PtyWire, TcpWire

_QUIET_S: Final = 0.3  # after this long the rest of a request does not come
_LAST_S: Final = 0.5  # a request that nobody answers may still be on its way
_HEADER_SIZE: Final = 6  # of Modbus TCP, up to the unit


class ScriptedWire:
    """A scripted device. `resource` is where it is: of Modbus add `?unit=1`; `received`: requests so far."""

    def __init__(self, script: Script, order: Order) -> None:
        self.received: list[bytes] = []
        self._script = script
        self._course = Course(script, order)
        self._buffer = b""
        self._heard_s = 0.0
        self._greeting = [one.answer for one in script.exchanges if not one.request]
        make: type[DeviceWire] = PtyWire if script.wire.endswith("serial") else TcpWire
        if make is PtyWire and any(piece.hangs_up for one in script.exchanges for piece in one.answer):
            raise ScriptError("nobody hangs up on a serial port")
        if self._greeting and make is PtyWire:
            raise ScriptError(
                "nothing can be answered before a request on a serial port: who opens it drops it"
            )
        self._wire = make(self._take, self._greet)

    @property
    def resource(self) -> str:
        """Its address, as a station has it."""
        modbus = "modbus+" if self._script.framing else ""
        query = f"?{self._script.query}" if self._script.query else ""
        return f"{modbus}{self._wire.address}{query}"

    def say(self, data: bytes) -> None:
        """Send something that nobody asked for."""
        self._wire.send(data)

    def check(self) -> None:
        """Take the device away, and raise `ScriptMismatch` unless everything was as written."""
        until_s = time.monotonic() + _LAST_S
        while not self._course.done and time.monotonic() < until_s:
            time.sleep(0.005)
        self.close()
        told = self.mismatch()
        if told is not None:
            raise ScriptMismatch(told)

    def mismatch(self) -> str | None:
        """What was not as written so far, for people; None when all was."""
        return self._course.mismatch()

    def close(self) -> None:
        """Take the device away. What it has heard half is a request that was not written."""
        self._wire.close()
        self._give_up_rest()

    def _give_up_rest(self) -> None:
        """Half a request stays one."""
        rest, self._buffer = self._buffer, b""
        if rest:
            self._course.take(rest)

    def _greet(self) -> None:
        self._give_up_rest()
        for answer in self._greeting:
            self._say(answer, b"")

    def _take(self, piece: bytes) -> None:
        if piece:
            self._buffer += piece
            self._heard_s = time.monotonic()
        while self._buffer and self._next():
            pass

    def _next(self) -> bool:
        """Answer the next request; whether there was one."""
        header = b""
        if self._script.framing == "tcp":
            end = _HEADER_SIZE + int.from_bytes(self._buffer[4:_HEADER_SIZE], "big")
            if len(self._buffer) <= _HEADER_SIZE or len(self._buffer) < end:
                return False
            header, request = self._buffer[:_HEADER_SIZE], self._buffer[_HEADER_SIZE:end]
        else:
            quiet = time.monotonic() - self._heard_s > _QUIET_S
            found = self._course.next_request(self._buffer, quiet=quiet)
            if found is None:
                return False
            request = found
        self._buffer = self._buffer[len(header) + len(request) :]
        self._answer(self._course.take(request), header)
        self.received.append(request)
        return True

    def _answer(self, exchange: Exchange | None, header: bytes) -> None:
        if exchange is not None:
            self._say(exchange.answer, header)

    def _say(self, answer: list[Piece], header: bytes) -> None:
        for piece in answer:
            self._wire.pause(piece.pause_s)
            frame = header[:4] + len(piece.data).to_bytes(2, "big") if piece.framed else b""
            self._wire.send(frame + piece.data)
            if piece.hangs_up:
                self._wire.hang_up()


@contextmanager
def scripted_wire(
    text: str | Path, *, wire: str | None = None, order: Order = "strict", port: str | None = None
) -> Iterator[ScriptedWire]:
    """Play a dialogue on a real wire, and check at the end that it was as written.

    `text`: the dialogue, or its file. `wire`: "tcp", "serial", "modbus+tcp" or "modbus+serial"; without it
    that of the text, else "tcp". `order`: "strict", or "any" for requests in any order and number. `port`:
    which of several dialogues. Raises `ScriptError` for a text that cannot be read, `ScriptMismatch` at the
    end; what the block itself raises goes first, with the mismatch as a note.
    """
    written = text.read_text(encoding="utf-8") if isinstance(text, Path) else text
    device = ScriptedWire(read_script(written, wire, port), order)
    try:
        yield device
    except BaseException as error:
        device.close()
        told = device.mismatch()
        if told is not None:
            error.add_note(told)
        raise
    device.check()
