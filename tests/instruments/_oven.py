"""One small oven behind every kind of wire: ASCII and Modbus, each over TCP and over a pseudo-terminal.

It shows what devices do at their worst when a test asks for it: it restarts and forgets, answers late, not at
all, with an error, or lets another one answer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.instruments._peers import Told, pool_on
from tests.instruments._scripted import Answer, Peer, peer

from shotlane.instruments import Pool
from shotlane.testing._rtu_server import crc

WIRES: Final = ("ascii-tcp", "ascii-pty", "modbus-tcp", "modbus-rtu")
SERIAL: Final = ("ascii-pty", "modbus-rtu")
MODBUS: Final = ("modbus-tcp", "modbus-rtu")
ASCII: Final = ("ascii-tcp", "ascii-pty")
TEMPERATURE, VALIDITY, SETPOINT, SAVING = range(4)
VALID, BROKEN = 61, 65
EEPROM, VOLATILE = 106, 59

DOCUMENTS: Final = {
    "ascii": """
instrument: oven
protocol: ascii
timeout: 200 ms
replies: {ok: OK}
attributes:
  temperature: {query: "T?", reply: "A {value:f}", unit: degC, missing: ["-------"]}
  setpoint: {query: "S?", reply: "A {value:f}", set: {send: "S {value:.0f}", reply: ok},
             unit: degC, access: rw, safe: keep}
  saving: {query: "M?", reply: "A {value:d}", set: {send: "M {value}", reply: ok},
           options: {eeprom: 106, volatile: 59}, access: rw, safe: keep}
setup: {saving: volatile}
""",
    "modbus": """
instrument: oven
protocol: modbus
timeout: 200 ms
attributes:
  temperature: {holding: 0, unit: degC, valid: {holding: 1, is: 61}}
  setpoint: {holding: 2, unit: degC, access: rw, safe: keep}
  saving: {holding: 3, options: {eeprom: 106, volatile: 59}, access: rw, safe: keep}
setup: {saving: volatile}
""",
}


@dataclass
class Oven:
    """The device. `answers`: what the next requests meet instead of an answer: 'late', 'drop', 'error',
    'other' (somebody else answers); empty: it is good."""

    wire: str
    registers: list[int] = field(default_factory=lambda: [25, VALID, 20, EEPROM])
    eeprom_writes: int = 0
    answers: list[str] = field(default_factory=list)
    requests: int = 0

    def restart(self) -> None:
        """Switch it off and on."""
        self.registers[SETPOINT:] = [20, EEPROM]

    def put(self, register: int, value: int) -> None:
        """Set a register as the wire does."""
        self.registers[register] = value
        if register == SETPOINT and self.registers[SAVING] == EEPROM:
            self.eeprom_writes += 1

    def answer(self, message: bytes) -> Answer:
        """What goes back for one request."""
        self.requests += 1
        kind = self.answers.pop(0) if self.answers else ""
        if kind == "drop":
            return None
        answer = self._spoken(message, kind)
        return [0.26, answer, 0.03] if kind == "late" else answer

    def _spoken(self, message: bytes, kind: str) -> bytes:
        if self.wire in ASCII:
            return self._line(message.decode(), kind).encode() + b"\n"
        if self.wire == "modbus-rtu":
            body = bytes([2 if kind == "other" else message[0]]) + self._pdu(message[1:-2], kind)
            return body + crc(body)
        unit, pdu = 2 if kind == "other" else message[6], self._pdu(message[7:], kind)
        return message[:4] + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu

    def _line(self, text: str, kind: str) -> str:
        if kind == "error":
            return "ERR 3"
        if kind == "other":
            return "B 99"
        if not text.endswith("?"):
            name, number = text.split()
            self.put({"S": SETPOINT, "M": SAVING}[name], int(number))
            return "OK"
        register = {"T?": TEMPERATURE, "S?": SETPOINT, "M?": SAVING}[text]
        if register == TEMPERATURE and self.registers[VALIDITY] != VALID:
            return "A -------"
        return f"A {self.registers[register]}"

    def _pdu(self, pdu: bytes, kind: str) -> bytes:
        function, at = pdu[0], int.from_bytes(pdu[1:3], "big")
        if function == 6:
            self.put(at, int.from_bytes(pdu[3:5], "big"))
            return pdu
        count = int.from_bytes(pdu[3:5], "big")
        words = [99, VALID, 99, 99][at : at + count] if kind == "other" else self.registers[at : at + count]
        return bytes([function, 2 * count]) + b"".join(word.to_bytes(2, "big") for word in words)


@dataclass
class Bench:
    """An oven on a wire, a pool on it, and what the pool tells. The pool is opened by `open`."""

    oven: Oven
    device: Peer
    pool: Pool
    told: Told

    def open(self) -> "Bench":
        """Open the pool: after the test has taken its guard away."""
        self.pool.open(["oven"])
        return self


def resource_of(device: Peer, wire: str) -> str:
    """Where an oven is."""
    if wire == "modbus-tcp":
        return f"modbus+{device.resource}?unit=1"
    return f"modbus+{device.resource}?unit=1&baudrate=115200" if wire == "modbus-rtu" else device.resource


@contextmanager
def oven_on(wire: str, folder: Path, *, move: Callable[[str], str] = str) -> Iterator[Bench]:
    """An oven on a wire, nothing open yet. `move`: the resource as the station says it."""
    oven = Oven(wire)
    kind = "ascii" if wire in ASCII else "modbus"
    end = b"\n" if wire in ASCII else None
    with peer(oven.answer, wire="pty" if wire in SERIAL else "tcp", end=end) as device:
        resource = move(resource_of(device, wire))
        text = f"station: lab\ninstruments:\n  oven: {{instrument: oven, resource: '{resource}', tries: 1}}\n"
        with pool_on(text, folder, {"oven": DOCUMENTS[kind]}) as (pool, told):
            yield Bench(oven, device, pool, told)
