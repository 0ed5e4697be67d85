"""A Modbus TCP server in front of a `Furnace`, written for its log: every request is in it, exactly once.

MBAP header and functions after the Modbus Application Protocol 1.1b3. Each connection has a thread, so that
a delayed answer holds up its own connection only, as on a device.
"""

import socket
import struct
import time
from typing import Any, Final

from shotlane.serving._loopback import LoopbackServer
from shotlane.serving._request_log import RequestLog
from shotlane.testing._faults import Fault, FaultSchedule
from shotlane.testing._furnace import Furnace, RegisterError

_NAMES: Final = {
    3: "read_holding_registers",
    4: "read_input_registers",
    6: "write_register",
    16: "write_registers",
}
_ILLEGAL_FUNCTION: Final = 1
_ILLEGAL_VALUE: Final = 3
_BUSY: Final = 6


class ModbusServer:
    """Listens on the loopback interface for one unit."""

    def __init__(self, furnace: Furnace, log: RequestLog, port: int, *, unit: int = 1) -> None:
        self.faults = FaultSchedule()
        self._furnace = furnace
        self._log = log
        self._unit = unit
        self._server = LoopbackServer(port, self._serve)
        self.port = self._server.port

    def restart(self, seconds: float) -> None:
        """Off for some seconds, and on again with what the device forgets forgotten."""
        self.close()
        time.sleep(seconds)
        self._furnace.restart()
        self._server = LoopbackServer(self.port, self._serve)

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        self._server.close()

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        while data := connection.recv(4096):
            buffer += data
            while len(buffer) >= 8 and len(buffer) >= 6 + int.from_bytes(buffer[4:6], "big"):
                size = 6 + int.from_bytes(buffer[4:6], "big")
                frame, buffer = buffer[:size], buffer[size:]
                self._take(connection, frame)

    def _take(self, connection: socket.socket, frame: bytes) -> None:
        request = _parsed(frame)
        fault = self.faults.next()
        self._log.add("furnace", **request, **({} if fault is None else {"fault": fault.kind}))
        if request["unit"] != self._unit:
            return
        answer = self._answer(request, busy=fault is not None and fault.kind == "busy")
        sent = _spoilt(frame[:4] + struct.pack(">HB", len(answer) + 1, frame[6]) + answer, fault)
        if fault is not None and fault.kind == "hang_up":
            raise ConnectionAbortedError
        if sent:
            connection.sendall(sent)

    def _answer(self, request: dict[str, Any], *, busy: bool) -> bytes:
        function = request["function"]
        if busy:
            return bytes([function | 0x80, _BUSY])
        try:
            return bytes([function]) + self._done(function, request)
        except RegisterError as error:
            return bytes([function | 0x80, error.code])

    def _done(self, function: int, request: dict[str, Any]) -> bytes:
        address, count, values = request["address"], request["count"], request["values"]
        if function in (3, 4):
            if not 1 <= count <= 125:
                raise RegisterError(_ILLEGAL_VALUE)
            words = self._furnace.read(address, count)
            return bytes([2 * count]) + struct.pack(f">{count}H", *words)
        if function not in (6, 16):
            raise RegisterError(_ILLEGAL_FUNCTION)
        if not values or len(values) != count:
            raise RegisterError(_ILLEGAL_VALUE)
        self._furnace.write(address, values)
        return struct.pack(">HH", address, values[0] if function == 6 else count)


def _parsed(frame: bytes) -> dict[str, Any]:
    """A request as its fields; address, count and values are None where the function has none."""
    function, body = frame[7], frame[8:]
    fields: dict[str, Any] = {
        "function": function,
        "name": _NAMES.get(function, f"function {function}"),
        "transaction": int.from_bytes(frame[:2], "big"),
        "unit": frame[6],
        "address": None,
        "count": None,
        "values": None,
        "raw": frame.hex(" "),
    }
    if len(body) >= 4:
        address, second = struct.unpack(">HH", body[:4])
        fields |= {"address": address, "count": 1 if function in (5, 6) else second}
        if function in (5, 6):
            fields["values"] = [second]
        elif function == 16:
            words = body[5 : 5 + (len(body) - 5) // 2 * 2]
            fields["values"] = list(struct.unpack(f">{len(words) // 2}H", words))
    return fields


def _spoilt(answer: bytes, fault: Fault | None) -> bytes:
    """The answer after its fault: later, none, damaged, or somebody else's."""
    match fault.kind if fault is not None else None:
        case "delay":
            time.sleep(fault.seconds if fault is not None else 0.0)
            return answer
        case "drop":
            return b""
        case "garble":
            return answer[:4] + b"\xff\xff" + answer[6:]
        case "wrong_unit":
            return answer[:6] + bytes([(answer[6] + 1) % 256]) + answer[7:]
        case _:
            return answer
