"""What is connected, and what answers: found by asking harmless questions, one at a time.

Nothing is set and nothing is raised: each attempt is a row that says what was asked and what came of it.
Serial ports are listed and not spoken to, because a device may take a question for something else; only an
address that a person names is asked. An instrument that another process uses is left alone. All of it takes
no longer than the time given.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shotlane.instruments.definition._contract import InstrumentError
from shotlane.instruments.definition._definition import Resource
from shotlane.instruments.definition._resource import ResourceError, parse_resource
from shotlane.instruments.modbus._registers import Place, RegisterKind
from shotlane.instruments.pool._locks import InUseError, PortLocks, in_use_by

if TYPE_CHECKING:
    from shotlane.instruments._wire import Wrap
    from shotlane.instruments.ports._transport import BytePort

# IEEE 488.2, section 10.14: the one question that every SCPI device answers.
_IDENTIFY: Final = b"*IDN?\n"
_ROLE: Final = "scan"
# Quiet after which an answer is whole.
_SETTLED_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Probe:
    """One attempt. `found`: what answers or is there; None when nothing does, and `problem` says why."""

    address: str
    asked: str
    found: str | None
    problem: str | None
    took_s: float

    @property
    def ok(self) -> bool:
        """Whether something answers or is there."""
        return self.found is not None


def scan_serial_ports() -> Iterator[Probe]:
    """The serial ports of this machine, as the system knows them; none is opened."""
    from serial.tools import list_ports  # late: looks through the system's devices

    begun = time.monotonic()
    try:
        ports = sorted(list_ports.comports())
    except OSError as error:
        yield Probe("serial://", "the system", None, str(error), time.monotonic() - begun)
        return
    for port in ports:
        words = [port.description, port.serial_number and f"serial number {port.serial_number}"]
        found = ", ".join(str(word) for word in words if word and word != "n/a") or "a port"
        yield Probe(f"serial://{port.device}", "the system", found, None, time.monotonic() - begun)


def scan_address(
    text: str,
    *,
    units: Iterable[int] = (),
    timeout_s: float = 0.3,
    longest_s: float = 30.0,
    wrap: "Wrap | None" = None,
) -> Iterator[Probe]:
    """Ask at one address: `*IDN?` over tcp:// and serial://, a register of each unit over modbus.

    `wrap` puts something around the port, e.g. what hears it.
    """
    begun = time.monotonic()
    try:
        resource = parse_resource(text, _ROLE, Path.cwd())
    except ResourceError as error:
        yield Probe(text, "nothing", None, f"{error.message}; {error.help or ''}".rstrip("; "), 0.0)
        return
    with PortLocks("", what=lambda: "shotlane instruments scan") as locks:
        try:
            locks.take({_ROLE: resource})
        except InUseError as error:
            yield Probe(text, "nothing", None, in_use_by(error.holders[_ROLE]), time.monotonic() - begun)
            return
        if resource.scheme.startswith("modbus"):
            yield from _scan_units(resource, units, timeout_s, begun + longest_s, wrap)
        elif resource.scheme in ("tcp", "serial"):
            yield _attempt(text, "*IDN?", lambda: _identify(resource, timeout_s, wrap))
        else:
            yield Probe(text, "nothing", None, f"{resource.scheme}:// cannot be scanned", 0.0)


def _scan_units(
    resource: Resource, units: Iterable[int], timeout_s: float, deadline: float, wrap: "Wrap | None"
) -> Iterator[Probe]:
    from shotlane.instruments._wire import modbus_line  # late: pyserial

    line = modbus_line(resource, wrap)
    base, _, settings = resource.text.partition("?")
    # Without them nobody answers at the address of the row.
    kept = "".join(f"{one}&" for one in settings.split("&") if one and not one.startswith("unit="))
    try:
        for unit in units:
            address = f"{base}?{kept}unit={unit}"
            if time.monotonic() > deadline:
                yield Probe(address, "nothing", None, "the time for this scan is over", 0.0)
                return
            probe = _attempt(address, "holding register 0", partial(_unit, line, unit, timeout_s))
            yield probe
            if probe.problem is not None and not line.connected and "disconnected" in probe.problem:
                return  # nobody listens there: the other units need not be asked
    finally:
        line.drop()


def _unit(line: Any, unit: int, timeout_s: float) -> str:
    """What a unit says; that it has no such register is an answer too."""
    try:
        (word,) = line.read(Place(RegisterKind.HOLDING, 0, 1), unit, timeout_s)
    except InstrumentError as error:
        if error.fault in ("rejected", "refused"):
            return f"a unit: {error.message}"
        raise
    return f"a unit: register 0 holds {word}"


def _identify(resource: Resource, timeout_s: float, wrap: "Wrap | None") -> str:
    from shotlane.instruments._wire import byte_port  # late: pyserial

    port = byte_port(resource, wrap)
    try:
        port.open(timeout_s)
        port.send(_IDENTIFY, timeout_s)
        text = _line(port.receive, time.monotonic() + timeout_s)
        if text in ("", _IDENTIFY.decode().strip()):
            _leave_empty_line(port, timeout_s)
    finally:
        port.close()
    if not text:
        raise TimeoutError("something listens there, and does not answer")
    return text


def _leave_empty_line(port: "BytePort", timeout_s: float) -> None:
    """End what was asked as other devices end their lines, so that the next command does not go behind it.

    Whoever answers has taken that for the end: one more would be the beginning of its next line.
    """
    for end in (b"\r", b"\n"):
        port.send(end, timeout_s)
        deadline = time.monotonic() + timeout_s
        answer = b""
        while (left_s := deadline - time.monotonic()) > 0 and (
            piece := port.receive(min(left_s, _SETTLED_S) if answer.strip() else left_s)
        ):
            answer += piece
        if answer.strip():
            return


def _line(receive: Callable[[float], bytes], deadline: float) -> str:
    """A line, beyond an echo of the question."""
    data = b""
    while not _is_answer(data) and (left_s := deadline - time.monotonic()) > 0:
        piece = receive(left_s)
        if not piece:
            break
        data += piece
    return data.decode("ascii", "backslashreplace").strip()


def _is_answer(data: bytes) -> bool:
    return data.endswith((b"\n", b"\r")) and data.strip() != _IDENTIFY.strip()


def _attempt(address: str, asked: str, ask: Callable[[], str]) -> Probe:
    begun = time.monotonic()
    try:
        found = ask()
    except InstrumentError as error:
        return Probe(address, asked, None, f"{error.fault}: {error.message}", time.monotonic() - begun)
    except (OSError, ValueError) as error:
        return Probe(address, asked, None, str(error), time.monotonic() - begun)
    return Probe(address, asked, found, None, time.monotonic() - begun)
