"""Several Modbus RTU units on one pseudo-terminal that keeps the time of a real line.

A pseudo-terminal carries everything at once; here a request ends when its last byte would have come at the
stated baud rate, an answer begins a turn-around later, and its bytes come when they would, a few at a time
as from the buffer of a serial port. A request that does not leave 3.5 characters of silence is lost on a
real line, and is lost here. The CRC is computed bit by bit, unlike the runner's.
"""

import contextlib
import heapq
import os
import select
import threading
import time
import tty
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shotlane.serving._loopback import point
from shotlane.serving._request_log import RequestLog
from shotlane.testing._faults import Fault, FaultSchedule
from shotlane.testing._modbus_unit import BUSY, ModbusUnit, exception

# Bytes that a serial port hands over at a time.
_FIFO: Final = 8
_BITS_OF_BYTE: Final = 10
_AWAKE_S: Final = 0.0003
_LONGEST_FRAME: Final = 256
_COUNTED: Final = (15, 16)


class RtuServer:
    """The line. `turnaround_s`: from the end of a request to the first byte of its answer."""

    def __init__(
        self,
        units: Mapping[int, ModbusUnit],
        log: RequestLog,
        link: Path,
        *,
        baudrate: int = 19200,
        turnaround_s: float = 0.002,
        paced: bool = True,
    ) -> None:
        self.units = units
        self.faults = {unit: FaultSchedule() for unit in units}
        self._log = log
        self._link = link
        self._byte_s = _BITS_OF_BYTE / baudrate if paced else 0.0
        self._silence_s = 0.0 if not paced else 0.00175 if baudrate > 19200 else 3.5 * self._byte_s
        self._turnaround_s = turnaround_s if paced else 0.0
        self._out: list[tuple[float, int, bytes]] = []
        self._number = 0
        self._busy_until = 0.0
        self._free_at: dict[int, float] = {}
        self._master = self._slave = -1
        self._wake_read, self._wake_write = os.pipe()
        self._thread: threading.Thread | None = None
        self.appear()

    def appear(self) -> None:
        """Come up under a new node, and point the link there."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
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

    def close(self) -> None:
        """Go away for good."""
        if self._thread is not None:
            self.vanish()

    def say(self, data: bytes) -> None:
        """Send something that nobody asked for."""
        os.write(self._master, data)

    def _serve(self) -> None:
        buffer, begun = b"", 0.0
        while True:
            # A timer is 0.1 ms late, a byte at 115200 baud takes less: what is near is waited for awake.
            wait_s = max(0.0, self._out[0][0] - time.monotonic() - _AWAKE_S) if self._out else None
            readable, _, _ = select.select([self._master, self._wake_read], [], [], wait_s)
            now = time.monotonic()
            if self._wake_read in readable:
                os.read(self._wake_read, 1)
                break
            if self._master in readable:
                begun = begun if buffer else now
                buffer += os.read(self._master, 4096)
                buffer = self._take_all(buffer, begun)
            self._send_due(now)
        self._out.clear()
        os.close(self._slave)
        os.close(self._master)

    def _send_due(self, now: float) -> None:
        while self._out and self._out[0][0] <= now:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, heapq.heappop(self._out)[2])

    def _take_all(self, buffer: bytes, begun: float) -> bytes:
        """Answer the whole frames; what is left."""
        while (size := _request_size(buffer)) is not None and len(buffer) >= size:
            frame, buffer = buffer[:size], buffer[size:]
            self._take(frame, begun)
        return b"" if len(buffer) > _LONGEST_FRAME else buffer

    def _take(self, frame: bytes, begun: float) -> None:
        unit, pdu = frame[0], frame[1:-2]
        sound = crc(frame[:-2]) == frame[-2:]
        too_soon = begun < self._busy_until + self._silence_s
        fault = self.faults[unit].next() if unit in self.units and sound and not too_soon else None
        told = {"fault": fault.kind} if fault is not None else {}
        told |= {"lost": "too soon"} if too_soon else {} if sound else {"lost": "checksum"}
        self._log.add(
            f"unit {unit}",
            unit=unit,
            function=pdu[0],
            address=int.from_bytes(pdu[1:3], "big"),
            count=int.from_bytes(pdu[3:5], "big"),
            raw=frame.hex(" "),
            **told,
        )
        ended = begun + len(frame) * self._byte_s
        self._busy_until = max(self._busy_until, ended)
        if unit in self.units and sound and not too_soon:
            self._answer(unit, pdu, fault, ended + self._turnaround_s)

    def _answer(self, unit: int, pdu: bytes, fault: Fault | None, start: float) -> None:
        kind = fault.kind if fault is not None else None
        answer = exception(pdu[0], BUSY) if kind == "busy" else self.units[unit].answer(pdu)
        body = bytes([unit % 247 + 1 if kind == "wrong_unit" else unit]) + answer
        frame = body + crc(body)
        if kind in ("drop", "hang_up"):
            return
        if kind == "garble":
            frame = frame[:2] + bytes([frame[2] ^ 0x10]) + frame[3:]
        if kind == "delay" and fault is not None:
            start += fault.seconds
        # A unit answers one request after the other.
        start = max(start, self._free_at.get(unit, 0.0))
        self._free_at[unit] = start + len(frame) * self._byte_s
        for at in range(0, len(frame), _FIFO):
            piece = frame[at : at + _FIFO]
            self._number += 1
            heapq.heappush(self._out, (start + (at + len(piece)) * self._byte_s, self._number, piece))
        if kind != "delay":
            self._busy_until = max(self._busy_until, start + len(frame) * self._byte_s)


def _request_size(buffer: bytes) -> int | None:
    if len(buffer) < 8:
        return None
    if buffer[1] in _COUNTED:
        return 9 + buffer[6]
    return 10 if buffer[1] == 22 else 8


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus (over Serial Line 1.02, section 6.2.2)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")
