"""One Modbus unit as a device sees it: four tables of what exists, and what it answers to a request.

Written without the runner's own code, so that a mistake there does not answer itself. Functions and
exceptions after the Modbus Application Protocol 1.1b3, section 6.
"""

import struct
from collections.abc import Mapping
from typing import Any, Final

_TABLES: Final = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil"}
_TABLES.update({16: "holding", 22: "holding"})
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, BUSY = 1, 2, 3, 6


class _Refusal(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ModbusUnit:
    """Tables as {address: number}; only what stands there exists.

    `max_registers`: longest read that it takes. `functions`: those that it knows, all when not given.
    """

    def __init__(
        self,
        tables: Mapping[str, Mapping[int, int]],
        *,
        max_registers: int = 125,
        functions: list[int] | None = None,
    ) -> None:
        self.tables: dict[str, dict[int, int]] = {
            name: dict(tables.get(name, {})) for name in ("holding", "input", "coil", "discrete")
        }
        self._most = max_registers
        self._functions = list(_TABLES) if functions is None else functions
        self._initial = {name: dict(table) for name, table in self.tables.items()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "ModbusUnit":
        """From JSON: each table as {first address: [numbers]}."""
        tables = {
            name: {
                int(first) + at: value
                for first, values in plain[name].items()
                for at, value in enumerate(values)
            }
            for name in ("holding", "input", "coil", "discrete")
            if name in plain
        }
        return cls(tables, max_registers=plain.get("max_registers", 125), functions=plain.get("functions"))

    def restart(self) -> None:
        """Forget what was written."""
        self.tables = {name: dict(table) for name, table in self._initial.items()}

    def answer(self, pdu: bytes) -> bytes:
        """The answer to a request, an exception among them."""
        function = pdu[0]
        if function not in self._functions:
            return exception(function, ILLEGAL_FUNCTION)
        try:
            return bytes([function]) + self._done(function, pdu[1:])
        except _Refusal as refusal:
            return exception(function, refusal.code)

    def _done(self, function: int, body: bytes) -> bytes:
        address, second = struct.unpack_from(">HH", body)
        table = self.tables[_TABLES[function]]
        if function in (1, 2):
            return _packed(self._span(table, address, second, 2000))
        if function in (3, 4):
            words = self._span(table, address, second, self._most)
            return bytes([2 * second]) + struct.pack(f">{second}H", *words)
        self._write(table, function, address, second, body)
        return body[:6] if function == 22 else body[:4]

    def _write(self, table: dict[int, int], function: int, address: int, second: int, body: bytes) -> None:
        if function == 5 and second not in (0, 0xFF00):
            raise _Refusal(ILLEGAL_VALUE)
        if function == 22:
            (put,) = struct.unpack_from(">H", body, 4)
            (now,) = self._span(table, address, 1, 1)
            values = [now & second | put & ~second & 0xFFFF]
        elif function == 15:
            values = [body[5 + at // 8] >> at % 8 & 1 for at in range(second)]
        elif function == 16:
            values = list(struct.unpack_from(f">{second}H", body, 5))
        else:
            values = [int(second == 0xFF00) if function == 5 else second]
        self._span(table, address, len(values), 123)
        table.update({address + at: value for at, value in enumerate(values)})

    def _span(self, table: Mapping[int, int], address: int, count: int, most: int) -> list[int]:
        if not 1 <= count <= most:
            raise _Refusal(ILLEGAL_VALUE)
        if any(at not in table for at in range(address, address + count)):
            raise _Refusal(ILLEGAL_ADDRESS)
        return [table[at] for at in range(address, address + count)]


def exception(function: int, code: int) -> bytes:
    """The answer that refuses a request."""
    return bytes([function | 0x80, code])


def _packed(bits: list[int]) -> bytes:
    data = bytearray(-(-len(bits) // 8))
    for at, bit in enumerate(bits):
        data[at // 8] |= bool(bit) << at % 8
    return bytes([len(data)]) + bytes(data)
