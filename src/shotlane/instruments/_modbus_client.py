"""Modbus TCP on the wire: the one file that imports pymodbus, whose names change in minor releases.

One request and its answer at a time, each within its own deadline, never repeated. After a timeout or an
answer that makes no sense the connection is dropped, so that what comes late can never be the answer to
something else; the next exchange connects again and `openings` says so. What is passed on was checked:
transaction, unit, function, length, and the echo of a write.
"""

import logging
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU

from shotlane.instruments._contract import ErrorContext, InstrumentError
from shotlane.instruments._registers import Place, RegisterKind

# pymodbus reports each lost reply as an error of its own; the fault that we raise says it once.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

# Modbus Application Protocol 1.1b3, section 7.
_EXCEPTIONS: Final = {
    1: ("rejected", "the device does not know this function"),
    2: ("rejected", "the device has no such register"),
    3: ("rejected", "the device does not take this value or length"),
    4: ("rejected", "the device failed while it carried the request out"),
    5: ("refused", "the device has begun a long operation"),
    6: ("refused", "the device is busy"),
    10: ("rejected", "the gateway has no path to the device"),
    11: ("timeout", "the device behind the gateway does not answer"),
}
_READS: Final = {
    RegisterKind.COIL: "read_coils",
    RegisterKind.DISCRETE: "read_discrete_inputs",
    RegisterKind.HOLDING: "read_holding_registers",
    RegisterKind.INPUT: "read_input_registers",
}


# After these nothing that the connection still carries can be trusted.
_DROPPING: Final = ("timeout", "garbled", "disconnected")
Verdict = tuple[str, str]  # fault class and message


class _Client(ModbusTcpClient):
    """pymodbus' client with one deadline for the whole answer (its own starts anew with every packet)."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        super().__init__(host, port=port, timeout=timeout_s, retries=0)
        self.deadline = 0.0
        self.sent = b""
        self.received = b""

    def connect(self) -> bool:
        if self.socket is None:
            address = (self.comm_params.host, self.comm_params.port)
            self.socket = socket.create_connection(address, timeout=self.comm_params.timeout_connect)
            # Requests are small and each waits for its answer: nothing is gained by holding them back.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True

    def send(self, request: bytes, addr: tuple[Any, ...] | None = None) -> int:
        assert self.socket is not None
        self.socket.settimeout(max(0.001, self.deadline - time.monotonic()))
        self.sent = request
        self.socket.sendall(request)
        return len(request)

    def recv(self, size: int | None) -> bytes:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0 or self.socket is None:
            return b""
        self.socket.settimeout(left_s)
        try:
            data = self.socket.recv(size or 4096)
        except TimeoutError:
            return b""
        if not data:
            raise ConnectionResetError("the device closed the connection")
        self.received += data
        return data

    def discard(self) -> None:
        """Throw away what nobody asked for; notice before sending that the device has hung up."""
        assert self.socket is not None
        self.socket.settimeout(0)
        try:
            while self.socket.recv(4096):
                pass
        except BlockingIOError:
            return
        raise ConnectionResetError("the device has closed the connection")


class ModbusLine:
    """One TCP connection to a Modbus device or gateway; units share it.

    `openings` counts the connections made: a driver that sees it change sends its set-up again.
    """

    def __init__(self, host: str, port: int, resource: str) -> None:
        self.openings = 0
        self.requests = 0
        self._address = (host, port)
        self._resource = resource
        self._client: _Client | None = None
        self._users: set[object] = set()

    @property
    def connected(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return self._client is not None

    def take(self, user: object, timeout_s: float) -> None:
        """Open the line for a driver. Raises `InstrumentError` when nobody listens."""
        self._users.add(user)
        self.connect(timeout_s)

    def release(self, user: object) -> None:
        """A driver lets go; the last one closes the line. Never raises."""
        self._users.discard(user)
        if not self._users:
            self.drop()

    def connect(self, timeout_s: float) -> None:
        """Connect unless connected."""
        if self._client is not None:
            return
        begun = time.monotonic()
        client = _Client(*self._address, timeout_s)
        try:
            client.connect()
        except OSError as error:
            host, port = self._address
            reason = error.strerror or str(error) or type(error).__name__
            context = ErrorContext(self._resource, command="connect", elapsed_s=time.monotonic() - begun)
            message = f"nothing answers at {host} port {port}: {reason}"
            raise InstrumentError("disconnected", message, context) from error
        self._client = client
        self.openings += 1

    def drop(self) -> None:
        """Close the connection; what is still on its way is lost with it. Never raises."""
        client, self._client = self._client, None
        if client is not None:
            client.close()  # type: ignore[no-untyped-call]

    def read(self, place: Place, unit: int, timeout_s: float) -> Sequence[int]:
        """Read consecutive registers or bits in one request."""
        answer = self._exchange(
            f"read {place.kind} {place.address} x {place.count}, unit {unit}",
            timeout_s,
            lambda client: getattr(client, _READS[place.kind])(
                place.address, count=place.count, device_id=unit
            ),
            lambda answer: _wrong_length(answer, place),
        )
        return answer.bits[: place.count] if place.kind.is_bit else answer.registers

    def write(self, place: Place, words: Sequence[int], unit: int, timeout_s: float) -> None:
        """Write one coil, one register, or several registers in one request."""
        command = f"write {place.kind} {place.address} = {list(words)}, unit {unit}"
        if place.kind is RegisterKind.COIL:
            self._exchange(
                command,
                timeout_s,
                lambda client: client.write_coil(place.address, bool(words[0]), device_id=unit),
                lambda answer: _wrong_echo(answer, place, answer.bits[:1], words),
            )
        elif len(words) == 1:
            self._exchange(
                command,
                timeout_s,
                lambda client: client.write_register(place.address, words[0], device_id=unit),
                lambda answer: _wrong_echo(answer, place, answer.registers, words),
            )
        else:
            self._exchange(
                command,
                timeout_s,
                lambda client: client.write_registers(place.address, list(words), device_id=unit),
                lambda answer: _wrong_echo(answer, place, [answer.count], [len(words)]),
            )

    def _exchange(
        self,
        command: str,
        timeout_s: float,
        ask: Callable[[_Client], ModbusPDU],
        judge: Callable[[ModbusPDU], Verdict | None],
    ) -> ModbusPDU:
        self.connect(timeout_s)
        client = self._client
        assert client is not None
        begun = time.monotonic()
        client.deadline, client.sent, client.received = begun + timeout_s, b"", b""
        try:
            client.discard()
            answer = ask(client)
        except (ModbusException, OSError) as error:
            verdict: Verdict | None = _judge_failure(error, client)
        except BaseException:
            self.drop()  # interrupted: the answer is still on its way
            raise
        else:
            verdict = _judge_answer(answer, client.sent) or judge(answer)
        self.requests += bool(client.sent)
        if verdict is None:
            return answer
        fault, message = verdict
        if fault in _DROPPING:
            self.drop()
        raise self._fault(fault, message, command, client, begun)

    def _fault(
        self, fault: str, message: str, command: str, client: _Client, begun: float
    ) -> InstrumentError:
        context = ErrorContext(
            resource=self._resource,
            command=command,
            sent=client.sent.hex(" ") or None,
            received=client.received.hex(" ") or None,
            elapsed_s=time.monotonic() - begun,
        )
        return InstrumentError(fault, message, context)


def _judge_failure(error: Exception, client: _Client) -> Verdict:
    """What went wrong in an exchange that gave no answer."""
    if isinstance(error, TimeoutError):
        return "timeout", "the request could not be sent in time"
    if isinstance(error, OSError):
        return "disconnected", f"the connection broke: {error.strerror or error}"
    if isinstance(error, ConnectionException):
        return "disconnected", "the connection broke"
    if not client.received:
        return "timeout", "no answer came in time"
    sent, received = client.sent, client.received
    # Transaction identifier and unit of the first frame that came instead (MBAP header).
    if len(received) >= 8 and received[:2] == sent[:2] and received[6] != sent[6]:
        return "garbled", f"unit {received[6]} answered, asked was unit {sent[6]}"
    if len(received) >= 8 and received[2:4] == b"\0\0" and received[:2] != sent[:2]:
        return "timeout", "only the answer to another request came"
    return "garbled", "what came is no complete answer"


def _judge_answer(answer: ModbusPDU, sent: bytes) -> Verdict | None:
    """What is wrong with an answer of the right transaction and unit."""
    # The function code follows the seven bytes of the MBAP header; its top bit marks an exception.
    if answer.function_code & 0x7F != sent[7]:
        return "garbled", f"the answer is of function {answer.function_code & 0x7F}, asked was {sent[7]}"
    if not answer.isError():
        return None
    code = answer.exception_code
    fault, meaning = _EXCEPTIONS.get(code, ("rejected", "the device refuses"))
    return fault, f"{meaning} (exception {code})"


def _wrong_length(answer: ModbusPDU, place: Place) -> Verdict | None:
    got = len(answer.bits) if place.kind.is_bit else len(answer.registers)
    # Bits come in whole bytes, registers exactly.
    if got == place.count or (place.kind.is_bit and got == -(-place.count // 8) * 8):
        return None
    return "garbled", f"{got} values came, asked were {place.count}"


def _wrong_echo(answer: ModbusPDU, place: Place, echo: Sequence[int], words: Sequence[int]) -> Verdict | None:
    if answer.address != place.address:
        return "garbled", f"address {answer.address} was confirmed, written was {place.address}"
    if [int(word) for word in echo] != [int(word) for word in words]:
        return "rejected", f"the device confirmed {list(echo)}, written was {list(words)}"
    return None
